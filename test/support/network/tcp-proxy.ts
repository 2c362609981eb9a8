import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

/** What happens to bytes on their way. */
type Rule =
  | "pass"
  /** Nothing gets through either way; connections stay. */
  | "stall"
  /** Nobody gets in, and whoever is in is cut. */
  | "refuse"
  /** What says `commit` gets to the server, or not, and the connection is cut before the answer. */
  | "cut-before-commit"
  | "cut-after-commit"
  /** What says `commit` gets to the server, and all of the answer but its last byte gets back. */
  | "halt-after-commit";

/** A TCP proxy on a free port whose connections can be stalled and cut. */
export class TcpProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  readonly #commit: string;
  #rule: Rule = "pass";
  /** Port of the server, which may come back on another. */
  target: number;
  /** Commits that pass before the rule is for them. */
  spared = 0;
  /** Commits that were cut. */
  cuts = 0;

  private constructor(server: Server, target: number, commit: string) {
    this.#server = server;
    this.target = target;
    this.#commit = commit;
  }

  /** @param commit bytes by which a commit is known: those of PostgreSQL's protocol, unless others are given */
  static async start(port: number, commit = "commit\0"): Promise<TcpProxy> {
    const server = createServer();
    const proxy = new TcpProxy(server, port, commit);
    server.on("connection", (client) => proxy.#join(client, connect(proxy.target, "127.0.0.1")));
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
    if (rule === "refuse") this.cut();
    for (const socket of [...this.#pairs].flat()) {
      if (rule === "stall") socket.pause();
      else socket.resume();
    }
  }

  /** Ends every connection by a reset. */
  cut(): void {
    for (const socket of [...this.#pairs].flat()) socket.resetAndDestroy();
  }

  #join(client: Socket, server: Socket): void {
    const pair = [client, server] as const;
    this.#pairs.add(pair);
    let answering: Rule = "pass";
    const cut = (): void => {
      client.destroy();
      server.destroy();
      this.#pairs.delete(pair);
    };
    for (const socket of pair) socket.on("error", cut).on("close", cut);
    if (this.#rule === "refuse") cut();
    if (this.#rule === "stall") for (const socket of pair) socket.pause();
    client.on("data", (bytes) => {
      if (this.#rule.endsWith("-commit") && bytes.includes(this.#commit) && this.spared-- <= 0) {
        this.cuts += 1;
        if (this.#rule === "cut-before-commit") {
          cut();
          return;
        }
        answering = this.#rule;
      }
      server.write(bytes);
    });
    server.on("data", (bytes) => {
      if (answering === "cut-after-commit") cut();
      else client.write(answering === "pass" ? bytes : bytes.subarray(0, -1));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of [...this.#pairs].flat()) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }
}
