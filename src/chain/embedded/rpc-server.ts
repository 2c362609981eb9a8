/** Serves the embedded chain over HTTP as JSON-RPC 2.0. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { JsonRpcError, type EmbeddedChain } from "./chain.ts";

const MAX_BODY = 4 << 20;

interface Request {
  readonly jsonrpc: "2.0";
  readonly id: unknown;
  readonly method: string;
  readonly params?: unknown[];
}

/** Milliseconds that a connection may be idle. */
const KEEP_ALIVE = 120_000;

export class RpcServer {
  readonly #server: Server;
  readonly url: string;

  private constructor(server: Server, url: string) {
    this.#server = server;
    this.url = url;
  }

  /** @param listen host and port; port 0 takes a free one. Rejects with the system's error where it cannot listen. */
  static async listen(chain: EmbeddedChain, listen: { host: string; port: number }): Promise<RpcServer> {
    const server = createServer((request, response) => void handle(chain, request, response));
    // a caller in this process that hashes for seconds is still connected
    server.keepAliveTimeout = KEEP_ALIVE;
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

async function handle(
  chain: EmbeddedChain,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const body = request.method === "POST" ? await readBody(request) : undefined;
    if (body === undefined) {
      response.writeHead(request.method === "POST" ? 413 : 405, { connection: "close" }).end();
      return;
    }
    const answer = await answerAll(chain, body);
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
  } catch {
    response.destroy();
  }
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

async function answerAll(chain: EmbeddedChain, body: string): Promise<unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return failure(null, new JsonRpcError(-32700, "the body is not JSON"));
  }
  if (!Array.isArray(parsed) || parsed.length === 0) return await answer(chain, parsed);
  const answers: unknown[] = [];
  for (const request of parsed) answers.push(await answer(chain, request));
  return answers;
}

async function answer(chain: EmbeddedChain, request: unknown): Promise<unknown> {
  if (!isRequest(request)) return failure(null, new JsonRpcError(-32600, "not a JSON-RPC 2.0 request"));
  try {
    return {
      jsonrpc: "2.0",
      id: request.id,
      result: await chain.request(request.method, request.params ?? []),
    };
  } catch (error) {
    return failure(request.id, error);
  }
}

/** Keeps code, message and data of the node's own errors, revert data among them. */
function failure(id: unknown, error: unknown): unknown {
  const { code, message, data } = error as { code?: unknown; message?: unknown; data?: unknown };
  return {
    jsonrpc: "2.0",
    id,
    error: { code: typeof code === "number" ? code : -32603, message: String(message), data },
  };
}

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
