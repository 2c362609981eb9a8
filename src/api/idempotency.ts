/** Answers requests with the same Idempotency-Key once, and repeats the stored answer. */
import { createHash } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Clock } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";
import type { Claimed, NamedRequest, StoredAnswer } from "../core/idempotency.ts";
import type { Hash } from "../core/units.ts";
import type { Guard } from "./guard.ts";

/**
 * Answers to named requests, kept for a day. Several processes may share it: of equal requests one is claimed. A claim that
 * is neither finished nor released within a minute is void, so that a crash blocks a name no longer.
 */
export interface IdempotencyStore {
  claim(request: NamedRequest): Promise<Claimed>;
  finish(claim: string, answer: StoredAnswer): Promise<void>;
  release(claim: string): Promise<void>;
}

const MAX_LENGTH = 255;
const VISIBLE = /^[\x20-\x7e]+$/;
/** A string of RFC 9651, which the draft requires. */
const QUOTED = /^"((?:[^"\\]|\\["\\])*)"$/;
/** Seconds. */
const RETRY_AFTER = "2";

/**
 * `Idempotency-Key` of draft-ietf-httpapi-idempotency-key-header-07; a bare token stands for the same string in quotes. The
 * first answer to an accepted request is repeated byte for byte, to its caller only. A refused or failed request leaves the
 * name free.
 */
export class Idempotency {
  readonly #store: IdempotencyStore;
  readonly #clock: Clock;
  readonly #guard: Guard;
  readonly #claims = new WeakMap<object, string>();

  /** @param options.guard of the routes with these hooks */
  constructor({ store, clock, guard }: { store: IdempotencyStore; clock: Clock; guard: Guard }) {
    this.#store = store;
    this.#clock = clock;
    this.#guard = guard;
  }

  /** Hooks of an idempotent route; they run after those of the guard. */
  get hooks(): {
    preHandler: (request: FastifyRequest, reply: FastifyReply) => Promise<void>;
    onSend: (request: FastifyRequest, reply: FastifyReply, payload: unknown) => Promise<void>;
  } {
    return {
      preHandler: (request, reply) => this.#begin(request, reply),
      onSend: (request, reply, payload) => this.#end(request, reply, payload),
    };
  }

  /** @throws AppError IDEMPOTENCY_KEY, IDEMPOTENCY_MISMATCH, IDEMPOTENCY_IN_PROGRESS */
  async #begin(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const name = nameOf(request.raw.headersDistinct["idempotency-key"]);
    if (name === undefined) return;
    const { method, url, body } = request;
    const claimed = await this.#store.claim({
      caller: this.#guard.caller(request).id,
      name,
      fingerprint: digest(JSON.stringify([method, url, body])),
      at: this.#clock.millis(),
    });
    switch (claimed.kind) {
      case "claimed":
        this.#claims.set(request, claimed.claim);
        return;
      case "answered":
        await reply
          .code(claimed.answer.status)
          .type("application/json; charset=utf-8")
          .send(claimed.answer.body);
        return;
      case "running":
        void reply.header("retry-after", RETRY_AFTER);
        throw new AppError("IDEMPOTENCY_IN_PROGRESS", {
          detail: `ask again in ${RETRY_AFTER} s for what becomes of the first request`,
        });
      case "mismatch":
        throw new AppError("IDEMPOTENCY_MISMATCH", {
          detail: "method, path or body differ from those of the first request with this key",
        });
    }
  }

  /** Stores the answer before it is sent. A failed store undoes nothing: duplicates are found by their payload too. */
  async #end(request: FastifyRequest, { statusCode }: FastifyReply, payload: unknown): Promise<void> {
    const claim = this.#claims.get(request);
    if (claim === undefined) return;
    this.#claims.delete(request);
    const accepted = statusCode >= 200 && statusCode < 300 && typeof payload === "string";
    try {
      if (accepted) await this.#store.finish(claim, { status: statusCode, body: payload });
      else await this.#store.release(claim);
    } catch (error) {
      request.log.error({ err: error }, "answer not stored for its Idempotency-Key");
    }
  }
}

/** The name in the header; undefined without one. @throws AppError IDEMPOTENCY_KEY */
function nameOf(values: readonly string[] | undefined): string | undefined {
  if (values === undefined) return undefined;
  const [value = ""] = values;
  const name = QUOTED.exec(value)?.[1]?.replace(/\\(.)/g, "$1") ?? (value.startsWith('"') ? "" : value);
  if (values.length === 1 && name.length <= MAX_LENGTH && VISIBLE.test(name)) return name;
  const detail = `expected one Idempotency-Key of 1 to ${MAX_LENGTH} visible ASCII characters, such as a UUID`;
  throw new AppError("IDEMPOTENCY_KEY", { detail });
}

function digest(text: string): Hash {
  return Uint8Array.from(createHash("sha256").update(text).digest());
}
