/** Starts several service processes on one PostgreSQL database. */
import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { announced } from "./announced.ts";
import type { ServiceConfig } from "../../../src/config.ts";
import type { Credentials } from "../../../src/files/credentials.ts";
import { startTestChain, type TestChain } from "../chain/embedded.ts";
import { startPostgres, type TestPostgres } from "../store/postgres.ts";
import { ask } from "./service.ts";
import { systemClock } from "../../../src/core/clock.ts";

const SERVE = join(import.meta.dirname, "serving-process.ts");
const CONFIG: Partial<ServiceConfig> = { pollInterval: 50, checkpointInterval: 50 };

/** A process of `hufu serve` with a data directory of its own. */
export interface Member {
  readonly credentials: Credentials;
  readonly child: ChildProcess;
  /** Ends it with SIGKILL. */
  kill(): Promise<void>;
}

/** Processes that share one PostgreSQL database and one chain, with the same hot keys. */
export class Cluster implements AsyncDisposable {
  readonly postgres: TestPostgres;
  readonly chain: TestChain;
  readonly #url: string;
  readonly #folder: string;
  /** File of the shared secret for hashing API keys. */
  readonly #secret: string;
  readonly members: Member[] = [];

  private constructor(parts: { postgres: TestPostgres; chain: TestChain; url: string }) {
    this.postgres = parts.postgres;
    this.chain = parts.chain;
    this.#url = parts.url;
    this.#folder = mkdtempSync(join(tmpdir(), "hufu-cluster-"));
    this.#secret = join(this.#folder, "api-keys.secret");
    writeFileSync(this.#secret, `${randomBytes(32).toString("hex")}\n`, { mode: 0o600 });
  }

  static async start(members: number): Promise<Cluster> {
    const postgres = await startPostgres();
    const chain = await startTestChain({ clock: systemClock });
    const cluster = new Cluster({ postgres, chain, url: await postgres.fresh({ migrated: false }) });
    const joined = await Promise.allSettled(Array.from({ length: members }, () => cluster.join()));
    const failed = joined.find((each) => each.status === "rejected");
    if (failed === undefined) return cluster;
    await cluster[Symbol.asyncDispose]();
    throw new Error("the cluster does not start", { cause: failed.reason });
  }

  /** Starts another process. */
  async join(): Promise<Member> {
    const data = mkdtempSync(join(this.#folder, "member-"));
    mkdirSync(join(data, "keys"), { mode: 0o700 });
    for (const [i, { privateKey }] of this.chain.hotKeys.entries())
      writeFileSync(join(data, "keys", `issuer${i}.key`), `${privateKey}\n`, { mode: 0o600 });
    const env = {
      PATH: process.env["PATH"] ?? "",
      HUFU_LISTEN: "127.0.0.1:0",
      HUFU_DATA_DIR: data,
      HUFU_DATABASE_URL: this.#url,
      HUFU_API_KEY_SECRET_FILE: this.#secret,
      HUFU_CHAIN_RPC_URL: this.chain.url,
      HUFU_REGISTRY_ADDRESS: this.chain.registry,
      HUFU_FINALITY: "1",
      HUFU_LOG_LEVEL: "fatal",
      HUFU_GROUP_AGE: "20",
    };
    const args = [SERVE, JSON.stringify(CONFIG)];
    const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "inherit"] });
    const kill = async (): Promise<void> => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    };
    if (!(await announced(child))) throw new Error("a process does not start");
    const credentials = JSON.parse(readFileSync(join(data, "credentials.json"), "utf8")) as Credentials;
    const member = { credentials, child, kill };
    this.members.push(member);
    return member;
  }

  /** Members that report the role of leader. */
  async leaders(): Promise<Member[]> {
    const roles = await Promise.all(this.members.map((member) => roleOf(member)));
    return this.members.filter((_, i) => roles[i] === "leader");
  }

  /** Waits until exactly one member reports it. */
  async leader(): Promise<Member> {
    for (let tries = 0; tries < 600; tries++) {
      const [leader, ...others] = await this.leaders();
      if (leader !== undefined && others.length === 0) return leader;
      await sleep(50);
    }
    throw new Error("no single leader");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.members.map((member) => member.kill()));
    await this.chain.close();
    await this.postgres.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function roleOf({ credentials }: Member): Promise<unknown> {
  const ready = await ask(`${credentials.server}/readyz`).catch(() => undefined);
  return (ready?.body["index"] as { role?: string } | undefined)?.role;
}

/** The digests of all documents of the log, with duplicates. */
export async function digestsOf({ server, keys }: Credentials): Promise<string[]> {
  const digests: string[] = [];
  for (let query = "limit=1000"; ;) {
    const { status, body } = await ask(`${server}/v1/entries?${query}`, { key: keys["auditor"] });
    if (status === 503) {
      await sleep(500); // the service is overloaded
      continue;
    }
    const { entries, next } = body as { entries: { digest?: string }[]; next?: string };
    digests.push(...entries.flatMap(({ digest }) => digest ?? []));
    if (next === undefined) return digests;
    query = `limit=1000&cursor=${next}`;
  }
}

/** Digests that are not in the log exactly once. */
export function notOnce(digests: Iterable<string>, listed: readonly string[]): string[] {
  const times = new Map<string, number>();
  for (const digest of listed) times.set(digest, (times.get(digest) ?? 0) + 1);
  return [...digests].filter((digest) => times.get(digest) !== 1);
}
