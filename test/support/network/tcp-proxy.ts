/** Stalls and cuts TCP connections, as a proxy on a free port. */
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

type Rule =
  | "pass"
  /** No bytes are forwarded; connections stay open. */
  | "stall"
  /** New and existing connections are closed. */
  | "refuse"
  /** The connection is cut before a commit is forwarded, or before its answer is. */
  | "cut-before-commit"
  | "cut-after-commit"
  /** A commit is forwarded, and its answer without the last byte. */
  | "halt-after-commit";

export class TcpProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  readonly #commit: string;
  #rule: Rule = "pass";
  /** Port of the server; may be changed after a restart. */
  target: number;
  /** Commits that are still forwarded before the rule applies. */
  spared = 0;
  /** Commits that were cut. */
  cuts = 0;

  private constructor(server: Server, target: number, commit: string) {
    this.#server = server;
    this.target = target;
    this.#commit = commit;
  }

  /** @param commit bytes that mark a commit, by default those of PostgreSQL's protocol */
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

  /** Replaces the port of a URL by that of this proxy. */
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

  /** Resets every connection. */
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
