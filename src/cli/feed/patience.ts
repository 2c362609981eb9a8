import { setTimeout as sleep } from "node:timers/promises";
import { isAppError, type AppError } from "../../core/errors.ts";

/** Milliseconds before the second try, and between two tries at most. */
const FIRST = 500;
const LONGEST = 30_000;

/**
 * Asks again where an answer may come later, and not before the service wants to be asked. Each pause is twice as long as
 * the one before, more or less, so that many callers do not come back at once. A service that never answered yet is not
 * waited for: most likely its name is wrong.
 */
export class Patience {
  readonly #limit: number;
  readonly #waiting: (fault: AppError, milliseconds: number) => void;
  #met = false;

  /**
   * @param options.seconds spent in pauses for one request at most
   * @param options.waiting told of every pause
   */
  constructor(options: { seconds: number; waiting: (fault: AppError, milliseconds: number) => void }) {
    this.#limit = options.seconds * 1_000;
    this.#waiting = options.waiting;
  }

  /** @throws whatever `request` throws last */
  async ask<T>(request: () => Promise<T>): Promise<T> {
    let waited = 0;
    for (let tries = 0; ; tries++) {
      try {
        const answer = await request();
        this.#met = true;
        return answer;
      } catch (fault) {
        if (!isAppError(fault) || !this.#mayPass(fault)) throw fault;
        const pause = pauseAfter(fault, tries);
        waited += pause;
        if (waited > this.#limit) throw fault;
        this.#waiting(fault, pause);
        await sleep(pause);
      }
    }
  }

  #mayPass({ code, spec, fields }: AppError): boolean {
    if (code !== "SERVER_UNREACHABLE") this.#met ||= code !== "NOT_THE_SERVICE";
    return spec.retryable && (this.#met || fields["retryAfter"] !== undefined);
  }
}

function pauseAfter({ fields }: AppError, tries: number): number {
  const backOff = Math.min(LONGEST, FIRST * 2 ** tries) * (0.75 + Math.random() / 2);
  const { retryAfter } = fields;
  return Math.max(Math.round(backOff), typeof retryAfter === "number" ? retryAfter * 1_000 : 0);
}
