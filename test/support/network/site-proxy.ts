/** Serves a service under a path of another server, as a proxy of a site does, with the limits that a site has. */
import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";

/** What a proxy answers in place of the service. */
const HTML = "<html><head><title>Error</title></head><body>nginx</body></html>";

export class SiteProxy implements AsyncDisposable {
  /** Where the service is, with the path. */
  readonly url: string;
  /** URL of the service; undefined = it is away, which the proxy answers with 502. */
  target: string | undefined;
  readonly #close: () => Promise<void>;

  private constructor(url: string, close: () => Promise<void>) {
    this.url = url;
    this.#close = close;
  }

  /**
   * @param options.path such as `/hufu`
   * @param options.strips whether the service is asked without the path
   * @param options.largest bytes of a body; a larger one is answered with 413. Unlimited unless given
   */
  static async start(options: { path: string; strips: boolean; largest?: number }): Promise<SiteProxy> {
    const { path, strips, largest = Infinity } = options;
    const refusalOf = (url: string, length: number): number | undefined => {
      if (!url.startsWith(`${path}/`)) return 404;
      return length > largest ? 413 : undefined;
    };
    const server = createServer((incoming, outgoing) => {
      const { method = "GET", url = "", headers } = incoming;
      const refuse = (status: number): void =>
        void outgoing.writeHead(status, { "content-type": "text/html", connection: "close" }).end(HTML);
      const { target } = proxy;
      const refused = refusalOf(url, Number(headers["content-length"] ?? 0));
      if (refused !== undefined || target === undefined) {
        refuse(refused ?? 502);
        return;
      }
      const onward = httpRequest(new URL(strips ? url.slice(path.length) : url, target), {
        method,
        headers,
      });
      onward.on("error", () => refuse(502));
      onward.on("response", (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      incoming.pipe(onward);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const proxy = new SiteProxy(`http://127.0.0.1:${port}${path}`, async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    });
    return proxy;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }
}
