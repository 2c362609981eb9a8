/** Provides a clock that changes only when a test advances it. */
import type { Clock } from "../../src/core/clock.ts";

export class TestClock implements Clock {
  #millis: number;

  constructor(seconds = 1_800_000_000) {
    this.#millis = seconds * 1000;
  }

  now(): number {
    return Math.floor(this.#millis / 1000);
  }

  millis(): number {
    return this.#millis;
  }

  /** @param seconds may be negative */
  advance(seconds: number): void {
    this.#millis += seconds * 1000;
  }
}
