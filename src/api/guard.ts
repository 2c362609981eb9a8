/** Refuses callers whose role lacks a route's scope, before the body is read. */
import type { FastifyRequest } from "fastify";
import type { Caller } from "../core/caller.ts";
import { authorize, type KeyRing, type Scope } from "./access.ts";

export class Guard {
  readonly #keys: KeyRing;
  readonly #callers = new WeakMap<object, Caller>();

  constructor(keys: KeyRing) {
    this.#keys = keys;
  }

  /** Options of a route that needs `scope`. */
  needs(scope: Scope): { onRequest: (request: FastifyRequest) => Promise<void> } {
    return {
      onRequest: async (request) => {
        this.#callers.set(request, await authorize(request, this.#keys, scope));
      },
    };
  }

  /** The caller of a guarded route. */
  caller(request: FastifyRequest): Caller {
    const caller = this.#callers.get(request);
    if (caller === undefined) throw new RangeError("the route has no guard");
    return caller;
  }
}
