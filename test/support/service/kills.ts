/** Kills a service again and again, and checks that it loses nothing acknowledged. */
import { spawn, type ChildProcess } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { announced } from "./announced.ts";
import { JsonRpc } from "../../../src/chain/rpc/rpc.ts";
import { connect } from "../../../src/chain/registry/reader.ts";
import { toHex } from "../../../src/core/bytes.ts";
import { STEPS, type Step } from "../../../src/core/failpoint.ts";
import type { Address } from "../../../src/core/units.ts";
import type { Credentials } from "../../../src/files/credentials.ts";
import { randomFrom } from "../random.ts";
import { ask, type Answer } from "./service.ts";

const HUFU = join(import.meta.dirname, "../../../src/bin/hufu.js");
const DYING = join(import.meta.dirname, "dying-service.ts");
const SCENE = "enterprise-credit-report";
/** The latest time of a kill in milliseconds: during the start, and after it. */
const STARTING = 900;
const SERVING = 1_500;
/** One in this many is killed while it starts. */
const EARLY = 4;
/** Milliseconds after which a process is killed that has not reached its step. */
const OVERDUE = 15_000;
/** A step kills at one of its first passings. */
const PASSINGS = 6;
const WRITERS = 3;
/** The most polls of a writer for the final state, before it writes the next batch. */
const POLLS = 100;

/** The entry of an acknowledged document once it was final. */
interface FinalEntry {
  readonly index: unknown;
  readonly transaction: unknown;
  readonly block: unknown;
}

/** When a process is killed. */
type Kill =
  | { readonly kind: "starting" | "serving" }
  | { readonly kind: "step"; readonly step: Step; readonly passing: number };

export interface KillReport {
  readonly kills: number;
  /** Kills at each step; the others were at random moments. */
  readonly atSteps: Readonly<Partial<Record<Step, number>>>;
  readonly killedBeforeServing: number;
  readonly acknowledged: number;
  readonly seenFinalBeforeAKill: number;
  readonly rootsCompared: number;
}

/**
 * Repeatedly starts the service on the same data, writes to it without pause, and kills it with SIGKILL; then starts it once
 * more and compares its log with everything that it acknowledged.
 * @param options.at `random`: at random moments; `steps`: once at each failpoint; `both`: in turns
 * @param options.forge adds an acknowledgement that never happened: the comparison must fail
 */
