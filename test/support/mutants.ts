/** Copies the project and changes code of the copy, to test whether other tests detect the change. */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unmarked } from "./guards.ts";

const ROOT = join(import.meta.dirname, "../..");

/** A change of one file below `src`: the code, which occurs exactly once, and its replacement. */
export type Change = readonly [file: string, code: string, instead: string];

export class Copy implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "hufu-copy-"));

  /** @param parts files and folders of the project that the tests need */
  constructor(parts: readonly string[]) {
    for (const part of parts) cpSync(join(ROOT, part), join(this.folder, part), { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), join(this.folder, "node_modules"));
  }

  /** Runs `work` with the changes in the copy, and reverts them. */
  async changed<T>(changes: readonly Change[], work: () => Promise<T>): Promise<T> {
    const pathOf = (file: string): string => join(this.folder, "src", file);
    const files = [...new Set(changes.map(([file]) => file))];
    const before = new Map(files.map((file) => [file, readFileSync(pathOf(file), "utf8")]));
    try {
      for (const [file, source] of changedSources(before, changes)) writeFileSync(pathOf(file), source);
      return await work();
    } finally {
      for (const [file, source] of before) writeFileSync(pathOf(file), source);
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/**
 * Applies the changes in order. @returns the sources of the files that the changes name, by file, without marks
 * @throws RangeError the code does not occur exactly once
 */
export function changedSources(
  sources: ReadonlyMap<string, string>,
  changes: readonly Change[],
): Map<string, string> {
  const changed = new Map<string, string>();
  for (const [file, code, instead] of changes)
    changed.set(file, replaced(changed.get(file) ?? unmarked(sources.get(file) ?? ""), code, instead));
  return changed;
}

function replaced(source: string, code: string, instead: string): string {
  const parts = source.split(code);
  if (parts.length !== 2) throw new RangeError(`occurs ${parts.length - 1} times: ${code}`);
  return parts.join(instead);
}
