/** Queries known verdicts repeatedly while faults are injected, and counts wrong ones. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Digest } from "../../../src/core/digest.ts";
import type { VerdictCode } from "../../../src/core/verdict.ts";

/** Digests by their known verdicts. */
export type Known = Readonly<Partial<Record<"valid" | "revoked" | "not-found", readonly Digest[]>>>;

export interface Observed {
  readonly right: number;
  /** Indeterminate verdicts, and requests without an answer. */
  readonly indeterminate: number;
  /** Wrong verdicts; must be empty. */
  readonly wrong: readonly string[];
}

export class Observer {
  readonly #ask: (digest: Digest) => Promise<VerdictCode>;
  readonly #known: Known;
  #right = 0;
  #indeterminate = 0;
  readonly #wrong: string[] = [];

  /** @param ask a failure counts as indeterminate */
  constructor(ask: (digest: Digest) => Promise<VerdictCode>, known: Known) {
    this.#ask = ask;
    this.#known = known;
  }

  get observed(): Observed {
    return { right: this.#right, indeterminate: this.#indeterminate, wrong: this.#wrong };
  }

  /** Queries every digest once. */
  async queryAll(): Promise<void> {
    for (const [expected, digests] of Object.entries(this.#known)) {
      for (const digest of digests) {
        const verdict = await this.#ask(digest).catch(() => "indeterminate" as const);
        if (verdict === expected) this.#right += 1;
        else if (verdict === "indeterminate") this.#indeterminate += 1;
        else this.#wrong.push(`${verdict} where ${expected} is right`);
      }
    }
  }

  /** Queries repeatedly until `work` has ended, and once more. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    const state = { ended: false };
    const querying = (async (): Promise<void> => {
      while (!state.ended) {
        await this.queryAll();
        await sleep(1);
      }
    })();
    try {
      return await work();
    } finally {
      state.ended = true;
      await querying;
      await this.queryAll();
    }
  }
}