export async function survivesKills(options: {
  kills: number;
  seed: number;
  at?: "random" | "steps" | "both";
  forge?: boolean;
}): Promise<KillReport> {
  const { kills, seed, at = "random", forge = false } = options;
  const folder = mkdtempSync(join(tmpdir(), "hufu-kills-"));
  const trial = new Trial(folder, seed);
  try {
    for (let i = 0; i < kills; i++) await trial.runAndKill(killOf(i, at, seed));
    if (forge) trial.forge();
    return await trial.compare(kills);
  } finally {
    await trial.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The i-th kill; with `both`, even ones are at steps. */
function killOf(i: number, at: "random" | "steps" | "both", seed: number): Kill {
  const n = at === "both" ? i >> 1 : i;
  if (at === "random" || (at === "both" && i % 2 === 1))
    return { kind: n % EARLY === EARLY - 1 ? "starting" : "serving" };
  const passing = at === "steps" ? 1 : 1 + Math.floor(randomFrom(seed + i)() * PASSINGS);
  const step = STEPS[n % STEPS.length];
  if (step === undefined) throw new RangeError("there are steps");
  return { kind: "step", step, passing };
}

class Trial {
  readonly #data: string;
  readonly #random: () => number;
  readonly #seed: number;
  /** Digest by anchor id. */
  readonly #acknowledged = new Map<string, string>();
  readonly #finalEntries = new Map<string, FinalEntry>();
  readonly #roots = new Map<number, string>();
  #made = 0;
  #killedBeforeServing = 0;
  readonly #atSteps: Partial<Record<Step, number>> = {};
  #child: ChildProcess | undefined;

  constructor(folder: string, seed: number) {
    this.#data = join(folder, "data");
    this.#seed = seed;
    this.#random = randomFrom(seed);
  }

  async runAndKill(plan: Kill): Promise<void> {
    const child = this.#start(plan);
    const exited = once(child, "exit");
    const cause = { outside: false };
    const kill = async (milliseconds: number): Promise<void> => {
      await Promise.race([sleep(milliseconds, undefined, { ref: false }), exited]);
      if (hasExited(child)) return;
      cause.outside = true;
      child.kill("SIGKILL");
    };
    const random = (within: number): number => Math.floor(this.#random() * within);
    const killed = plan.kind === "starting" ? kill(random(STARTING)) : undefined;
    const serving = await this.#serving(child);
    const killing = killed ?? kill(plan.kind === "step" ? OVERDUE : random(SERVING));
    if (serving === undefined) this.#killedBeforeServing += 1;
    else await Promise.all(Array.from({ length: WRITERS }, () => this.#write(serving, child)));
    await killing;
    await exited;
    if (plan.kind === "step" && !cause.outside && child.signalCode === "SIGKILL")
      this.#atSteps[plan.step] = (this.#atSteps[plan.step] ?? 0) + 1;
  }

  forge(): void {
    this.#acknowledged.set(randomUUID(), this.#digest());
  }

  /** Expects everything acknowledged in the log once, and final entries unchanged. */
  async compare(kills: number): Promise<KillReport> {
    const child = this.#start();
    const credentials = await this.#serving(child);
    if (credentials === undefined) throw new Error("the service does not start after the kills");
    const entries = await this.#settle(credentials);
    for (const [id, seen] of this.#finalEntries) expect({ id, ...entries.get(id) }).toEqual({ id, ...seen });
    const times = new Map<string, number>();
    for (const digest of await this.#listed(credentials)) times.set(digest, (times.get(digest) ?? 0) + 1);
    for (const digest of this.#acknowledged.values())
      expect([digest, times.get(digest)]).toEqual([digest, 1]);
    expect([...times.values()].every((count) => count === 1)).toBe(true);
    const chain = await connect(new JsonRpc(credentials.rpc), {
      registry: credentials.registry as Address,
      finality: 1,
    });
    for (const [size, root] of this.#roots) {
      const stored = await chain.rootAt(size);
      expect([size, stored === undefined ? undefined : toHex(stored)]).toEqual([size, root]);
    }
    return {
      kills,
      atSteps: this.#atSteps,
      killedBeforeServing: this.#killedBeforeServing,
      acknowledged: this.#acknowledged.size,
      seenFinalBeforeAKill: this.#finalEntries.size,
      rootsCompared: this.#roots.size,
    };
  }

  async end(): Promise<void> {
    const child = this.#child;
    if (child === undefined || hasExited(child)) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  }

  #start(plan?: Kill): ChildProcess {
    const env: Record<string, string> = {
      PATH: process.env["PATH"] ?? "",
      HUFU_LISTEN: "127.0.0.1:0",
      HUFU_DATA_DIR: this.#data,
      HUFU_LOG_LEVEL: "error",
      HUFU_GROUP_AGE: "20",
    };
    const atStep = plan?.kind === "step";
    if (atStep) env["DIE_AT"] = `${plan.step}:${plan.passing}`;
    this.#child = spawn(process.execPath, atStep ? [DYING] : [HUFU, "serve"], {
      env,
      stdio: ["ignore", "pipe", "inherit"],
    });
    return this.#child;
  }

  /** @returns undefined: the service ended before it was ready */
  async #serving(child: ChildProcess): Promise<Credentials | undefined> {
    if (!(await announced(child))) return undefined;
    return JSON.parse(readFileSync(join(this.#data, "credentials.json"), "utf8")) as Credentials;
  }

  /** Writes batches and polls their state, until the process has exited. */
  async #write({ server, keys }: Credentials, child: ChildProcess): Promise<void> {
    const key = keys["issuer"];
    try {
      while (!hasExited(child)) {
        const digests = Array.from({ length: 1 + Math.floor(this.#random() * 40) }, () => this.#digest());
        const documents = digests.map((digest) => ({ digest, scene: SCENE }));
        const { status, body } = await ask(`${server}/v1/anchors`, { key, body: { documents } });
        if (status !== 202) throw new Error(`HTTP ${status}`);
        const ids = (body["anchors"] as { id: string }[]).map(({ id }) => id);
        ids.forEach((id, i) => this.#acknowledged.set(id, digests[i] ?? ""));
        await this.#observeFinal(server, key, ids[0] ?? "");
      }
    } catch {
      return; // the service was killed under the request
    }
  }

  async #observeFinal(server: string, key: string | undefined, id: string): Promise<void> {
    for (let i = 0; i < POLLS; i++) {
      const { body } = await ask(`${server}/v1/anchors/${id}`, { key });
      if (body["state"] === "final") {
        this.#finalEntries.set(id, {
          index: body["index"],
          transaction: body["transaction"],
          block: body["block"],
        });
        const verified = await ask(`${server}/v1/verifications`, { body: { digest: body["digest"] } });
        const { treeSize, root } = verified.body["asOf"] as { treeSize: number; root: string };
        expect(verified.body["verdict"]).toBe("valid");
        this.#roots.set(treeSize, root);
        return;
      }
      await sleep(10);
    }
  }

  #digest(): string {
    return `sha256:${createHash("sha256").update(`${this.#seed}/${this.#made++}`).digest("hex")}`;
  }

  /** Waits until every acknowledged document is final. @returns their entries by anchor id */
  async #settle({ server, keys }: Credentials): Promise<Map<string, FinalEntry>> {
    const key = keys["issuer"];
    const entries = new Map<string, FinalEntry>();
    for (const [id, digest] of this.#acknowledged) {
      let body: Record<string, unknown> = {};
      for (let i = 0; i < 600 && body["state"] !== "final"; i++) {
        if (i > 0) await sleep(50);
        const answer = await read(`${server}/v1/anchors/${id}`, { key });
        body = answer.body;
        if (answer.status === 404) break;
      }
      expect({ id, state: body["state"], digest: body["digest"] }).toEqual({ id, state: "final", digest });
      entries.set(id, { index: body["index"], transaction: body["transaction"], block: body["block"] });
    }
    return entries;
  }

  /** The digest of every document of the log. */
  async #listed({ server, keys }: Credentials): Promise<string[]> {
    const digests: string[] = [];
    for (let query = "limit=1000"; ;) {
      const { body } = await read(`${server}/v1/entries?${query}`, { key: keys["auditor"] });
      const { entries, next } = body as { entries: { digest?: string }[]; next?: string };
      digests.push(...entries.flatMap(({ digest }) => digest ?? []));
      if (next === undefined) return digests;
      query = `limit=1000&cursor=${next}`;
    }
  }
}

/**
 * Repeats failed requests to a running service: the pool may still hold connections to a killed process on the same port,
 * and their first use fails.
 */
async function read(...request: Parameters<typeof ask>): Promise<Answer> {
  for (let tries = 0; ; tries++) {
    try {
      return await ask(...request);
    } catch (error) {
      if (tries === WRITERS) throw error;
    }
  }
}

function hasExited({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
