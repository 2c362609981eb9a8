/** Repeats requests to a temporarily unreachable service, with exponential back-off and within a total limit. */
import { systemTimer, type Timer } from "../../core/clock.ts";
import { isAppError, type AppError } from "../../core/errors.ts";

/** Milliseconds before the second try, and between two tries at most. */
const FIRST = 500;
const LONGEST = 30_000;

/** How long a program waits for a service, and how. */
export interface RetryOptions {
  /** Seconds spent in pauses for one request, at most; 0 = no request is repeated. */
  readonly seconds: number;
  /** Called before every pause with the fault and the milliseconds of the pause, such as to report it. */
  readonly waiting?: (fault: AppError, milliseconds: number) => void;
  readonly timer?: Timer;
}

/**
 * Repeats a request after a retryable fault, and not before its Retry-After. Each pause is twice as long as the one before,
 * with jitter, so that many callers do not return together. A service that has never answered is not waited for: most
 * likely its name is wrong.
 */
export class RetryPolicy {
  readonly #options: RetryOptions;
  #hasAnswered = false;

  constructor(options: RetryOptions) {
    this.#options = options;
  }

  /** @throws the last fault of `request` */
  async ask<T>(request: () => Promise<T>): Promise<T> {
    const { seconds, waiting, timer = systemTimer } = this.#options;
    for (let tries = 0, waited = 0; ; tries++) {
      try {
        const answer = await request();
        this.#hasAnswered = true;
        return answer;
      } catch (fault) {
        if (!isAppError(fault) || !this.#isTemporary(fault)) throw fault;
        const pause = pauseAfter(fault, tries);
        waited += pause;
        if (waited > seconds * 1_000) throw fault;
        waiting?.(fault, pause);
        await new Promise<void>((wake) => void timer(pause, wake));
      }
    }
  }

  #isTemporary({ code, spec, fields }: AppError): boolean {
    if (code !== "SERVER_UNREACHABLE") this.#hasAnswered ||= code !== "NOT_THE_SERVICE";
    return spec.retryable && (this.#hasAnswered || fields["retryAfter"] !== undefined);
  }
}

function pauseAfter({ fields }: AppError, tries: number): number {
  const backOff = Math.min(LONGEST, FIRST * 2 ** tries) * (0.75 + Math.random() / 2);
  const { retryAfter } = fields;
  return Math.max(Math.round(backOff), typeof retryAfter === "number" ? retryAfter * 1_000 : 0);
}
