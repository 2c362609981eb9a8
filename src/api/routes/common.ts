/** Declares the context that every group of routes is made with. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import type { Guard } from "../guard.ts";
import type { Idempotency } from "../idempotency.ts";
import type { Services } from "../services.ts";

type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

export interface RouteContext {
  readonly app: App;
  readonly services: Services;
  readonly guard: Guard;
  readonly idempotency: Idempotency;
  /** Aborted once the service stops: waiting requests are then answered with the current state. */
  readonly closing: AbortSignal;
}
