import {
  BrokenCircuitError,
  ConsecutiveBreaker,
  DelegateBackoff,
  ExponentialBackoff,
  circuitBreaker,
  handleWhen,
  retry,
  wrap,
  type FailureReason,
  type IPolicy,
  type IRetryBackoffContext,
} from "cockatiel";
import { z } from "zod";
import type { Clock } from "../../core/clock.ts";
import { AppError, isAppError } from "../../core/errors.ts";
import { hash32, quantity, type JsonRpc } from "./rpc.ts";

/** How patient one is with a node; all in milliseconds but `retries` and `faults`. */
export interface RetryLimits {
  /** Further tries of a request that does no harm when it is made twice. */
  readonly retries: number;
  /** Before the first further try, at most; the next wait up to twice as long. */
  readonly firstWait: number;
  readonly longestWait: number;
  /** Faults in a row after which the node is left alone, and for how long at first and at most. */
  readonly faults: number;
  readonly rest: number;
  readonly longestRest: number;
  /** How long a node is left alone after an answer that cannot be true, or after none at all. */
  readonly quarantine: number;
  /** How long a node is believed to serve the chain that it served when it was last asked. */
  readonly identityAge: number;
}

export const RETRY_LIMITS: RetryLimits = {
  retries: 2,
  firstWait: 100,
  longestWait: 2_000,
  faults: 3,
  rest: 1_000,
  longestRest: 30_000,
  quarantine: 30_000,
  identityAge: 5_000,
};

/** What every node of a pool has to serve; the hash of the first block is `0x` and hexadecimal digits. */
export interface ChainPin {
  readonly chainId: number;
  readonly genesisHash: string;
}

const genesis = z.object({ hash: hash32 });

/**
 * One node of several: retried a little, left alone while it fails, and asked which chain it serves before it is trusted
 * again.
 */
export class Endpoint implements JsonRpc {
  readonly #rpc: JsonRpc;
  readonly #clock: Clock;
  readonly #patience: RetryLimits;
  readonly #once: IPolicy;
  readonly #repeated: IPolicy;
  /** Milliseconds by the clock until which it is not asked, and why. */
  #aside: { readonly until: number; readonly why: AppError } | undefined;
  /** When it last said that it serves the chain, by the clock; undefined since its last fault. */
  #identified: number | undefined;
  /** Whether its first block was looked at since its last fault. */
  #knownGenesis = false;

  constructor(rpc: JsonRpc, { clock, patience }: { clock: Clock; patience: RetryLimits }) {
    this.#rpc = rpc;
    this.#clock = clock;
    this.#patience = patience;
    const { faults, rest, longestRest, retries } = patience;
    this.#once = circuitBreaker(handleWhen(isAway), {
      breaker: new ConsecutiveBreaker(faults),
      halfOpenAfter: new ExponentialBackoff({ initialDelay: rest, maxDelay: longestRest }),
    });
    const retrying = retry(
      handleWhen((error) => isAway(error) && !hasTimedOut(error) && waitAsked(error) <= patience.longestWait),
      { maxAttempts: retries, backoff: new DelegateBackoff((context) => waitFor(context, patience)) },
    );
    this.#repeated = wrap(retrying, this.#once);
  }

  get endpoint(): string {
    return this.#rpc.endpoint;
  }

  /** Why it is not asked at present, if it is not. */
  get aside(): AppError | undefined {
    return this.#aside !== undefined && this.#clock.millis() < this.#aside.until
      ? this.#aside.why
      : undefined;
  }

  /** Transactions are sent once: who sends them decides what a fault means. Everything else is asked again. */
  async request<T>(method: string, params: readonly unknown[], schema: z.ZodType<T>): Promise<T> {
    if (this.aside !== undefined) throw this.aside;
    const policy = method === "eth_sendRawTransaction" ? this.#once : this.#repeated;
    try {
      return await policy.execute(() => this.#rpc.request(method, params, schema));
    } catch (error) {
      throw this.#noted(error);
    }
  }

  /**
   * Makes sure that the node serves the chain: the id each time it was not looked at lately, the first block too after
   * each fault.
   * @param age milliseconds that count as lately
   * @throws AppError RPC_INCONSISTENT: it serves another
   */
  async assure(pin: ChainPin, age: number = this.#patience.identityAge): Promise<void> {
    if (this.#identified !== undefined && this.#clock.millis() - this.#identified < age) return;
    const chainId = await this.request("eth_chainId", [], quantity);
    // guard: F15 chain id
    if (chainId !== pin.chainId) throw this.#other(`chain ${chainId}, and ${pin.chainId} is followed`);
    if (!this.#knownGenesis) {
      const { hash } = await this.request("eth_getBlockByNumber", ["0x0", false], genesis);
      // guard: F15 genesis hash
      if (hash.toLowerCase() !== pin.genesisHash)
        throw this.#other(`a chain with the first block ${hash}, and ${pin.genesisHash} is followed`);
    }
    this.#knownGenesis = true;
    this.#identified = this.#clock.millis();
  }

  /** Leaves it alone for a while. */
  distrust(why: AppError): void {
    this.#forget();
    this.#aside = { until: this.#clock.millis() + this.#patience.quarantine, why };
  }

  #other(what: string): AppError {
    this.#forget();
    const detail = `the node at ${this.endpoint} serves ${what}`;
    return new AppError("RPC_INCONSISTENT", { detail, endpoint: this.endpoint });
  }

  #noted(error: unknown): unknown {
    if (error instanceof BrokenCircuitError) {
      const detail = `the node at ${this.endpoint} failed again and again, and is left alone for a moment`;
      return new AppError("RPC_UNAVAILABLE", { detail, endpoint: this.endpoint }, { cause: error });
    }
    if (!isAway(error)) return error;
    this.#forget();
    const asked = waitAsked(error);
    if (asked > this.#patience.longestWait) {
      const until = this.#clock.millis() + Math.min(asked, this.#patience.longestRest);
      this.#aside = { until, why: error };
    }
    return error;
  }

  #forget(): void {
    this.#identified = undefined;
    this.#knownGenesis = false;
  }
}

function isAway(error: unknown): error is AppError {
  return isAppError(error, "RPC_UNAVAILABLE");
}

/** Whether the node let the time go by: to ask it again would take as long again. */
export function hasTimedOut({ fields }: AppError): boolean {
  return fields["timedOut"] === true;
}

/** Milliseconds that the node asked for by Retry-After. */
function waitAsked(error: unknown): number {
  const asked = isAppError(error) ? error.fields["waitFor"] : undefined;
  return typeof asked === "number" ? asked : 0;
}

/** What the node asked for, else a random part of a time that doubles. */
function waitFor({ attempt, result }: IRetryBackoffContext<unknown>, patience: RetryLimits): number {
  const asked = waitAsked(errorOf(result));
  if (asked > 0) return asked;
  const most = Math.min(patience.firstWait * 2 ** (attempt - 1), patience.longestWait);
  return most * (0.5 + Math.random() / 2);
}

function errorOf(result: FailureReason<unknown>): unknown {
  return "error" in result ? result.error : undefined;
}
