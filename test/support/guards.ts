/** Finds the guards of src by their marks: `// guard: NAME` at the end of the guard's line, or on a line above it. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Change } from "./mutants.ts";

const SRC = join(import.meta.dirname, "../../src");
const MARK = /^( *)(.*?) *\/\/ guard: (.+)$/;

/** A change of what a mark names: the code, of which a line is marked, and its replacement. */
export type Removal = readonly [mark: string, code: string, instead: string];

export interface Guard {
  readonly mark: string;
  /** Below `src`. */
  readonly file: string;
  /** Of the source without marks, counted from 0. */
  readonly line: number;
}

/** The source of every TypeScript file, by its name below `src`. */
export function readSources(): Map<string, string> {
  const names = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((name) =>
    /\.tsx?$/.test(name),
  );
  return new Map(names.map((name) => [name, readFileSync(join(SRC, name), "utf8")]));
}

export function guardsOf(sources: ReadonlyMap<string, string>): Guard[] {
  return [...sources].flatMap(([file, source]) =>
    splitMarks(source).marks.map((guard) => ({ file, ...guard })),
  );
}

/** A source as it stands without its marks. */
export const unmarked = (source: string): string => splitMarks(source).code;

function splitMarks(source: string): { code: string; marks: Pick<Guard, "mark" | "line">[] } {
  const lines: string[] = [];
  const marks: Pick<Guard, "mark" | "line">[] = [];
  for (const line of source.split("\n")) {
    const [, indent = "", code = "", mark] = MARK.exec(line) ?? [];
    if (mark !== undefined) marks.push({ mark, line: lines.length });
    if (mark === undefined) lines.push(line);
    else if (code !== "") lines.push(indent + code);
  }
  return { code: lines.join("\n"), marks };
}

/** @throws RangeError a mark does not stand exactly once in src, or not at the code */
export function changesOf(
  removals: readonly Removal[],
  sources: ReadonlyMap<string, string> = readSources(),
): Change[] {
  const guards = guardsOf(sources);
  return removals.map(([mark, code, instead]) => {
    const [guard, ...more] = guards.filter((one) => one.mark === mark);
    if (guard === undefined || more.length > 0) throw new RangeError(`does not stand once in src: ${mark}`);
    const [before = "", after] = unmarked(sources.get(guard.file) ?? "").split(code);
    const first = before.split("\n").length - 1;
    const isMarked = guard.line >= first && guard.line < first + code.split("\n").length;
    if (after === undefined || !isMarked) throw new RangeError(`does not stand at ${mark}: ${code}`);
    return [guard.file, code, instead];
  });
}
