/** Checks the stored index for damage, page by page, and stores what it finds as a doubt. */
import type { Logger } from "pino";
import type { Clock } from "../core/clock.ts";
import { isDoubtCode } from "../core/doubt.ts";
import { isAppError } from "../core/errors.ts";
import type { EntryIndex } from "../core/units.ts";
import type { IndexStore } from "./ports.ts";

/** The stored index, as it is checked for damage. */
export interface ScrubbedIndex {
  /**
   * Checks one page of entries from `from` on, and after the last page the rows that belong to no single entry.
   * @returns where to continue; undefined at the end
   * @throws AppError INDEX_MISMATCH: a stored row has changed
   */
  checkFrom(from: EntryIndex): Promise<EntryIndex | undefined>;
}

/** Milliseconds between two pages, in which the database is free for others. */
const REST = 20;

export class Scrub {
  readonly #index: ScrubbedIndex;
  readonly #store: Pick<IndexStore, "raiseDoubt">;
  readonly #clock: Clock;
  readonly #log: Logger;
  #next: EntryIndex = 0;

  constructor(options: {
    index: ScrubbedIndex;
    store: Pick<IndexStore, "raiseDoubt">;
    clock: Clock;
    log: Logger;
  }) {
    this.#index = options.index;
    this.#store = options.store;
    this.#clock = options.clock;
    this.#log = options.log;
  }

  /** Checks one page. @returns milliseconds until the next one; undefined at the end of a round */
  async step(): Promise<number | undefined> {
    try {
      const next = await this.#index.checkFrom(this.#next);
      this.#next = next ?? 0;
      if (next === undefined) this.#log.info("index scrubbed");
      return next === undefined ? undefined : REST;
    } catch (error) {
      this.#next = 0;
      if (!isAppError(error) || !isDoubtCode(error.code)) throw error;
      const { code, fields } = error;
      this.#log.error({ code, detail: fields.detail }, "index in doubt");
      // guard: F46 doubt
      await this.#store.raiseDoubt({ code, detail: fields.detail, since: this.#clock.now() });
      return undefined;
    }
  }
}
