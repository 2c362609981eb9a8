/** Retries requests to one node of a pool and suspends the node while it fails. */
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

/** Limits of retries and suspensions of a node; all in milliseconds but `retries` and `faults`. */
export interface RetryLimits {
  /** Further attempts of an idempotent request. */
  readonly retries: number;
  /** Before the first further attempt, at most; each next wait up to twice as long. */
  readonly firstWait: number;
  readonly longestWait: number;
  /** Consecutive faults after which the node is suspended, and for how long at first and at most. */
  readonly faults: number;
  readonly rest: number;
  readonly longestRest: number;
  /** How long a node is suspended after an answer that cannot be true, or after a time-out. */
  readonly quarantine: number;
  /** How long the last check of the chain that a node serves is valid. */
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
 * One node of several: requests to it are retried, it is suspended while it fails, and the chain that it serves is
 * checked before it is used again.
 */
export class Endpoint implements JsonRpc {
  readonly #rpc: JsonRpc;
  readonly #clock: Clock;
  readonly #limits: RetryLimits;
  readonly #single: IPolicy;
  readonly #retried: IPolicy;
  /** Milliseconds by the clock until which it is not used, and why. */
  #suspended: { readonly until: number; readonly why: AppError } | undefined;
  /** When its chain was last checked, by the clock; undefined since its last fault. */
  #identified: number | undefined;
  /** Whether its first block was checked since its last fault. */
  #knownGenesis = false;

  constructor(rpc: JsonRpc, { clock, limits }: { clock: Clock; limits: RetryLimits }) {
    this.#rpc = rpc;
    this.#clock = clock;
    this.#limits = limits;
    const { faults, rest, longestRest, retries } = limits;
    this.#single = circuitBreaker(handleWhen(isUnavailable), {
      breaker: new ConsecutiveBreaker(faults),
      halfOpenAfter: new ExponentialBackoff({ initialDelay: rest, maxDelay: longestRest }),
    });
    const retrying = retry(
      handleWhen(
        (error) => isUnavailable(error) && !hasTimedOut(error) && retryAfter(error) <= limits.longestWait,
      ),
      { maxAttempts: retries, backoff: new DelegateBackoff((context) => waitBefore(context, limits)) },
    );
    this.#retried = wrap(retrying, this.#single);
  }

  get endpoint(): string {
    return this.#rpc.endpoint;
  }

  /** Why it is not used at present; undefined while it is. */
  get suspended(): AppError | undefined {
    return this.#suspended !== undefined && this.#clock.millis() < this.#suspended.until
      ? this.#suspended.why
      : undefined;
  }

  /** Transactions are sent once: the sender decides what a fault means. Everything else is retried. */
  async request<T>(method: string, params: readonly unknown[], schema: z.ZodType<T>): Promise<T> {
    if (this.suspended !== undefined) throw this.suspended;
    const policy = method === "eth_sendRawTransaction" ? this.#single : this.#retried;
    try {
      return await policy.execute(() => this.#rpc.request(method, params, schema));
    } catch (error) {
      throw this.#recorded(error);
    }
  }

  /**
   * Checks that the node serves the chain: its id where the last check is older than `age`, and after a fault its first
   * block too.
   * @param age milliseconds
   * @throws AppError RPC_INCONSISTENT: it serves another
   */
  async checkChain(pin: ChainPin, age: number = this.#limits.identityAge): Promise<void> {
    if (this.#identified !== undefined && this.#clock.millis() - this.#identified < age) return;
    const chainId = await this.request("eth_chainId", [], quantity);
    // guard: F15 chain id
    if (chainId !== pin.chainId) throw this.#wrongChain(`chain ${chainId}, and ${pin.chainId} is followed`);
    if (!this.#knownGenesis) {
      const { hash } = await this.request("eth_getBlockByNumber", ["0x0", false], genesis);
      // guard: F15 genesis hash
      if (hash.toLowerCase() !== pin.genesisHash)
        throw this.#wrongChain(`a chain with the first block ${hash}, and ${pin.genesisHash} is followed`);
    }
    this.#knownGenesis = true;
    this.#identified = this.#clock.millis();
  }

  distrust(why: AppError): void {
    this.#resetChecks();
    this.#suspended = { until: this.#clock.millis() + this.#limits.quarantine, why };
  }

  #wrongChain(what: string): AppError {
    this.#resetChecks();
    const detail = `the node at ${this.endpoint} serves ${what}`;
    return new AppError("RPC_INCONSISTENT", { detail, endpoint: this.endpoint });
  }

  #recorded(error: unknown): unknown {
    if (error instanceof BrokenCircuitError) {
      const detail = `the node at ${this.endpoint} failed again and again, and is left alone for a moment`;
      return new AppError("RPC_UNAVAILABLE", { detail, endpoint: this.endpoint }, { cause: error });
    }
    if (!isUnavailable(error)) return error;
    this.#resetChecks();
    const asked = retryAfter(error);
    if (asked > this.#limits.longestWait) {
      const until = this.#clock.millis() + Math.min(asked, this.#limits.longestRest);
      this.#suspended = { until, why: error };
    }
    return error;
  }

  #resetChecks(): void {
    this.#identified = undefined;
    this.#knownGenesis = false;
  }
}

function isUnavailable(error: unknown): error is AppError {
  return isAppError(error, "RPC_UNAVAILABLE") && isOfNode(error);
}

/** Whether a fault is known to be the node's, and not due to the number of blocks in a request. */
export function isOfNode({ fields }: AppError): boolean {
  return fields["tooMuch"] !== true;
}

/** Whether the node did not answer in time: a retry could take as long again. */
export function hasTimedOut({ fields }: AppError): boolean {
  return fields["timedOut"] === true;
}

/** Milliseconds of the node's Retry-After. */
function retryAfter(error: unknown): number {
  const asked = isAppError(error) ? error.fields["waitFor"] : undefined;
  return typeof asked === "number" ? asked : 0;
}

/** The node's Retry-After, else a random part of a time that doubles. */
function waitBefore({ attempt, result }: IRetryBackoffContext<unknown>, limits: RetryLimits): number {
  const asked = retryAfter(errorOf(result));
  if (asked > 0) return asked;
  const most = Math.min(limits.firstWait * 2 ** (attempt - 1), limits.longestWait);
  return most * (0.5 + Math.random() / 2);
}

function errorOf(result: FailureReason<unknown>): unknown {
  return "error" in result ? result.error : undefined;
}
