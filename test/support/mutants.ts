import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");

/** A change of one file below `src`: what stands there exactly once, and what is to stand there instead. */
export type Change = readonly [file: string, code: string, instead: string];

/** A copy of some of the project, in which code is changed to see whether its tests notice. */
export class Copy implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "hufu-copy-"));

  /** @param parts files and folders of the project that the tests need */
  constructor(parts: readonly string[]) {
    for (const part of parts) cpSync(join(ROOT, part), join(this.folder, part), { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), join(this.folder, "node_modules"));
  }

  /** Works with the copy as it is with the changes, and takes them back. */
  async changed<T>(changes: readonly Change[], work: () => Promise<T>): Promise<T> {
    const before = new Map<string, string>();
    try {
      for (const [file, code, instead] of changes) {
        const path = join(this.folder, "src", file);
        const source = readFileSync(path, "utf8");
        if (!before.has(path)) before.set(path, source);
        writeFileSync(path, replaced(source, code, instead));
      }
      return await work();
    } finally {
      for (const [path, source] of before) writeFileSync(path, source);
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** @throws RangeError the code does not stand there exactly once */
function replaced(source: string, code: string, instead: string): string {
  const parts = source.split(code);
  if (parts.length !== 2) throw new RangeError(`stands there ${parts.length - 1} times: ${code}`);
  return parts.join(instead);
}
