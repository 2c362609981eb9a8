/** Findings and open questions of a log's audit, and the list that deduplicates and caps them. */
import type { FindingCode, OpenQuestionCode } from "../../core/audit-codes.ts";

interface Observation<Code extends string> {
  readonly code: Code;
  /** The node or the log that it is about. */
  readonly source: string;
  /** Particulars, by the names that the texts for people have for them. */
  readonly values: Readonly<Record<string, string | number>>;
  /** Of a split view: the checkpoints that the two signed. */
  readonly notes?: readonly string[];
}

/** A violated property. */
export type Finding = Observation<FindingCode>;

/** A property that could be neither confirmed nor refuted. */
export type OpenQuestion = Observation<OpenQuestionCode>;

/** Observations kept of one code and source; the others are only counted. */
const MAX_KEPT = 20;

function isSame(a: Observation<string>, b: Observation<string>): boolean {
  return a.code === b.code && a.source === b.source && JSON.stringify(a.values) === JSON.stringify(b.values);
}

export class Observations<Item extends Observation<string>> {
  readonly #order: readonly string[];
  readonly #items: Item[] = [];
  readonly #counts = new Map<string, { code: Item["code"]; source: string; count: number }>();

  /** @param order of the codes, from the worst */
  constructor(order: readonly string[]) {
    this.#order = order;
  }

  add(...items: readonly Item[]): void {
    for (const item of items) {
      const { code, source } = item;
      const name = `${code} ${source}`;
      const before = this.#counts.get(name)?.count ?? 0;
      if (before < MAX_KEPT) {
        if (this.#items.some((kept) => isSame(kept, item))) continue;
        this.#items.push(item);
      }
      this.#counts.set(name, { code, source, count: before + 1 });
    }
  }

  /** The worst first. */
  get items(): Item[] {
    return this.#items.toSorted((a, b) => this.#order.indexOf(a.code) - this.#order.indexOf(b.code));
  }

  /** How many there are besides {@link items}. */
  get more(): { code: Item["code"]; source: string; count: number }[] {
    return [...this.#counts.values()]
      .filter(({ count }) => count > MAX_KEPT)
      .map((each) => ({ ...each, count: each.count - MAX_KEPT }));
  }

  get count(): number {
    return [...this.#counts.values()].reduce((sum, { count }) => sum + count, 0);
  }
}
