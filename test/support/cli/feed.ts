/** Runs feeds of `hufu anchor` against a service that can be killed. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parse } from "csv-parse/sync";
import PDFDocument from "pdfkit";
import { announced } from "../service/announced.ts";
import type { Credentials } from "../../../src/files/credentials.ts";
import { digestsOf } from "../service/cluster.ts";
import { ask } from "../service/service.ts";

const HUFU = join(import.meta.dirname, "../../../src/bin/hufu.js");

/** A row of a feed's results, by column. */
export type ResultRow = Readonly<Record<string, string>>;

/** Parses the results with an independent CSV reader. @throws Error where a row has more or fewer cells than the header */
export function readResults(path: string): ResultRow[] {
  return parse(readFileSync(path), { columns: true, bom: true });
}

/** A PDF of one page; the same text gives the same bytes. */
export async function smallPdf(text: string): Promise<Buffer> {
  const made = new Date(Date.UTC(2026, 0, 1));
  const pdf = new PDFDocument({ size: "A6", info: { Title: text, CreationDate: made, ModDate: made } });
  const chunks: Buffer[] = [];
  pdf.on("data", (chunk: Buffer) => chunks.push(chunk));
  const ended = once(pdf, "end");
  pdf.text(text).end();
  await ended;
  return Buffer.concat(chunks);
}

/** A service in a process of its own, which restarts on the same port with the same data. */
export class KillableService {
  readonly #data: string;
  #child: ChildProcess | undefined;
  #listen = "127.0.0.1:0";

  /** @param data its data directory, where the command line finds its credentials */
  constructor(data: string) {
    this.#data = data;
  }

  get credentials(): Credentials {
    return JSON.parse(readFileSync(join(this.#data, "credentials.json"), "utf8")) as Credentials;
  }

  async start(): Promise<void> {
    const env = {
      PATH: process.env["PATH"] ?? "",
      HUFU_LISTEN: this.#listen,
      HUFU_DATA_DIR: this.#data,
      HUFU_LOG_LEVEL: "error",
      HUFU_GROUP_AGE: "10",
    };
    this.#child = spawn(process.execPath, [HUFU, "serve"], { env, stdio: ["ignore", "pipe", "inherit"] });
    if (!(await announced(this.#child))) throw new Error("the service ended while it started");
    this.#listen = new URL(this.credentials.server).host;
  }

  /** Ends it with SIGKILL. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  }

  /** Digests of all documents of the log, with duplicates. */
  async documents(): Promise<string[]> {
    return await digestsOf(this.credentials);
  }

  /** Waits until the log has this many entries. */
  async recorded(entries: number): Promise<void> {
    const { server } = this.credentials;
    for (;;) {
      const { body } = await ask(`${server}/readyz`);
      if (((body["index"] as { treeSize: number } | undefined)?.treeSize ?? 0) >= entries) return;
      await sleep(10);
    }
  }
}

/** An answer of a proxy instead of the service's; `silence` = the request is forwarded, and its answer is lost. */
export type Substitute = { readonly status: number; readonly headers?: Record<string, string> } | "silence";

/** A proxy between a feed and a service, which replaces some answers. */
export class FeedProxy implements Disposable {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @param instead replaces the answer to the n-th batch, from 1; undefined = not replaced */
  static async start(
    service: KillableService,
    instead: (batch: number) => Substitute | undefined,
  ): Promise<FeedProxy> {
    let batches = 0;
    const server = createServer((request, response) => {
      void (async () => {
        const chunks: Buffer[] = [];
        for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
        const isBatch = request.method === "POST";
        const other = isBatch ? instead(++batches) : undefined;
        if (other !== undefined && other !== "silence") {
          response.writeHead(other.status, other.headers).end("<h1>later</h1>");
          return;
        }
        const { server: url, keys } = service.credentials;
        const answer = await fetch(`${url}${request.url ?? ""}`, {
          method: request.method ?? "GET",
          headers: { "content-type": "application/json", authorization: `Bearer ${keys["issuer"] ?? ""}` },
          ...(isBatch ? { body: Buffer.concat(chunks) } : {}),
        });
        const text = await answer.text();
        if (other === undefined)
          response.writeHead(answer.status, { "content-type": "application/json" }).end(text);
      })();
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new FeedProxy(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  [Symbol.dispose](): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

export interface RunningFeed {
  readonly child: ChildProcess;
  /** Exit code, or the signal that ended it, and its output. */
  readonly ended: Promise<{ end: number | NodeJS.Signals | null; stderr: string; stdout: string }>;
}

/** Starts `hufu anchor` in a process of its own. */
export function startFeed(
  args: readonly string[],
  { data, cwd, input, saltDir }: { data: string; cwd: string; input?: string; saltDir?: string },
): RunningFeed {
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: cwd,
    LANG: "C",
    HUFU_DATA_DIR: data,
    ...(saltDir === undefined ? {} : { HUFU_SALT_DIR: saltDir }),
  };
  const child = spawn(process.execPath, [HUFU, "anchor", ...args], { env, cwd });
  let [stderr, stdout] = ["", ""];
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stdin.on("error", () => undefined).end(input ?? "");
  const ended = once(child, "close").then(() => ({
    end: child.exitCode ?? child.signalCode,
    stderr,
    stdout,
  }));
  return { child, ended };
}
