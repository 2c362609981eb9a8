/** Repeats requests to a temporarily unreachable service, with exponential back-off and within a total limit. */
import { DelegateBackoff, handleWhen, retry, type IPolicy, type IRetryBackoffContext } from "cockatiel";
import { isAppError, type AppError } from "../../core/errors.ts";

/** Milliseconds before the second try, and between two tries at most. */
const FIRST = 500;
const LONGEST = 30_000;

/**
 * Repeats a request after a retryable fault, and not before its Retry-After. Each pause is twice as long as the one before,
 * with jitter, so that many callers do not return together. A service that has never answered is not waited for: most
 * likely its name is wrong.
 */
export class RetryPolicy {
  readonly #policy: IPolicy;
  #hasAnswered = false;

  /**
   * @param options.seconds spent in pauses for one request at most
   * @param options.waiting called before every pause
   */
  constructor(options: { seconds: number; waiting: (fault: AppError, milliseconds: number) => void }) {
    const pauses = ({ attempt, result }: IRetryBackoffContext<unknown>, waited = 0) => {
      const { error: fault } = result as { error: AppError };
      const delay = pauseAfter(fault, attempt - 1);
      if (waited + delay > options.seconds * 1_000) throw fault;
      options.waiting(fault, delay);
      return { delay, state: waited + delay };
    };
    const again = handleWhen((fault) => isAppError(fault) && this.#isTemporary(fault));
    this.#policy = retry(again, { maxAttempts: Infinity, backoff: new DelegateBackoff(pauses) });
  }

  /** @throws the last fault of `request` */
  async ask<T>(request: () => Promise<T>): Promise<T> {
    const answer = await this.#policy.execute(request);
    this.#hasAnswered = true;
    return answer;
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
