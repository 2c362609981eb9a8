/** Starts `hufu serve` in a process of its own, and writes documents to it. */
import { spawn, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { announced } from "./announced.ts";
import type { ServiceConfig } from "../../../src/config.ts";
import type { Credentials } from "../../../src/files/credentials.ts";
import { ask, type Answer } from "./service.ts";

const HUFU = join(import.meta.dirname, "../../../src/bin/hufu.js");
const SERVE = join(import.meta.dirname, "serving-process.ts");
const SCENE = "enterprise-credit-report";

export class Serving {
  readonly child: ChildProcess;
  readonly credentials: Credentials;
  readonly #stderr: string[];

  private constructor(child: ChildProcess, credentials: Credentials, stderr: string[]) {
    this.child = child;
    this.credentials = credentials;
    this.#stderr = stderr;
  }

  /** @param config overrides members of the configuration that are not settings */
  static async start(
    dataDir: string,
    settings: Record<string, string> = {},
    config?: Partial<ServiceConfig>,
  ): Promise<Serving> {
    const env = {
      PATH: process.env["PATH"] ?? "",
      HUFU_LISTEN: "127.0.0.1:0",
      HUFU_DATA_DIR: dataDir,
      HUFU_LOG_LEVEL: "warn",
      HUFU_GROUP_AGE: "20",
      ...settings,
    };
    const args = config === undefined ? [HUFU, "serve"] : [SERVE, JSON.stringify(config)];
    const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    const stderr: string[] = [];
    child.stderr.setEncoding("utf8").on("data", (text: string) => stderr.push(text));
    if (!(await announced(child))) throw new Error(`the service did not start: ${stderr.join("")}`);
    const credentials = JSON.parse(readFileSync(join(dataDir, "credentials.json"), "utf8")) as Credentials;
    return new Serving(child, credentials, stderr);
  }

  get url(): string {
    return this.credentials.server;
  }

  /** Its output on stderr so far. */
  get log(): string {
    return this.#stderr.join("");
  }

  get isGone(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Its exit code, or the signal that ended it. */
  async gone(): Promise<number | NodeJS.Signals | null> {
    if (!this.isGone) await once(this.child, "exit");
    return this.child.exitCode ?? this.child.signalCode;
  }

  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<number | NodeJS.Signals | null> {
    if (!this.isGone) this.child.kill(signal);
    return await this.gone();
  }
}

/** Writes documents to successive services on the same data, and records their acknowledgements. */
export class Writer {
  readonly #seed: string;
  /** Digest by anchor id. */
  readonly acknowledged = new Map<string, string>();
  /** Counts by error code; "gone" = no answer. */
  readonly refusals = new Map<string, number>();
  readonly verdicts = new Map<string, number>();
  #made = 0;

  constructor(seed: string) {
    this.#seed = seed;
  }

  /** Writes one batch. @returns whether it was acknowledged */
  async write({ credentials }: Serving, count = 20): Promise<boolean> {
    const digests = Array.from({ length: count }, () => this.#digest());
    const documents = digests.map((digest) => ({ digest, scene: SCENE, reference: "R".repeat(100) }));
    const options = { key: credentials.keys["issuer"], body: { documents } };
    const answer = await ask(`${credentials.server}/v1/anchors`, options).catch(() => undefined);
    if (answer?.status === 202) {
      const ids = (answer.body["anchors"] as { id: string }[]).map(({ id }) => id);
      ids.forEach((id, i) => this.acknowledged.set(id, digests[i] ?? ""));
      return true;
    }
    increment(this.refusals, answer === undefined ? "gone" : String(answer.body["code"]));
    return false;
  }

  /** Expects this verdict, `indeterminate` or no answer. */
  async verify({ url }: Serving, digest: string, expected: string): Promise<void> {
    const answer = await ask(`${url}/v1/verifications`, { body: { digest } }).catch(() => undefined);
    const verdict = answer === undefined ? "gone" : String(answer.body["verdict"]);
    increment(this.verdicts, verdict);
    expect([expected, "indeterminate", "gone"]).toContain(verdict);
  }

  /** Expects that everything acknowledged becomes final and is in the log once. */
  async expectRecorded(serving: Serving): Promise<void> {
    for (const [id, digest] of this.acknowledged) {
      const body = await this.#final(serving, id);
      expect({ id, state: body["state"], digest: body["digest"] }).toEqual({ id, state: "final", digest });
    }
    const times = new Map<string, number>();
    for (const digest of await listed(serving)) increment(times, digest);
    for (const digest of this.acknowledged.values()) expect([digest, times.get(digest)]).toEqual([digest, 1]);
    expect([...times.values()].every((count) => count === 1)).toBe(true);
  }

  async #final({ url, credentials }: Serving, id: string): Promise<Answer["body"]> {
    let body: Answer["body"] = {};
    for (let i = 0; i < 600 && body["state"] !== "final"; i++) {
      if (i > 0) await sleep(50);
      body = (await ask(`${url}/v1/anchors/${id}`, { key: credentials.keys["issuer"] })).body;
    }
    return body;
  }

  #digest(): string {
    return `sha256:${createHash("sha256").update(`${this.#seed}/${this.#made++}`).digest("hex")}`;
  }
}

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** The digest of every document of the log. */
async function listed({ url, credentials }: Serving): Promise<string[]> {
  const digests: string[] = [];
  for (let query = "limit=1000"; ;) {
    const { body } = await ask(`${url}/v1/entries?${query}`, { key: credentials.keys["auditor"] });
    const { entries, next } = body as { entries: { digest?: string }[]; next?: string };
    digests.push(...entries.flatMap(({ digest }) => digest ?? []));
    if (next === undefined) return digests;
    query = `limit=1000&cursor=${next}`;
  }
}
