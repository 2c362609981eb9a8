import type { Timer } from "./clock.ts";

/**
 * Runs one piece of work again and again, never twice at once: after `interval`, sooner when poked, and sooner when the
 * work itself says so.
 */
export class Loop {
  readonly #work: () => Promise<number | undefined>;
  readonly #interval: number;
  readonly #timer: Timer;
  #running: Promise<void> | undefined;
  #stopped = false;
  #poked = false;
  #wake: (() => void) | undefined;

  /**
   * @param options.work returns the milliseconds until it wants to run again, or undefined for the interval. It handles
   * its own faults.
   * @param options.interval milliseconds
   */
  constructor(options: { work: () => Promise<number | undefined>; interval: number; timer: Timer }) {
    this.#work = options.work;
    this.#interval = options.interval;
    this.#timer = options.timer;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Runs the work as soon as it is not running. */
  poke(): void {
    this.#poked = true;
    this.#wake?.();
  }

  /** Resolves once the work that runs now has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake?.();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      this.#poked = false;
      const wait = (await this.#work()) ?? this.#interval;
      await this.#sleep(Math.min(wait, this.#interval));
    }
  }

  async #sleep(milliseconds: number): Promise<void> {
    if (this.#poked || this.#stopped) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#timer(milliseconds, resolve);
      this.#wake = (): void => {
        cancel();
        resolve();
      };
    });
    this.#wake = undefined;
  }
}
