/** Finds the guards of src by their marks: `// guard: NAME` at the end of the guard's line, or on a line above it. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Change } from "./mutants.ts";

const SRC = join(import.meta.dirname, "../../src");
const MARK = /^( *)(.*?) *\/\/ guard: (.+)$/;

/** A mark, the marked code and its replacement. */
export type Removal = readonly [mark: string, code: string, instead: string];

export interface Guard {
  readonly mark: string;
  /** Below `src`. */
  readonly file: string;
  /** In the source without marks, from 0. */
  readonly line: number;
}

/** The TypeScript sources by path below `src`. */
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

/** @throws RangeError a mark is not exactly once in src, or not at the code */
export function changesOf(
  removals: readonly Removal[],
  sources: ReadonlyMap<string, string> = readSources(),
): Change[] {
  const guards = guardsOf(sources);
  return removals.map(([mark, code, instead]) => {
    const [guard, ...more] = guards.filter((one) => one.mark === mark);
    if (guard === undefined || more.length > 0) throw new RangeError(`not exactly once in src: ${mark}`);
    const [before = "", after] = unmarked(sources.get(guard.file) ?? "").split(code);
    const first = before.split("\n").length - 1;
    const isMarked = guard.line >= first && guard.line < first + code.split("\n").length;
    if (after === undefined || !isMarked) throw new RangeError(`not at the mark ${mark}: ${code}`);
    return [guard.file, code, instead];
  });
}
