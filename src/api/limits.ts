/** Refuses requests above the rate limit, and all while the process is overloaded. */
import { performance } from "node:perf_hooks";
import rateLimit from "@fastify/rate-limit";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { AppError } from "../core/errors.ts";
import { bearerOf, type KeyRing } from "./access.ts";

export interface Limits {
  /** Requests a minute of one API key, or of one address without a key. */
  readonly rate: number;
  /** Requests under way at the same time. */
  readonly requests: number;
  /** Seconds that a request may take to arrive. */
  readonly arrival: number;
}

/** Bytes of request bodies under way together; one of unknown length counts as the longest allowed. */
const MAX_BODIES = 256 << 20;
/**
 * Milliseconds between two samples of the process's delay, and the delay of two in a row above which requests are
 * refused: a single long turn is over when the next request comes.
 */
const SAMPLE_INTERVAL = 250;
const MAX_DELAY = 2_000;
const MINUTE = 60_000;

/** Routes that are answered even while others are refused: monitoring depends on them. */
const EXEMPT = new Set(["/healthz", "/readyz", "/metrics"]);

/**
 * Refuses requests before any of their content is kept: while too many are under way or the process is behind
 * (OVERLOADED), and from a caller above its rate (RATE_LIMITED). Unknown keys count for their address, so that invented
 * keys gain nothing.
 */
export async function limitRequests(
  app: FastifyInstance,
  { limits, keys, longest }: { limits: Limits; keys: KeyRing; longest: number },
): Promise<void> {
  const load = new Load(limits.requests, longest);
  app.addHook("onClose", () => load.stop());
  await app.register(rateLimit, { global: false });
  const count = app.createRateLimit({
    max: limits.rate,
    timeWindow: MINUTE,
    keyGenerator: (request) => rateKeyOf(request, keys),
  });
  app.addHook("onRequest", async (request, reply) => {
    if (EXEMPT.has(request.routeOptions.url ?? "")) return;
    try {
      load.admit(request, (done) => reply.raw.once("close", done));
      const result = await count(request);
      if (result.isAllowed || !result.isExceeded) return;
      void reply.header("retry-after", String(result.ttlInSeconds));
      const detail = `at most ${limits.rate} requests a minute; again in ${result.ttlInSeconds} s`;
      throw new AppError("RATE_LIMITED", { detail });
    } catch (error) {
      void reply.header("connection", "close"); // the body is not read
      throw error;
    }
  });
}

async function rateKeyOf(request: FastifyRequest, keys: KeyRing): Promise<string> {
  const key = bearerOf(request);
  const caller = key === undefined ? undefined : await keys.find(key).catch(() => undefined);
  return caller === undefined ? `address ${request.ip}` : `key ${caller.institution ?? ""}/${caller.name}`;
}

/** Counts the requests and bytes under way, and samples the process's delay. */
class Load {
  readonly #maxRequests: number;
  readonly #longest: number;
  readonly #timer: NodeJS.Timeout;
  #requests = 0;
  #bytes = 0;
  /** Milliseconds: the lesser lateness of the last two samples, and that of the last one. */
  #delay = 0;
  #lastLate = 0;
  #sampledAt = performance.now();

  constructor(maxRequests: number, longest: number) {
    this.#maxRequests = maxRequests;
    this.#longest = longest;
    this.#timer = setInterval(() => this.#sample(), SAMPLE_INTERVAL).unref();
  }

  /** @throws AppError OVERLOADED */
  admit(request: FastifyRequest, onDone: (done: () => void) => void): void {
    const bytes = this.#bytesOf(request);
    // guard: F53 request limit
    if (this.#requests >= this.#maxRequests) throw overloaded(`${this.#requests} requests are under way`);
    if (this.#bytes + bytes > MAX_BODIES) throw overloaded("too many bytes are under way");
    if (this.#delay > MAX_DELAY) throw overloaded(`the process is ${Math.round(this.#delay)} ms behind`);
    this.#requests += 1;
    this.#bytes += bytes;
    onDone(() => {
      this.#requests -= 1;
      this.#bytes -= bytes;
    });
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #bytesOf({ headers }: FastifyRequest): number {
    if (headers["transfer-encoding"] !== undefined) return this.#longest;
    return Math.min(Number(headers["content-length"] ?? 0), this.#longest);
  }

  #sample(): void {
    const now = performance.now();
    const late = now - this.#sampledAt - SAMPLE_INTERVAL;
    this.#delay = Math.min(late, this.#lastLate);
    this.#lastLate = late;
    this.#sampledAt = now;
  }
}

function overloaded(why: string): AppError {
  return new AppError("OVERLOADED", { detail: `${why}; try again in a few seconds` });
}
