import { describe, expect, it } from "vitest";
import type { Timer } from "../../src/core/clock.ts";
import { Loop } from "../../src/core/loop.ts";

/** Timers that a test fires. */
class Timers {
  readonly waits: number[] = [];
  #wake: (() => void) | undefined;

  readonly timer: Timer = (milliseconds, wake) => {
    this.waits.push(milliseconds);
    this.#wake = wake;
    return () => (this.#wake = undefined);
  };

  async fire(): Promise<void> {
    this.#wake?.();
    await settle();
  }
}

const settle = async (): Promise<void> => await new Promise((resolve) => setImmediate(resolve));

describe("a loop", () => {
  it("a loop runs again after its interval, or sooner if the work asks for it, and never later", async () => {
    const timers = new Timers();
    const waits = [undefined, 20, 5_000];
    let runs = 0;
    const loop = new Loop({
      interval: 100,
      timer: timers.timer,
      work: () => Promise.resolve(waits[runs++]),
    });
    loop.start();
    await settle();
    await timers.fire();
    await timers.fire();
    expect(timers.waits).toEqual([100, 20, 100]);
    await loop.stop();
    expect(runs).toBe(3);
  });

  it("a poked loop runs immediately, also after the current run, and never concurrently", async () => {
    const timers = new Timers();
    let running = 0;
    let most = 0;
    let runs = 0;
    const loop: Loop = new Loop({
      interval: 100,
      timer: timers.timer,
      work: async () => {
        most = Math.max(most, ++running);
        if (runs++ === 0) loop.poke();
        await settle();
        running -= 1;
        return undefined;
      },
    });
    loop.start();
    await settle();
    await settle();
    await settle();
    expect([runs, most]).toEqual([2, 1]);
    loop.poke();
    await settle();
    await loop.stop();
    expect([runs, most]).toEqual([3, 1]);
  });
});
