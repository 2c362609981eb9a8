/** Runs indexers through faulty nodes, and checks that no verdict is wrong. */
import { createHash } from "node:crypto";
import { expect } from "vitest";
import type { Call } from "../../../src/anchor/ports.ts";
import { RegistryReader } from "../../../src/chain/registry/reader.ts";
import { resume } from "../../../src/chain/registry/resume.ts";
import type { RetryLimits } from "../../../src/chain/rpc/endpoint.ts";
import { RpcPool, type PoolOptions } from "../../../src/chain/rpc/pool.ts";
import { CHAIN_PROFILES } from "../../../src/chain/rpc/profile.ts";
import { systemClock } from "../../../src/core/clock.ts";
import { isAppError, type ErrorCode } from "../../../src/core/errors.ts";
import type { Finality, Hash } from "../../../src/core/units.ts";
import type { Verdict } from "../../../src/verify/judge.ts";
import { startTestChain, type TestChain } from "../chain/embedded.ts";
import { TestClock } from "../clock.ts";
import { openTestDatabase } from "../store/database.ts";
import { recordLog, Stack, type StackOptions } from "./stack.ts";
import { anchorCall, documentGroup, submit, submitterAt } from "../chain/submit.ts";

/** Short waits for tests. */
export const QUICK: RetryLimits = {
  retries: 1,
  firstWait: 1,
  longestWait: 5,
  faults: 3,
  rest: 5,
  longestRest: 10,
  quarantine: 20,
  identityAge: 0,
};

const hashOf = (text: string): Hash => Uint8Array.from(createHash("sha256").update(text).digest());

/** A chain with a valid and a revoked document, and any number of indexes. */
export class FaultBench implements AsyncDisposable {
  readonly clock: TestClock;
  readonly chain: TestChain;

  private constructor(chain: TestChain, clock: TestClock) {
    this.chain = chain;
    this.clock = clock;
  }

  static async open(): Promise<FaultBench> {
    const clock = new TestClock();
    const bench = new FaultBench(await startTestChain({ clock }), clock);
    await bench.anchor("stands");
    await bench.anchor("revoked");
    await bench.#revoke("revoked");
    return bench;
  }

  /** Records a document directly on the chain. */
  async anchor(text: string): Promise<void> {
    await this.#record(anchorCall(documentGroup([hashOf(text)])));
  }

  /** Opens an index that reads through `urls`. */
  async follower(
    urls: readonly string[],
    options: {
      pool?: Partial<PoolOptions>;
      pinned?: boolean;
      finality?: Finality;
      profile?: "fisco-bcos";
    } = {},
  ): Promise<Follower> {
    const { pinned = true, finality = 1, profile = "ethereum" } = options;
    const recorded = recordLog();
    const limits = options.pool?.limits ?? QUICK;
    const request = { timeout: 5_000, ...options.pool?.request };
    const clock = options.pool?.clock ?? systemClock;
    const pool = new RpcPool(urls, { log: recorded.logger, clock, limits, request });
    const reading = { registry: this.chain.registry, finality, profile: CHAIN_PROFILES[profile] };
    const { chain } = pinned
      ? await started(() => resume(pool, { ...reading, known: undefined, onUnreachable: () => undefined }))
      : { chain: new RegistryReader(pool, reading) };
    const db = await openTestDatabase();
    return new Follower(pool, { db, chain, clock: this.clock, emptyBlocks: false, recorded });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.chain.close();
  }

  async #revoke(text: string): Promise<void> {
    await using follower = await this.follower([this.chain.url]);
    await follower.round();
    const index = await follower.indexOf(text);
    const document = await follower.view.prove(index);
    const change = { action: "revoke", reason: "issued-in-error", successor: undefined } as const;
    await this.#record({ kind: "status", document, ...change });
  }

  async #record(call: Call): Promise<void> {
    await submit(submitterAt(this.chain), { call });
  }
}

/** Repeats a start that exceeded the short timeout on a busy machine. */
async function started<T>(start: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await start();
    } catch (error) {
      if (tries === 5 || !isAppError(error, "RPC_UNAVAILABLE")) throw error;
    }
  }
}

/** An index that reads through a pool of nodes. */
export class Follower extends Stack<RegistryReader> {
  readonly pool: RpcPool;

  constructor(pool: RpcPool, options: StackOptions<RegistryReader>) {
    super(options);
    this.pool = pool;
  }

  /** Runs one round of the service's loop. @returns its error code, if any */
  async round(): Promise<ErrorCode | undefined> {
    try {
      await this.sync();
      return undefined;
    } catch (error) {
      if (!isAppError(error)) throw error;
      if (["RPC_INCONSISTENT", "HISTORY_UNAVAILABLE"].includes(error.code)) this.chain.distrust(error);
      return error.code;
    }
  }

  /** Runs rounds until one succeeds. @returns the error codes of the earlier ones */
  async through(most = 200): Promise<ErrorCode[]> {
    const faults: ErrorCode[] = [];
    for (let i = 0; i < most; i++) {
      const fault = await this.round();
      await this.isRight();
      if (fault === undefined) return faults;
      faults.push(fault);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    throw new Error(`no round succeeded: ${faults.slice(-3).join(", ")}`);
  }

  async verdict(text: string): Promise<string> {
    return (await this.#verify(text)).kind;
  }

  async indexOf(text: string): Promise<number> {
    const verdict = await this.#verify(text);
    if (!("document" in verdict)) throw new Error(`${text}: ${verdict.kind}`);
    return verdict.document.index;
  }

  async #verify(text: string): Promise<Verdict> {
    const payload = { algorithm: "sha256", bytes: hashOf(text), blinded: false } as const;
    return (await this.verifier.verify({ payloads: [payload] })).verdict;
  }

  /** Expects correct or indeterminate verdicts on known documents. */
  async isRight(): Promise<void> {
    expect(["valid", "indeterminate"]).toContain(await this.verdict("stands"));
    expect(["revoked", "indeterminate"]).toContain(await this.verdict("revoked"));
    expect(["not-found", "indeterminate"]).toContain(await this.verdict("never anchored"));
  }
}
