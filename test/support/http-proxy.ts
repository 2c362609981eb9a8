import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** What a server answers, as it may be changed on the way. */
export interface Passing {
  readonly path: string;
  readonly status: number;
  readonly body: Uint8Array;
}

/** Undefined = as it is. */
export type Change = (
  passing: Passing,
) => { status?: number; body?: Uint8Array | string } | undefined | Promise<undefined>;

/** Stands before a server on a free port, and changes what it answers to GET. */
export class HttpProxy implements AsyncDisposable {
  readonly #server: Server;
  change: Change = () => undefined;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(target: string): Promise<HttpProxy> {
    const server = createServer();
    const proxy = new HttpProxy(server);
    server.on("request", (request, response) => {
      const path = request.url ?? "/";
      void (async () => {
        const answer = await fetch(`${target}${path}`);
        const body = new Uint8Array(await answer.arrayBuffer());
        const changed = await proxy.change({ path, status: answer.status, body });
        const type = answer.headers.get("content-type") ?? "text/plain";
        response.writeHead(changed?.status ?? answer.status, { "content-type": type });
        response.end(changed?.body ?? body);
      })().catch(() => response.destroy());
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}

/** The bytes with one bit changed. */
export function flipped(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));
}
