/** Draws the random values of a mutation, the same for the same seed and number. */
import { randomFrom } from "../../support/random.ts";

export class Draw {
  readonly #random: () => number;

  constructor(seed: number, number: number) {
    this.#random = randomFrom((seed ^ Math.imul(number + 1, 0x9e3779b1)) >>> 0);
    this.#random(); // neighbouring seeds start alike
  }

  /** From 0 up to, but not including, `end`. */
  below(end: number): number {
    return Math.floor(this.#random() * end);
  }

  /** One of several. @throws RangeError for an empty list */
  of<T>(choices: readonly T[]): T {
    const [chosen] = choices.slice(this.below(choices.length));
    if (chosen === undefined) throw new RangeError("nothing to choose from");
    return chosen;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256));
  }
}
