import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { JsonRpc, type RpcOptions } from "../../src/chain/rpc.ts";

export interface RpcRequest {
  readonly jsonrpc: "2.0";
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}

/** What a scripted node does with one request. */
export type Answer =
  /** A well-formed JSON-RPC answer. */
  | { readonly result: unknown }
  | { readonly error: { readonly code: number; readonly message: string; readonly data?: unknown } }
  /** An HTTP answer of any status and body. */
  | { readonly status?: number; readonly headers?: Record<string, string>; readonly body: string }
  /** The beginning of a good answer, and then the connection is reset. */
  | "reset"
  /** The beginning of a good answer, and then nothing more. */
  | "stall"
  /** Nothing at all. */
  | "silence";

export type Script = (request: RpcRequest) => Answer | Promise<Answer>;

/** An HTTP server that answers JSON-RPC as a test wants it. */
export class ScriptedNode implements AsyncDisposable {
  readonly #server: Server;
  readonly url: string;
  /** Everything asked so far. */
  readonly requests: readonly RpcRequest[];

  private constructor(server: Server, requests: readonly RpcRequest[]) {
    const { port } = server.address() as AddressInfo;
    this.#server = server;
    this.url = `http://127.0.0.1:${port}`;
    this.requests = requests;
  }

  static async start(script: Script): Promise<ScriptedNode> {
    const requests: RpcRequest[] = [];
    const server = createServer((incoming, response) => {
      void readRequest(incoming).then(async (request) => {
        requests.push(request);
        send(response, request, await script(request));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new ScriptedNode(server, requests);
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

/** Asks the node at `url` the same, and gives its answer on. */
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

/** A script that lets `change` alter the results of `method` from the node at `url`, and gives on everything else. */
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

function send(response: ServerResponse, { id }: RpcRequest, answer: Answer): void {
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
