/** Distributes JSON-RPC requests over several nodes of one chain, with failover. */
import type { Logger } from "pino";
import type { z } from "zod";
import type { Clock } from "../../core/clock.ts";
import { AppError, isAppError } from "../../core/errors.ts";
import {
  Endpoint,
  RETRY_LIMITS,
  hasTimedOut,
  isOfNode,
  type ChainPin,
  type RetryLimits,
} from "./endpoint.ts";
import { JsonRpc, type RpcOptions, type RpcSession } from "./rpc.ts";

/** Milliseconds after which an alarm that still holds is logged again. */
const ALARM_INTERVAL = 60_000;

export interface PoolOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly request?: RpcOptions;
  readonly limits?: Partial<RetryLimits>;
  /** Milliseconds after which no further node is tried for the same request. */
  readonly deadline?: number;
}

/**
 * Several nodes of one chain, the first that is available before the others. Faults keep their codes: the last fault of the
 * nodes that were tried is thrown.
 *
 * Bytes of a transaction fail over to the next node too: the same bytes twice are one transaction.
 */
export class RpcPool implements JsonRpc {
  readonly #endpoints: readonly Endpoint[];
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #deadline: number;
  #pin: ChainPin | undefined;
  /** By endpoint: the fault that was logged last, until it answers again. */
  readonly #logged = new Map<Endpoint, string>();
  /** When the disagreement of nodes was last logged, in milliseconds by the clock. */
  #alarmed = -Infinity;

  /** @param urls at least one, in the order of preference */
  constructor(
    urls: readonly string[],
    { clock, log, request = {}, limits = {}, deadline = 30_000 }: PoolOptions,
  ) {
    const all = { ...RETRY_LIMITS, ...limits };
    this.#endpoints = urls.map((url) => new Endpoint(new JsonRpc(url, request), { clock, limits: all }));
    this.#clock = clock;
    this.#log = log;
    this.#deadline = deadline;
  }

  get endpoint(): string {
    return this.#endpoints.map(({ endpoint }) => endpoint).join(", ");
  }

  /** From now on only nodes that serve this chain are used. */
  pin(pin: ChainPin): void {
    this.#pin = pin;
  }

  async request<T>(method: string, params: readonly unknown[], schema: z.ZodType<T>): Promise<T> {
    return await this.#failover((endpoint) => this.#ask(endpoint, method, params, schema));
  }

  /** The first node that is available, after a check that it serves the chain. */
  async session(): Promise<RpcSession> {
    const pin = this.#pin;
    const chosen = await this.#failover(async (endpoint) => {
      if (pin !== undefined) await endpoint.checkChain(pin, 0);
      return endpoint;
    });
    return {
      endpoint: chosen.endpoint,
      peers: this.#endpoints
        .filter((endpoint) => endpoint !== chosen && endpoint.suspended === undefined)
        .map((peer) => ({
          endpoint: peer.endpoint,
          request: (...query) => this.#recordingFaults(peer, () => this.#ask(peer, ...query)),
        })),
      request: (...query) => this.#recordingFaults(chosen, () => chosen.request(...query)),
      distrust: (why) => {
        if (why.fields["disagree"] === true) this.#alarm(why);
        else this.#quarantine(chosen, why);
      },
    };
  }

  async #ask<T>(
    endpoint: Endpoint,
    method: string,
    params: readonly unknown[],
    schema: z.ZodType<T>,
  ): Promise<T> {
    if (this.#pin !== undefined) await endpoint.checkChain(this.#pin);
    return await endpoint.request(method, params, schema);
  }

  async #recordingFaults<T>(endpoint: Endpoint, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw this.#recorded(endpoint, error);
    }
  }

  /** Runs the work with one node after the other, until it does not fail by a fault of the node. */
  async #failover<T>(work: (endpoint: Endpoint) => Promise<T>): Promise<T> {
    const end = this.#clock.millis() + this.#deadline;
    let fault: AppError | undefined;
    for (const endpoint of this.#endpoints) {
      if (endpoint.suspended !== undefined) {
        fault ??= endpoint.suspended;
        continue;
      }
      if (this.#clock.millis() > end) break;
      try {
        const done = await work(endpoint);
        if (this.#logged.delete(endpoint))
          this.#log.info({ endpoint: endpoint.endpoint }, "node answers again");
        return done;
      } catch (error) {
        fault = this.#recorded(endpoint, error);
        if (!isNodeFault(fault)) throw fault; // guard: F17 F19 failover
      }
    }
    throw fault ?? new AppError("RPC_UNAVAILABLE", { detail: "no node could be asked in time" });
  }

  #alarm({ code, fields: { detail } }: AppError): void {
    if (this.#clock.millis() - this.#alarmed < ALARM_INTERVAL) return;
    this.#alarmed = this.#clock.millis();
    this.#log.error({ code, detail }, "nodes disagree about a final block");
  }

  /** Puts a node into quarantine that gave an answer that cannot be true, or none in time. */
  #recorded(endpoint: Endpoint, error: unknown): AppError {
    if (!isAppError(error)) throw error;
    if (!isNodeFault(error)) return error;
    if (error.code === "RPC_INCONSISTENT" || hasTimedOut(error)) this.#quarantine(endpoint, error);
    else this.#logFault(endpoint, error);
    return error;
  }

  /** Suspends the node only where there is another. */
  #quarantine(endpoint: Endpoint, why: AppError): void {
    if (this.#endpoints.length > 1) endpoint.distrust(why);
    if (why.code !== "EVENT_UNREADABLE") this.#logFault(endpoint, why); // not known to be the node's
  }

  #logFault(endpoint: Endpoint, { code, fields: { detail } }: AppError): void {
    if (this.#logged.get(endpoint) !== code)
      this.#log.warn({ endpoint: endpoint.endpoint, code, detail }, "node fails");
    this.#logged.set(endpoint, code);
  }
}

/** Whether another node may succeed. */
function isNodeFault(error: AppError): boolean {
  return isOfNode(error) && (error.code === "RPC_UNAVAILABLE" || error.code === "RPC_INCONSISTENT");
}
