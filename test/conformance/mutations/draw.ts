import { randomFrom } from "../../support/random.ts";

/** Draws what a mutation is made of; the same seed and number draw the same. */
export class Draw {
  readonly #random: () => number;

  constructor(seed: number, number: number) {
    this.#random = randomFrom((seed ^ Math.imul(number + 1, 0x9e3779b1)) >>> 0);
    this.#random(); // the first of neighbouring seeds are alike
  }

  /** From 0 up to, but not including, `end`. */
  below(end: number): number {
    return Math.floor(this.#random() * end);
  }

  /** One of several. @throws RangeError there is none */
  of<T>(choices: readonly T[]): T {
    const [chosen] = choices.slice(this.below(choices.length));
    if (chosen === undefined) throw new RangeError("nothing to choose from");
    return chosen;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256));
  }
}
