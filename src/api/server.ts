/** Makes the HTTP server: its limits, what it refuses before any route, and the routes. */
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
import { AppError, isAppError, quote } from "../core/errors.ts";
import type { PageFiles } from "../core/page-files.ts";
import { escapeJson } from "../core/visible.ts";
import { Guard } from "./guard.ts";
import { Idempotency } from "./idempotency.ts";
import { parseJson } from "./json.ts";
import { limitRequests, type Limits } from "./limits.ts";
import { refuseDocuments, refuseOtherHosts, refuseRepeated, refuseUnacceptable } from "./negotiation.ts";
import type { Metrics } from "./metrics.ts";
import { pageRoutes } from "./page.ts";
import { sendProblem, sendProblemBody } from "./problem.ts";
import { toProblem } from "../wire/problem.ts";
import { apiKeyRoutes } from "./routes/api-keys.ts";
import { approvalRoutes } from "./routes/approvals.ts";
import { anchorRoutes } from "./routes/anchors.ts";
import type { RouteContext } from "./routes/common.ts";
import { entryRoutes } from "./routes/entries.ts";
import { evidenceRoutes } from "./routes/evidence.ts";
import { logRoutes } from "./routes/log.ts";
import { operationRoutes } from "./routes/operation.ts";
import { publicRoutes } from "./routes/public.ts";
import { statusRoutes } from "./routes/statuses.ts";
import { verificationRoutes } from "./routes/verifications.ts";
import { witnessRoutes } from "./routes/witness.ts";
import type { About, Services } from "./services.ts";
import type { Tls } from "./tls.ts";

const MAX_BODY = 1 << 20;
const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"] as const;

/** Seconds that the head of a request may take to arrive. */
const HEAD_ARRIVAL = 10;
/** Milliseconds between two checks for requests that take too long. */
const TIMEOUT_CHECK_INTERVAL = 500;
/** Open connections for each request that may be under way; most of them are idle. */
const CONNECTIONS = 5;
const REQUESTS_PER_CONNECTION = 10_000;
/** Milliseconds that requests under way have to end once the service stops. */
const DRAIN = 4_000;

const ROUTES: readonly ((context: RouteContext) => void)[] = [
  anchorRoutes,
  verificationRoutes,
  entryRoutes,
  evidenceRoutes,
  statusRoutes,
  approvalRoutes,
  apiKeyRoutes,
  publicRoutes,
  logRoutes,
  operationRoutes,
];

/** The API's network settings. */
interface Front {
  /** Undefined = plain HTTP. */
  readonly tls: Tls | undefined;
  /** Addresses and CIDR ranges of proxies whose X-Forwarded-For names the client. */
  readonly trustedProxies: readonly string[];
  /** Listens on loopback, and so answers to the names of this machine and that of its public URL alone. */
  readonly onLoopback: boolean;
  readonly limits: Limits;
}

interface ServerParts {
  readonly services: Services;
  readonly page: PageFiles;
  readonly log: Logger;
  readonly front: Front;
}

/** Makes the HTTP API, which does not listen yet. */
export async function createServer(parts: ServerParts): Promise<FastifyInstance> {
  const { services, front } = parts;
  const app = plainServer(parts);
  app.setErrorHandler((error, request, reply) => sendProblem(request, reply, error));
  app.addHook("onError", (_request, _reply, error, done) => {
    if (isAppError(error)) services.metrics.refused(error.code);
    done();
  });
  app.setNotFoundHandler((request, reply) => sendProblem(request, reply, noRoute(request)));
  const closing = abortedOnClose(app);
  await app.register(accepts);
  await limitRequests(app, { limits: front.limits, keys: services.keys, longest: MAX_BODY });
  const publicUrl = URL.parse(services.about.publicUrl ?? "");
  const checkHost = (request: FastifyRequest): void => {
    if (front.onLoopback) refuseOtherHosts(request, publicUrl?.hostname);
  };
  app.addHook("onRequest", (request, reply) => refuseUnwanted(request, reply, checkHost));
  app.addHook("onSend", (_request, reply, body, done) => {
    const isJson = typeof body === "string" && /\bjson\b/.test(String(reply.getHeader("content-type")));
    done(null, isJson ? escapeJson(body) : body);
  });
  app.addHook("onResponse", (request, reply, done) => {
    record(request, reply, services.metrics);
    done();
  });
  await app.register(swagger, { openapi: descriptionOf(services.about), transform: jsonSchemaTransform });
  await app.register(async (scope) => await addRoutes(scope, parts, closing));
  await app.ready();
  return app;
}

/** A server without hooks and routes, that takes JSON alone. */
function plainServer({ front, log, services }: ServerParts): FastifyInstance {
  const prefix = URL.parse(services.about.publicUrl ?? "")?.pathname.replace(/\/$/, "") ?? "";
  const app = fastify({
    ...transport(front),
    // a proxy before the service strips the path of its public URL, or does not
    rewriteUrl: ({ url = "/" }) => (url.startsWith(`${prefix}/`) ? url.slice(prefix.length) : url),
    loggerInstance: log,
    bodyLimit: MAX_BODY,
    requestTimeout: front.limits.arrival * 1_000, // guard: F51 request timeout
    maxRequestsPerSocket: REQUESTS_PER_CONNECTION,
    trustProxy: front.trustedProxies.length === 0 ? false : [...front.trustedProxies],
    return503OnClosing: false,
    genReqId: () => randomUUID(),
    clientErrorHandler: refuseMalformed,
    frameworkErrors: refuseUnroutable,
    logController: new LogController({ disableRequestLogging: true }),
  });
  app.server.headersTimeout = Math.min(HEAD_ARRIVAL, front.limits.arrival) * 1_000;
  app.server.maxConnections = CONNECTIONS * front.limits.requests;
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
  return app as unknown as FastifyInstance;
}

