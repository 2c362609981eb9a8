/** Captures every request of a browser, as a proxy. */
import { once } from "node:events";
import {
  createServer,
  request as ask,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import type { BrowserContextOptions } from "playwright-core";

interface CapturedRequest {
  readonly method: string;
  /** Absolute; for CONNECT, host and port. */
  readonly url: string;
  /** Request line, headers and body. */
  readonly bytes: Buffer;
}

/** Forwards to loopback only. */
export class Capture implements AsyncDisposable {
  readonly #server: Server;
  readonly #sent: CapturedRequest[] = [];

  private constructor(server: Server) {
    this.#server = server;
    server.on("request", (request, response) => void this.#pass(request, response));
    // tunnels and upgrades are recorded and closed
    for (const event of ["connect", "upgrade"])
      server.on(event, (request: IncomingMessage) => {
        this.#record(request, Buffer.alloc(0));
        request.socket.destroy();
      });
  }

  static async start(): Promise<Capture> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new Capture(server);
  }

  /** For a browser context whose requests are captured. */
  get options(): Pick<BrowserContextOptions, "proxy"> {
    const { port } = this.#server.address() as AddressInfo;
    return { proxy: { server: `http://127.0.0.1:${port}`, bypass: "<-loopback>" } };
  }

  /** Requests in the order of completion, without the first `from`. */
  sent(from = 0): readonly CapturedRequest[] {
    return this.#sent.slice(from);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  #record({ method = "", url = "", rawHeaders }: IncomingMessage, body: Buffer): void {
    const headers = rawHeaders.map((text, i) => (i % 2 === 0 ? `${text}: ` : `${text}\r\n`)).join("");
    const bytes = Buffer.concat([Buffer.from(`${method} ${url} HTTP/1.1\r\n${headers}\r\n`, "latin1"), body]);
    this.#sent.push({ method, url, bytes });
  }

  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body: Buffer[] = [];
    for await (const part of request) body.push(part as Buffer);
    this.#record(request, Buffer.concat(body));
    const target = URL.parse(request.url ?? "");
    if (target?.hostname !== "127.0.0.1") return void response.destroy();
    const { method, headers } = request;
    const passed = ask(target, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    passed.on("error", () => response.destroy());
    passed.end(Buffer.concat(body));
  }
}
