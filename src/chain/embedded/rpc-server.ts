/** Serves the embedded chain over HTTP as JSON-RPC 2.0. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { hostOf, isLoopback } from "../../core/loopback.ts";
import { JsonRpcError } from "./chain.ts";
import { MAX_LOGS, MAX_TRANSACTION, type GuardedChain } from "./guarded-chain.ts";

/** Bytes of a body: the longest transaction in hexadecimal, and room for others in a batch. */
export const LONGEST_BODY = 2 * MAX_TRANSACTION + (128 << 10);
/** Requests in a batch, and characters of its answer above which the others get an error. */
const MAX_BATCH = 100;
const MAX_ANSWER = MAX_LOGS;
const MAX_CONNECTIONS = 100;
/** Milliseconds that a connection may be idle, and that a request may take to arrive. */
const KEEP_ALIVE = 120_000;
const ARRIVAL = 10_000;

const JSON_TYPE = /^application\/json\s*(;|$)/i;

interface Request {
  readonly jsonrpc: "2.0";
  readonly id: unknown;
  readonly method: string;
  readonly params?: unknown[];
}

export class RpcServer {
  readonly #server: Server;
  readonly url: string;

  private constructor(server: Server, url: string) {
    this.#server = server;
    this.url = url;
  }

  /** @param listen host and port; port 0 takes a free one. Rejects with the system's error where it cannot listen. */
  static async listen(chain: GuardedChain, listen: { host: string; port: number }): Promise<RpcServer> {
    const onLoopback = isLoopback(listen.host);
    const server = createServer((request, response) => {
      const refusal = refusalOf(request, onLoopback);
      if (refusal === undefined) void handle(chain, request, response);
      else response.writeHead(refusal, { connection: "close" }).end();
    });
    // a caller in this process that hashes for seconds is still connected
    server.keepAliveTimeout = KEEP_ALIVE;
    server.headersTimeout = server.requestTimeout = ARRIVAL;
    server.maxConnections = MAX_CONNECTIONS;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject).listen(listen.port, listen.host, resolve);
    });
    const { port } = server.address() as AddressInfo;
    return new RpcServer(
      server,
      `http://${listen.host.includes(":") ? `[${listen.host}]` : listen.host}:${port}`,
    );
  }

  async close(): Promise<void> {
    await new Promise((resolve) => {
      this.#server.close(resolve);
      this.#server.closeAllConnections();
    });
  }
}

/**
 * The status that refuses a request of a web page: browsers name its origin, send JSON elsewhere only after a question that
 * has no answer here, and name the page's host, also where that resolves to this machine (DNS rebinding).
 */
function refusalOf({ method, headers }: IncomingMessage, onLoopback: boolean): number | undefined {
  if (headers.origin !== undefined) return 403;
  if (onLoopback && !isLoopback(hostOf(headers.host) ?? "")) return 421;
  if (method !== "POST") return 405;
  return JSON_TYPE.test(headers["content-type"] ?? "") ? undefined : 415;
}

async function handle(
  chain: GuardedChain,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const body = await readBody(request);
    if (body === undefined) response.writeHead(413, { connection: "close" }).end();
    else response.writeHead(200, { "content-type": "application/json" }).end(await answerAll(chain, body));
  } catch {
    response.destroy();
  }
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > LONGEST_BODY) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

async function answerAll(chain: GuardedChain, body: string): Promise<string> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return failure(null, new JsonRpcError(-32700, "the body is not JSON"));
  }
  if (!Array.isArray(parsed) || parsed.length === 0) return await answer(chain, parsed);
  if (parsed.length > MAX_BATCH)
    return failure(null, new JsonRpcError(-32600, `a batch has at most ${MAX_BATCH} requests`));
  const answers: string[] = [];
  let characters = 0;
  for (const request of parsed) {
    const full = characters > MAX_ANSWER;
    const next = full ? failure(idOf(request), tooLong()) : await answer(chain, request);
    characters += next.length;
    answers.push(next);
  }
  return `[${answers.join(",")}]`;
}

async function answer(chain: GuardedChain, request: unknown): Promise<string> {
  if (!isRequest(request)) return failure(null, new JsonRpcError(-32600, "not a JSON-RPC 2.0 request"));
  const { id, method, params = [] } = request;
  try {
    return JSON.stringify({ jsonrpc: "2.0", id, result: await chain.request(method, params) });
  } catch (error) {
    return failure(id, error);
  }
}

/** Keeps code, message and data of the node's own errors, revert data among them. */
function failure(id: unknown, error: unknown): string {
  const { code, message, data } = error as { code?: unknown; message?: unknown; data?: unknown };
  const number = typeof code === "number" ? code : -32603;
  return JSON.stringify({ jsonrpc: "2.0", id, error: { code: number, message: String(message), data } });
}

const tooLong = (): JsonRpcError =>
  new JsonRpcError(-32_005, "the answers before are too long; ask for fewer");

const idOf = (request: unknown): unknown => (isRequest(request) ? request.id : null);

function isRequest(value: unknown): value is Request {
  if (typeof value !== "object" || value === null) return false;
  const { jsonrpc, id, method, params } = value as Record<string, unknown>;
  const named = typeof id === "string" || typeof id === "number";
  return (
    named &&
    jsonrpc === "2.0" &&
    typeof method === "string" &&
    (params === undefined || Array.isArray(params))
  );
}
