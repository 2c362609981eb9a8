/** Reports equal faults of many lines once. */
import { fill, type Words } from "../../words/index.ts";

/** Lines that are named of a group. */
const MAX_LINES = 5;

interface Group {
  readonly detail: string;
  readonly lines: number[];
  count: number;
}

/** Faults of lines, of which those are equal that differ in quoted texts and numbers only. */
export class LineFaults {
  readonly #groups = new Map<string, Group>();

  add(line: number, detail: string): void {
    const key = detail.replace(/"[^"]*"|\d+/g, "");
    const group = this.#groups.get(key) ?? { detail, lines: [], count: 0 };
    if (group.lines.length < MAX_LINES) group.lines.push(line);
    group.count += 1;
    this.#groups.set(key, group);
  }

  /** One text for each group since the last call, in the order of their first lines. */
  take({ badLine, badLinesAlike }: Words["cli"]): string[] {
    const groups = [...this.#groups.values()];
    this.#groups.clear();
    return groups.map(({ detail, lines, count }) => {
      const [line = 0] = lines;
      if (count === 1) return fill(badLine, { line, detail });
      const named = lines.join(", ") + (count > lines.length ? " …" : "");
      return fill(badLinesAlike, { count, lines: named, detail });
    });
  }
}
