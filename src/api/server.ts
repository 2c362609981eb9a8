import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";
import accepts from "@fastify/accepts";
import swagger from "@fastify/swagger";
import fastify, {
  LogController,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from "fastify";
import {
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from "fastify-type-provider-zod";
import type { Logger } from "pino";
import { AppError, quote } from "../core/errors.ts";
import { Guard } from "./guard.ts";
import { Idempotency } from "./idempotency.ts";
import { parseJson } from "./json.ts";
import { refuseDocuments, refuseUnacceptable } from "./negotiation.ts";
import { sendProblem, sendProblemBody, toProblem } from "./problem.ts";
import { apiKeyRoutes } from "./routes/api-keys.ts";
import { approvalRoutes } from "./routes/approvals.ts";
import { anchorRoutes } from "./routes/anchors.ts";
import { entryRoutes } from "./routes/entries.ts";
import { publicRoutes } from "./routes/public.ts";
import { verificationRoutes } from "./routes/verifications.ts";
import type { Services } from "./services.ts";

const MAX_BODY = 1 << 20;
const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;

/** The HTTP API, not listening yet. */
export async function createServer({
  services,
  log,
}: {
  services: Services;
  log: Logger;
}): Promise<FastifyInstance> {
  const app = fastify({
    loggerInstance: log,
    bodyLimit: MAX_BODY,
    requestTimeout: 30_000,
    genReqId: () => randomUUID(),
    clientErrorHandler: refuseMalformed,
    frameworkErrors: refuseUnroutable,
    logController: new LogController({ disableRequestLogging: true }),
  }).withTypeProvider<ZodTypeProvider>();

  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(/^application\/json/i, { parseAs: "buffer" }, (_, body, done) => {
    try {
      done(null, parseJson(body as Buffer));
    } catch (error) {
      done(error as Error, undefined);
    }
  });
  app.setErrorHandler((error, request, reply) => sendProblem(request, reply, error));
  app.setNotFoundHandler((request, reply) => sendProblem(request, reply, noRoute(request)));

  const closing = new AbortController();
  app.addHook("preClose", (done) => {
    closing.abort();
    done();
  });
  await app.register(accepts);
  app.addHook("onRequest", async (request, reply) => {
    void reply.header("x-content-type-options", "nosniff").header("cache-control", "no-store");
    try {
      refuseDocuments(request);
    } catch (error) {
      void reply.header("connection", "close"); // the body is not read
      throw error;
    }
    refuseUnacceptable(request);
  });
  app.addHook("onResponse", (request, reply, done) => {
    const { method, routeOptions } = request;
    const milliseconds = Math.round(reply.elapsedTime);
    request.log.info({ method, route: routeOptions.url, status: reply.statusCode, milliseconds }, "request");
    done();
  });

  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Hufu",
        description: "Document hash verification. No route takes a document.",
        version: services.about.version,
      },
      components: { securitySchemes: { apiKey: { type: "http", scheme: "bearer" } } },
    },
    transform: jsonSchemaTransform,
  });
  await app.register((scope) => {
    const methods = collectMethods(scope);
    const context = {
      app: scope.withTypeProvider<ZodTypeProvider>(),
      services,
      guard: new Guard(services.keys),
      idempotency: new Idempotency(services.idempotency, services.clock),
      closing: closing.signal,
    };
    anchorRoutes(context);
    verificationRoutes(context);
    entryRoutes(context);
    approvalRoutes(context);
    apiKeyRoutes(context);
    publicRoutes(context);
    scope.get("/openapi.json", { schema: { hide: true } }, () => app.swagger());
    refuseOtherMethods(scope, methods);
    return Promise.resolve();
  });
  await app.ready();
  return app as unknown as FastifyInstance;
}

/** The methods of each path, as routes are added. */
function collectMethods(app: FastifyInstance): Map<string, Set<string>> {
  const methods = new Map<string, Set<string>>();
  app.addHook("onRoute", ({ url, method }) => {
    const known = methods.get(url) ?? new Set<string>();
    for (const name of [method].flat()) known.add(name);
    methods.set(url, known);
  });
  return methods;
}

/** A path that is there answers 405 with what it allows, not 404. */
function refuseOtherMethods(app: FastifyInstance, methods: ReadonlyMap<string, ReadonlySet<string>>): void {
  for (const [url, known] of [...methods]) {
    const allowed = [...known].sort().join(", ");
    app.route({
      method: METHODS.filter((method) => !known.has(method)),
      url,
      schema: { hide: true },
      handler: (request, reply) => {
        void reply.header("allow", allowed);
        return sendProblem(request, reply, new AppError("METHOD", { detail: `${url} takes ${allowed}` }));
      },
    });
  }
}

/** A URL that cannot be read: it is refused before there is a request that knows its languages. */
function refuseUnroutable(_: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const fault = new AppError("ID_FORMAT", { detail: "the path is not properly percent-encoded UTF-8" });
  void sendProblemBody(reply, toProblem(fault, { language: "en", id: request.id }));
}

function noRoute(request: FastifyRequest): AppError {
  const path = request.url.split("?")[0] ?? "";
  return new AppError("ROUTE", { detail: `there is nothing at ${quote(path)}; see /openapi.json` });
}

/** Bytes that are no HTTP request: answered as far as that is possible, and the connection is closed. */
function refuseMalformed(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const fault = new AppError("HTTP_MALFORMED", { detail: "expected one HTTP/1.1 request with one length" });
  const body = JSON.stringify(toProblem(fault, { language: "en", id: randomUUID() }));
  const head = `HTTP/1.1 400 Bad Request\r\ncontent-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}`;
  socket.end(`${head}\r\nconnection: close\r\n\r\n${body}`);
}
