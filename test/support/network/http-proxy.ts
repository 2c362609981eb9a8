/** Changes answers of a server, as an HTTP proxy on a free port. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

interface UpstreamAnswer {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly body: Uint8Array;
}

/** @returns the replaced parts; undefined = unchanged */
export type Change = (answer: UpstreamAnswer) => Changed | undefined | Promise<undefined>;

export interface Changed {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}

/** Request headers that are forwarded. */
const FORWARDED = ["accept", "authorization", "content-type"];
/** Response headers of the connection, which are not forwarded. */
const HOP_BY_HOP = ["connection", "content-encoding", "content-length", "keep-alive", "transfer-encoding"];

export class HttpProxy implements AsyncDisposable {
  readonly #server: Server;
  change: Change = () => undefined;
  /** URL of the server that requests go to. */
  target: string;

  private constructor(server: Server, target: string) {
    this.#server = server;
    this.target = target;
  }

  static async start(target: string): Promise<HttpProxy> {
    const server = createServer();
    const proxy = new HttpProxy(server, target);
    server.on("request", (request, response) => {
      const { method = "GET", url: path = "/" } = request;
      void (async () => {
        const forwarded = Object.entries(request.headers).filter(([name]) => FORWARDED.includes(name));
        const headers = Object.fromEntries(forwarded) as Record<string, string>;
        const sent = await buffer(request);
        const answer = await fetch(`${proxy.target}${path}`, {
          method,
          headers,
          ...(sent.length > 0 && { body: sent }),
        });
        const body = new Uint8Array(await answer.arrayBuffer());
        const changed = await proxy.change({ method, path, status: answer.status, body });
        const kept = [...answer.headers].filter(([name]) => !HOP_BY_HOP.includes(name));
        response.writeHead(changed?.status ?? answer.status, {
          ...Object.fromEntries(kept),
          ...changed?.headers,
        });
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
