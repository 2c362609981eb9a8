/** Runs one task repeatedly and never concurrently: after an interval, or sooner when poked or when the task asks for it. */
import type { Timer } from "./clock.ts";

export class Loop {
  readonly #work: () => Promise<number | undefined>;
  readonly #interval: number;
  readonly #timer: Timer;
  #running: Promise<void> | undefined;
  #stopped = false;
  #poked = false;
  #wake: (() => void) | undefined;

  /**
   * @param options.work returns the milliseconds until its next run, or undefined for the interval; handles its own faults
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

  /** Runs the work immediately, or after the current run. */
  poke(): void {
    this.#poked = true;
    this.#wake?.();
  }

  /** Resolves once the current run has ended. */
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
