import type { Logger } from "pino";
import type { z } from "zod";
import type { Clock } from "../../core/clock.ts";
import { AppError, isAppError } from "../../core/errors.ts";
import { Endpoint, RETRY_LIMITS, hasTimedOut, type ChainPin, type RetryLimits } from "./endpoint.ts";
import { JsonRpc, type RpcOptions, type RpcSession } from "./rpc.ts";

/** Milliseconds after which an alarm that still holds is told again. */
const ALARM_EVERY = 60_000;

export interface PoolOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly request?: RpcOptions;
  readonly patience?: Partial<RetryLimits>;
  /** Milliseconds after which no further node is tried for the same request. */
  readonly deadline?: number;
}

/**
 * Several nodes of one chain that stand in for one another, the first that can be asked before the others. Faults keep
 * their codes: what is thrown is the last fault of the nodes that were asked.
 *
 * Bytes of a transaction go on to the next node too: the same bytes twice are one transaction.
 */
export class RpcPool implements JsonRpc {
  readonly #endpoints: readonly Endpoint[];
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #deadline: number;
  #pin: ChainPin | undefined;
  /** By endpoint: the fault that was told last, until it answers again. */
  readonly #told = new Map<Endpoint, string>();
  /** When it was last said that nodes disagree, in milliseconds by the clock. */
  #alarmed = -Infinity;

  /** @param urls at least one, in the order of preference */
  constructor(
    urls: readonly string[],
    { clock, log, request = {}, patience = {}, deadline = 30_000 }: PoolOptions,
  ) {
    const whole = { ...RETRY_LIMITS, ...patience };
    this.#endpoints = urls.map((url) => new Endpoint(new JsonRpc(url, request), { clock, patience: whole }));
    this.#clock = clock;
    this.#log = log;
    this.#deadline = deadline;
  }

  get endpoint(): string {
    return this.#endpoints.map(({ endpoint }) => endpoint).join(", ");
  }

  /** From now on only nodes that serve this chain are asked anything. */
  pin(pin: ChainPin): void {
    this.#pin = pin;
  }

  async request<T>(method: string, params: readonly unknown[], schema: z.ZodType<T>): Promise<T> {
    return await this.#first((endpoint) => this.#ask(endpoint, method, params, schema));
  }

  /** The first node that can be asked, seen just now to serve the chain. */
  async session(): Promise<RpcSession> {
    const pin = this.#pin;
    const chosen = await this.#first(async (endpoint) => {
      if (pin !== undefined) await endpoint.assure(pin, 0);
      return endpoint;
    });
    return {
      endpoint: chosen.endpoint,
      peers: this.#endpoints
        .filter((endpoint) => endpoint !== chosen && endpoint.aside === undefined)
        .map((peer) => ({
          endpoint: peer.endpoint,
          request: (...asked) => this.#noting(peer, () => this.#ask(peer, ...asked)),
        })),
      request: (...asked) => this.#noting(chosen, () => chosen.request(...asked)),
      distrust: (why) => {
        if (why.fields["disagree"] === true) this.#alarm(why);
        else this.#leave(chosen, why);
      },
    };
  }

  async #ask<T>(
    endpoint: Endpoint,
    method: string,
    params: readonly unknown[],
    schema: z.ZodType<T>,
  ): Promise<T> {
    if (this.#pin !== undefined) await endpoint.assure(this.#pin);
    return await endpoint.request(method, params, schema);
  }

  async #noting<T>(endpoint: Endpoint, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw this.#noted(endpoint, error);
    }
  }

  /** Does the work with the first node where it does not fail for a reason of the node's. */
  async #first<T>(work: (endpoint: Endpoint) => Promise<T>): Promise<T> {
    const end = this.#clock.millis() + this.#deadline;
    let fault: AppError | undefined;
    for (const endpoint of this.#endpoints) {
      if (endpoint.aside !== undefined) {
        fault ??= endpoint.aside;
        continue;
      }
      if (this.#clock.millis() > end) break;
      try {
        const done = await work(endpoint);
        if (this.#told.delete(endpoint))
          this.#log.info({ endpoint: endpoint.endpoint }, "node answers again");
        return done;
      } catch (error) {
        fault = this.#noted(endpoint, error);
        if (!isOfTheNode(fault)) throw fault; // guard: F17 F19 failover
      }
    }
    throw fault ?? new AppError("RPC_UNAVAILABLE", { detail: "no node could be asked in time" });
  }

  #alarm({ code, fields: { detail } }: AppError): void {
    if (this.#clock.millis() - this.#alarmed < ALARM_EVERY) return;
    this.#alarmed = this.#clock.millis();
    this.#log.error({ code, detail }, "nodes disagree about a final block");
  }

  /** Leaves a node alone that says what cannot be true, or nothing. */
  #noted(endpoint: Endpoint, error: unknown): AppError {
    if (!isAppError(error)) throw error;
    if (!isOfTheNode(error)) return error;
    if (error.code === "RPC_INCONSISTENT" || hasTimedOut(error)) this.#leave(endpoint, error);
    else this.#tell(endpoint, error);
    return error;
  }

  /** Only where there is another to ask. */
  #leave(endpoint: Endpoint, why: AppError): void {
    if (this.#endpoints.length > 1) endpoint.distrust(why);
    this.#tell(endpoint, why);
  }

  #tell(endpoint: Endpoint, { code, fields: { detail } }: AppError): void {
    if (this.#told.get(endpoint) !== code)
      this.#log.warn({ endpoint: endpoint.endpoint, code, detail }, "node fails");
    this.#told.set(endpoint, code);
  }
}

/** Whether another node may do better. An answer that was cut off at the limit is no lie. */
function isOfTheNode(error: AppError): boolean {
  if (error.code === "RPC_UNAVAILABLE") return true;
  return error.code === "RPC_INCONSISTENT" && error.fields["tooLong"] !== true;
}
