import { createHash } from "node:crypto";
import { pino } from "pino";
import { expect } from "vitest";
import type { Patience } from "../../src/chain/rpc/endpoint.ts";
import { RpcPool, type PoolOptions } from "../../src/chain/rpc/pool.ts";
import { CHAIN_PROFILES } from "../../src/chain/rpc/profile.ts";
import { RegistryReader, type Finality } from "../../src/chain/registry/reader.ts";
import { resume } from "../../src/chain/registry/resume.ts";
import { toAddress } from "../../src/chain/registry/registry.ts";
import { LocalSigner } from "../../src/chain/keys/signer.ts";
import { RegistrySubmitter } from "../../src/chain/registry/submitter.ts";
import { systemClock } from "../../src/core/clock.ts";
import { isAppError, type ErrorCode } from "../../src/core/errors.ts";
import type { Hash } from "../../src/core/units.ts";
import { Indexer } from "../../src/indexer/indexer.ts";
import { SqlEvidenceSource } from "../../src/store/index/evidence.ts";
import { SqlIndexStore } from "../../src/store/index/index-store.ts";
import { SqlRegistryView } from "../../src/store/index/registry-view.ts";
import { Verifier } from "../../src/verify/verifier.ts";
import { TestClock } from "./clock.ts";
import { dumpIndex, memoryDatabase } from "./database.ts";
import { startTestChain, type TestChain } from "./chain.ts";

const CHAIN_ID = 31_337;
const MAX_LAG = 600;

/** Short, so that a test waits for nothing. */
export const QUICK: Patience = {
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

/** A chain on which one document stands and one is revoked, with any number of indexes of it. */
export class FaultBench implements AsyncDisposable {
  readonly clock: TestClock;
  readonly chain: TestChain;
  #nonce = 0;

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

  /** Records a document straight at the chain. */
  async anchor(text: string): Promise<void> {
    const [wallet] = this.chain.hotKeys;
    const { rpc, registry } = this.chain;
    const submitter = new RegistrySubmitter(rpc, {
      registry,
      chainId: CHAIN_ID,
      signers: [new LocalSigner(wallet)],
    });
    const group = { algorithm: "sha256", blinded: false, validUntil: 0, scene: 1 } as const;
    const call = { kind: "anchor", groups: [{ ...group, payloads: [hashOf(text)] }] } as const;
    const signer = toAddress(wallet.address);
    await submitter.broadcast(await submitter.sign({ signer, nonce: this.#nonce++, call }));
  }

  /** An index that reads through `urls`, and what it answers. */
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
    const lines: Record<string, unknown>[] = [];
    const log = pino({ level: "debug" }, { write: (line) => void lines.push(JSON.parse(line) as never) });
    const patience = options.pool?.patience ?? QUICK;
    const request = { timeout: 5_000, ...options.pool?.request };
    const clock = options.pool?.clock ?? systemClock;
    const pool = new RpcPool(urls, { log, clock, patience, request });
    const reading = { registry: this.chain.registry, finality, profile: CHAIN_PROFILES[profile] };
    const { chain } = pinned
      ? await started(() => resume(pool, { ...reading, known: undefined, away: () => undefined }))
      : { chain: new RegistryReader(pool, reading) };
    return new Follower({ db: await memoryDatabase(), pool, chain, clock: this.clock, lines });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.chain.close();
  }

  async #revoke(text: string): Promise<void> {
    await using follower = await this.follower([this.chain.url]);
    await follower.round();
    const index = await follower.indexOf(text);
    const document = await new SqlRegistryView(follower.db).prove(index);
    const [wallet] = this.chain.hotKeys;
    const { rpc, registry } = this.chain;
    const submitter = new RegistrySubmitter(rpc, {
      registry,
      chainId: CHAIN_ID,
      signers: [new LocalSigner(wallet)],
    });
    const call = {
      kind: "status",
      document,
      action: "revoke",
      reason: "issued-in-error",
      successor: undefined,
    } as const;
    const signer = toAddress(wallet.address);
    await submitter.broadcast(await submitter.sign({ signer, nonce: this.#nonce++, call }));
  }
}

/** A start that a busy machine has made too late for a short time-out is made again. */
async function started<T>(start: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await start();
    } catch (error) {
      if (tries === 5 || !isAppError(error, "RPC_UNAVAILABLE")) throw error;
    }
  }
}

/** An index of its own, read through a pool of nodes. */
export class Follower implements AsyncDisposable {
  readonly db: Awaited<ReturnType<typeof memoryDatabase>>;
  readonly pool: RpcPool;
  readonly indexer: Indexer;
  /** What was logged. */
  readonly lines: readonly Record<string, unknown>[];
  readonly #chain: RegistryReader;
  readonly #verifier: Verifier;

  constructor(parts: {
    db: Awaited<ReturnType<typeof memoryDatabase>>;
    pool: RpcPool;
    chain: RegistryReader;
    clock: TestClock;
    lines: readonly Record<string, unknown>[];
  }) {
    const { db, pool, chain, clock, lines } = parts;
    this.db = db;
    this.pool = pool;
    this.lines = lines;
    this.#chain = chain;
    const log = pino({ level: "silent" });
    this.indexer = new Indexer({ chain, store: new SqlIndexStore(db), clock, log });
    this.#verifier = new Verifier({
      source: new SqlEvidenceSource(db),
      clock,
      policy: { maxLag: MAX_LAG, emptyBlocks: false },
    });
  }

  /** The code of what puts the index in doubt. */
  async doubt(): Promise<ErrorCode | undefined> {
    return (await new SqlIndexStore(this.db).doubt())?.code;
  }

  /** One round of the service's loop. @returns the fault, if there was one */
  async round(): Promise<ErrorCode | undefined> {
    try {
      await this.indexer.sync();
      return undefined;
    } catch (error) {
      if (!isAppError(error)) throw error;
      if (["RPC_INCONSISTENT", "HISTORY_UNAVAILABLE"].includes(error.code)) this.#chain.distrust(error);
      return error.code;
    }
  }

  /** Rounds until one succeeds; the faults of those before. */
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
    const { verdict } = await this.#verifier.verify({
      payloads: [{ algorithm: "sha256", bytes: hashOf(text), blinded: false }],
    });
    return verdict.kind;
  }

  async indexOf(text: string): Promise<number> {
    const { verdict } = await this.#verifier.verify({
      payloads: [{ algorithm: "sha256", bytes: hashOf(text), blinded: false }],
    });
    if (!("document" in verdict)) throw new Error(`${text}: ${verdict.kind}`);
    return verdict.document.index;
  }

  /** No answer about what is known says anything that is not so. */
  async isRight(): Promise<void> {
    expect(["valid", "indeterminate"]).toContain(await this.verdict("stands"));
    expect(["revoked", "indeterminate"]).toContain(await this.verdict("revoked"));
    expect(["not-found", "indeterminate"]).toContain(await this.verdict("never anchored"));
  }

  async dump(): Promise<unknown> {
    return await dumpIndex(this.db);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.db.destroy();
  }
}
