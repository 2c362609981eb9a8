/** Answers JSON-RPC requests by a script. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { JsonRpc, type RpcOptions } from "../../../src/chain/rpc/rpc.ts";

export interface RpcRequest {
  readonly jsonrpc: "2.0";
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}

/** The answer of a scripted node to one request. */
export type Answer =
  /** A well-formed JSON-RPC answer. */
  | { readonly result: unknown }
  | { readonly error: { readonly code: number; readonly message: string; readonly data?: unknown } }
  /** An HTTP answer of any status and body. */
  | { readonly status?: number; readonly headers?: Record<string, string>; readonly body: string }
  /** The beginning of a valid answer, then a reset of the connection. */
  | "reset"
  /** The beginning of a valid answer, and no more bytes. */
  | "stall"
  /** A valid answer without an end. */
  | "endless"
  /** No answer. */
  | "silence";

export type Script = (request: RpcRequest) => Answer | Promise<Answer>;

export class ScriptedNode implements AsyncDisposable {
  readonly #server: Server;
  readonly url: string;
  /** All requests received. */
  readonly requests: readonly RpcRequest[];
  readonly #sent: { bytes: number };

  private constructor(server: Server, requests: readonly RpcRequest[], sent: { bytes: number }) {
    const { port } = server.address() as AddressInfo;
    this.#server = server;
    this.url = `http://127.0.0.1:${port}`;
    this.requests = requests;
    this.#sent = sent;
  }

  /** Bytes of endless answers that were received by clients. */
  get taken(): number {
    return this.#sent.bytes;
  }

  static async start(script: Script): Promise<ScriptedNode> {
    const requests: RpcRequest[] = [];
    const sent = { bytes: 0 };
    const server = createServer((incoming, response) => {
      void readRequest(incoming).then(async (request) => {
        requests.push(request);
        const answer = await script(request);
        if (answer === "endless") sendEndless(response, request, sent);
        else send(response, request, answer);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new ScriptedNode(server, requests, sent);
  }

  rpc(options?: RpcOptions): JsonRpc {
    return new JsonRpc(this.url, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise((resolve) => {
      this.#server.close(resolve);
      this.#server.closeAllConnections();
    });
  }
}

/** Forwards a request to the node at `url`. */
export async function forward(url: string, { method, params }: RpcRequest): Promise<Answer> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  const headers = { "content-type": "application/json" };
  const response = await fetch(url, { method: "POST", headers, body });
  const { result, error } = (await response.json()) as {
    result?: unknown;
    error?: { code: number; message: string };
  };
  return error === undefined ? { result } : { error };
}

/** A script that lets `change` alter the results of `method` from the node at `url`, and forwards all others. */
export function altering(url: string, method: string, change: (result: never) => unknown): Script {
  return async (request) => {
    const answer = await forward(url, request);
    if (request.method !== method || typeof answer !== "object" || !("result" in answer)) return answer;
    return { result: change(answer.result as never) };
  };
}

async function readRequest(incoming: IncomingMessage): Promise<RpcRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString()) as RpcRequest;
}

/** Writes until the client disconnects. */
function sendEndless(response: ServerResponse, { id }: RpcRequest, sent: { bytes: number }): void {
  const chunk = "ab".repeat(1 << 15);
  const next = (error?: Error | null): void => {
    if (error || response.destroyed) return;
    sent.bytes += chunk.length;
    response.write(chunk, next);
  };
  response.writeHead(200, { "content-type": "application/json" });
  response.write(`{"jsonrpc":"2.0","id":${id},"result":"0x`, next);
}

function send(response: ServerResponse, { id }: RpcRequest, answer: Exclude<Answer, "endless">): void {
  if (answer === "silence") return;
  if (answer === "reset" || answer === "stall") {
    response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
    const reset = (): unknown => response.socket?.resetAndDestroy();
    response.write(`{"jsonrpc":"2.0","id":${id},`, () => {
      if (answer === "reset") reset();
    });
  } else if ("body" in answer) {
    response.writeHead(answer.status ?? 200, answer.headers).end(answer.body);
  } else {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ jsonrpc: "2.0", id, ...answer }));
  }
}
