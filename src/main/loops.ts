/** Runs the loops of a service: named work that repeats until the service stops. */
import type { Logger } from "pino";
import type { Metrics } from "../api/metrics.ts";
import { systemTimer } from "../core/clock.ts";
import { isAppError } from "../core/errors.ts";
import { Loop } from "../core/loop.ts";
import { within } from "./running.ts";

/** Milliseconds that a step of a loop has to end once the service stops. */
const STEP_PATIENCE = 2_000;

export type LoopName = "anchor" | "index" | "scrub" | "checkpoints" | "witness";

export interface LoopRow {
  /** Also the label of the part in logs and metrics. */
  readonly name: LoopName;
  /** @returns milliseconds until the next step, if sooner than the interval */
  readonly work: () => Promise<number | undefined>;
  /** Milliseconds. */
  readonly interval: number;
  /** Runs after each step, a failed one too. @returns as `work` */
  readonly after?: () => number | undefined;
  /** Cuts a step short once the service stops. */
  readonly ending?: () => void;
}

export class Loops {
  readonly #log: Logger;
  readonly #metrics: Metrics;
  readonly #running: { readonly name: LoopName; readonly loop: Loop }[] = [];

  constructor({ log, metrics }: { log: Logger; metrics: Metrics }) {
    this.#log = log;
    this.#metrics = metrics;
  }

  /** Starts one loop for each row, and has `cleanup` stop them. */
  start(rows: readonly LoopRow[], cleanup: AsyncDisposableStack): void {
    for (const { name, work, interval, after, ending } of rows) {
      const step = this.#persistent(name, work);
      const round = async (): Promise<number | undefined> => {
        const wait = await step();
        return after?.() ?? wait;
      };
      const loop = new Loop({ interval, timer: systemTimer, work: round });
      this.#running.push({ name, loop });
      cleanup.defer(async () => {
        ending?.();
        await within(STEP_PATIENCE, loop.stop());
      });
      loop.start();
    }
  }

  /** Lets the loops of a name run as soon as they can. */
  poke(name: LoopName): void {
    for (const each of this.#running) if (each.name === name) each.loop.poke();
  }

  /** Work that never rejects: a fault is counted, and logged once until it is over; the next step tries again. */
  #persistent(name: LoopName, work: LoopRow["work"]): LoopRow["work"] {
    const log = this.#log.child({ part: name });
    let logged: string | undefined;
    return async () => {
      try {
        const wait = await work();
        logged = undefined;
        return wait;
      } catch (error) {
        const message = isAppError(error) ? error.message : String(error);
        this.#metrics.failed(name, isAppError(error) ? error.code : "INTERNAL");
        if (message !== logged)
          log.warn(isAppError(error) ? { code: error.code, ...error.fields } : { err: error }, "step failed");
        logged = message;
        return undefined;
      }
    };
  }
}