/** Aborted once the service stops; connections that are still open some time later are closed. */
function abortedOnClose(app: FastifyInstance): AbortSignal {
  const closing = new AbortController();
  app.addHook("preClose", (done) => {
    closing.abort(); // guard: F54 closing signal
    setTimeout(() => app.server.closeAllConnections(), DRAIN).unref(); // guard: F54 drain limit
    done();
  });
  return closing.signal;
}

/** Refuses other hosts, documents and unacceptable media types before a body is read. */
async function refuseUnwanted(
  request: FastifyRequest,
  reply: FastifyReply,
  checkHost: (request: FastifyRequest) => void,
): Promise<void> {
  await Promise.resolve();
  void reply.header("x-content-type-options", "nosniff").header("cache-control", "no-store");
  try {
    refuseRepeated(request);
    checkHost(request);
    refuseDocuments(request);
  } catch (error) {
    void reply.header("connection", "close"); // the body is not read
    throw error;
  }
  refuseUnacceptable(request);
}

/** Counts an answer, and logs it: a refusal or a fault at info, any other at debug. */
function record(request: FastifyRequest, reply: FastifyReply, metrics: Metrics): void {
  const { method, routeOptions, ip, socket } = request;
  const { statusCode: status, elapsedTime } = reply;
  const route = routeOptions.url;
  const peer = socket.remoteAddress;
  const from = ip === peer ? { peer } : { peer, client: ip };
  const milliseconds = Math.round(elapsedTime);
  const level = status < 400 ? "debug" : "info";
  request.log[level]({ method, route, status, milliseconds, ...from }, "request");
  metrics.answered({ method, route: route ?? "none", status, seconds: elapsedTime / 1000 });
}

function descriptionOf({ version, publicUrl }: About): Record<string, unknown> {
  return {
    openapi: "3.1.0",
    info: {
      title: "Hufu",
      description: "Document hash verification. No route takes a document.",
      version,
    },
    ...(publicUrl === undefined ? {} : { servers: [{ url: publicUrl }] }),
    components: { securitySchemes: { apiKey: { type: "http", scheme: "bearer" } } },
  };
}

async function addRoutes(
  scope: FastifyInstance,
  { services, page, front }: ServerParts,
  closing: AbortSignal,
): Promise<void> {
  const methods = collectMethods(scope);
  const guard = new Guard(services.keys);
  const context = {
    app: scope.withTypeProvider<ZodTypeProvider>(),
    services,
    guard,
    idempotency: new Idempotency({ store: services.idempotency, clock: services.clock, guard }),
    closing,
  };
  for (const add of ROUTES) add(context);
  await scope.register((texts) => {
    witnessRoutes({ ...context, app: texts.withTypeProvider<ZodTypeProvider>() });
    return Promise.resolve();
  });
  const secure = front.tls !== undefined || services.about.publicUrl?.startsWith("https:") === true;
  await scope.register((pages) => pageRoutes(pages, { files: page, secure }));
  scope.get("/openapi.json", { schema: { hide: true } }, () => scope.swagger());
  refuseOtherMethods(scope, methods);
}

/** Plain HTTP or TLS, with frequent checks for requests that take too long. */
function transport({ tls }: Front): object {
  const checks = { connectionsCheckingInterval: TIMEOUT_CHECK_INTERVAL };
  if (tls === undefined) return { http: checks };
  return { https: { ...checks, ...secureContext(tls) } };
}

/** TLS options for {@link createServer}, and for `setSecureContext` of a running server. */
export function secureContext({ cert, key }: Tls): { cert: string; key: string; minVersion: "TLSv1.2" } {
  return { cert, key, minVersion: "TLSv1.2" };
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

/** A known path answers 405 with the methods it allows, not 404. */
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

/** Refuses a URL that cannot be decoded; no language is negotiated at that point. */
function refuseUnroutable(_: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const fault = new AppError("ID_FORMAT", { detail: "the path is not properly percent-encoded UTF-8" });
  void sendProblemBody(
    reply.header("cache-control", "no-store"),
    toProblem(fault, { language: "en", id: request.id }),
  );
}

function noRoute(request: FastifyRequest): AppError {
  const path = request.url.split("?")[0] ?? "";
  return new AppError("ROUTE", { detail: `there is nothing at ${quote(path)}; see /openapi.json` });
}

/** Answers bytes that are not an HTTP request as far as possible, and closes the connection. */
function refuseMalformed(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const late = error.code === "ERR_HTTP_REQUEST_TIMEOUT";
  const fault = late
    ? new AppError("REQUEST_TIMEOUT", { detail: "the request did not arrive in time" })
    : new AppError("HTTP_MALFORMED", { detail: "expected one HTTP/1.1 request with one length" });
  const body = JSON.stringify(toProblem(fault, { language: "en", id: randomUUID() }));
  const line = late ? "408 Request Timeout" : "400 Bad Request";
  const head = `HTTP/1.1 ${line}\r\ncontent-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}`;
  socket.end(`${head}\r\nconnection: close\r\n\r\n${body}`);
}
