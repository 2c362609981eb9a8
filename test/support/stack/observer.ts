import { setTimeout as sleep } from "node:timers/promises";
import type { Digest } from "../../../src/core/digest.ts";
import type { VerdictCode } from "../../../src/core/verdict.ts";

/** Digests whose verdicts are known, whatever happens meanwhile. */
export type Known = Readonly<Partial<Record<"valid" | "revoked" | "not-found", readonly Digest[]>>>;

export interface Observed {
  /** Answers that were right. */
  readonly right: number;
  /** Answers that said that it could not be checked, and questions that were not answered. */
  readonly indeterminate: number;
  /** Answers that were wrong; there must be none. */
  readonly wrong: readonly string[];
}

/** Asks for known verdicts again and again while something goes wrong, and counts the answers that are wrong. */
export class Observer {
  readonly #ask: (digest: Digest) => Promise<VerdictCode>;
  readonly #known: Known;
  #right = 0;
  #indeterminate = 0;
  readonly #wrong: string[] = [];

  /** @param ask the verdict on a digest; a failure counts as "could not be checked" */
  constructor(ask: (digest: Digest) => Promise<VerdictCode>, known: Known) {
    this.#ask = ask;
    this.#known = known;
  }

  get observed(): Observed {
    return { right: this.#right, indeterminate: this.#indeterminate, wrong: this.#wrong };
  }

  /** Asks for everything once. */
  async look(): Promise<void> {
    for (const [expected, digests] of Object.entries(this.#known)) {
      for (const digest of digests) {
        const verdict = await this.#ask(digest).catch(() => "indeterminate" as const);
        if (verdict === expected) this.#right += 1;
        else if (verdict === "indeterminate") this.#indeterminate += 1;
        else this.#wrong.push(`${verdict} where ${expected} is right`);
      }
    }
  }

  /** Looks, over and over, until `work` has ended, and once more. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    const state = { over: false };
    const looking = (async (): Promise<void> => {
      while (!state.over) {
        await this.look();
        await sleep(1);
      }
    })();
    try {
      return await work();
    } finally {
      state.over = true;
      await looking;
      await this.look();
    }
  }
}
