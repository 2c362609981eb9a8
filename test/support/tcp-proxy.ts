import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

/** What happens to bytes on their way. */
type Rule =
  | "pass"
  /** Nothing gets through either way; connections stay. */
  | "stall"
  /** What says `commit` gets to the server, or not, and the connection is cut before the answer. */
  | "cut-before-commit"
  | "cut-after-commit";

/** A TCP proxy on a free port whose connections can be stalled and cut. */
export class TcpProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #rule: Rule = "pass";
  /** Commits that were cut. */
  cuts = 0;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(port: number): Promise<TcpProxy> {
    const server = createServer();
    const proxy = new TcpProxy(server);
    server.on("connection", (client) => proxy.#join(client, connect(port, "127.0.0.1")));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** A URL of the server, by way of this proxy. */
  through(url: string): string {
    const other = new URL(url);
    other.port = String(this.port);
    return other.href;
  }

  set rule(rule: Rule) {
    this.#rule = rule;
    for (const socket of [...this.#pairs].flat()) {
      if (rule === "stall") socket.pause();
      else socket.resume();
    }
  }

  #join(client: Socket, server: Socket): void {
    const pair = [client, server] as const;
    this.#pairs.add(pair);
    let cutting = false;
    const cut = (): void => {
      client.destroy();
      server.destroy();
      this.#pairs.delete(pair);
    };
    for (const socket of pair) socket.on("error", cut).on("close", cut);
    if (this.#rule === "stall") for (const socket of pair) socket.pause();
    client.on("data", (bytes) => {
      if (this.#rule.endsWith("-commit") && bytes.includes("commit\0")) {
        this.cuts += 1;
        if (this.#rule === "cut-before-commit") {
          cut();
          return;
        }
        cutting = true;
      }
      server.write(bytes);
    });
    server.on("data", (bytes) => {
      if (cutting) cut();
      else client.write(bytes);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of [...this.#pairs].flat()) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }
}
