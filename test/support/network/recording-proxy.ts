/** Records and measures the HTTP traffic of a link, as a proxy that can be cut. */
import { createServer, request as httpRequest, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** One request and its answer. */
export interface Exchange {
  /** A JSON-RPC method, or an HTTP method and path. */
  readonly kind: string;
  /** Bytes of request and answer, head and body. */
  readonly sent: number;
  readonly received: number;
  readonly request: Buffer;
}

export class RecordingProxy implements AsyncDisposable {
  readonly name: string;
  readonly url: string;
  /** URL of the server; undefined = the link is cut. */
  target: string | undefined;
  readonly exchanges: Exchange[] = [];
  readonly #close: () => Promise<void>;

  private constructor(name: string, url: string, close: () => Promise<void>) {
    this.name = name;
    this.url = url;
    this.#close = close;
  }

  /** @param name of the link */
  static async start(name: string, target?: string): Promise<RecordingProxy> {
    const server = createServer((incoming, outgoing) => {
      proxy.#forward(incoming).then(
        ({ status, headers, body }) => outgoing.writeHead(status, headers).end(body),
        () => outgoing.writeHead(502).end(),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const proxy = new RecordingProxy(
      name,
      `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      async () => {
        const closed = new Promise((resolve) => server.close(resolve));
        server.closeAllConnections();
        await closed;
      },
    );
    proxy.target = target;
    return proxy;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }

  async #forward(
    incoming: IncomingMessage,
  ): Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: Buffer }> {
    const { method = "GET", url = "/", rawHeaders } = incoming;
    const body = await readAll(incoming);
    const { target } = this;
    if (target === undefined) throw new Error(`${this.name} leads nowhere`);
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const onward = httpRequest(new URL(url, target), {
        method,
        headers: { ...incoming.headers, host: new URL(target).host },
      });
      onward.on("response", resolve).on("error", reject).end(body);
    });
    const answered = await readAll(answer);
    this.exchanges.push({
      kind: kindOf(method, url, body),
      sent: `${method} ${url} HTTP/1.1`.length + headBytes(rawHeaders) + body.length,
      received: headBytes(answer.rawHeaders) + answered.length,
      request: Buffer.concat([Buffer.from(`${url} ${rawHeaders.join(" ")} `), body]),
    });
    return { status: answer.statusCode ?? 502, headers: answer.headers, body: answered };
  }
}

async function readAll(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function headBytes(rawHeaders: readonly string[]): number {
  return rawHeaders.reduce((sum, text) => sum + Buffer.byteLength(text) + 2, 2);
}

function kindOf(method: string, url: string, body: Buffer): string {
  const path = url.replace(/\?.*$/, "").replace(/\/\d+(?=\/|$)/g, "/…");
  if (path !== "/") return `${method} ${path}`;
  try {
    return (JSON.parse(body.toString("utf8")) as { method: string }).method;
  } catch {
    return `${method} ${path}`;
  }
}

export interface Traffic {
  readonly kind: string;
  readonly times: number;
  readonly sent: number;
  readonly received: number;
}

/** The traffic of a link by kind, most bytes sent first. */
export function byKind(exchanges: readonly Exchange[]): Traffic[] {
  const groups = [...Map.groupBy(exchanges, ({ kind }) => kind)];
  return groups
    .map(([kind, members]) => ({
      kind,
      times: members.length,
      sent: members.reduce((sum, { sent }) => sum + sent, 0),
      received: members.reduce((sum, { received }) => sum + received, 0),
    }))
    .sort((a, b) => b.sent - a.sent);
}

/** Bytes of each searched piece of a document. */
const PIECE = 24;

/**
 * Whether a piece of a document was sent: from its start, middle and end, raw, in hexadecimal, and in base64 at each of the
 * three alignments.
 */
export function carries(exchanges: readonly Exchange[], document: Uint8Array): boolean {
  const places = [0, Math.floor(document.length / 2), Math.max(0, document.length - PIECE - 2)];
  const pieces = places.flatMap((at) => formsOf(Buffer.from(document.subarray(at, at + PIECE + 2))));
  return exchanges.some(({ request }) => pieces.some((piece) => request.includes(piece)));
}

function formsOf(bytes: Buffer): Buffer[] {
  const piece = bytes.subarray(0, PIECE);
  const shifted = [0, 1, 2].map((shift) => bytes.subarray(shift, shift + PIECE).toString("base64"));
  return [piece, Buffer.from(piece.toString("hex")), ...shifted.map((text) => Buffer.from(text))];
}
