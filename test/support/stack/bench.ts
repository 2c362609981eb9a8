/** Runs intake, sender and indexer on a chain of the test, with a test clock. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Wallet } from "ethers";
import { ageGate } from "../../../src/anchor/gate.ts";
import { Intake, type IntakeResult } from "../../../src/anchor/intake.ts";
import type { Grouping } from "../../../src/anchor/plan.ts";
import type { Anchor, Submitter } from "../../../src/anchor/ports.ts";
import { Sender } from "../../../src/anchor/sender.ts";
import { LocalSigner } from "../../../src/chain/keys/signer.ts";
import { readKey } from "../../../src/chain/keys/signers.ts";
import { Governance } from "../../../src/chain/registry/governance.ts";
import { RegistryReader } from "../../../src/chain/registry/reader.ts";
import { JsonRpc, quantity } from "../../../src/chain/rpc/rpc.ts";
import type { Act } from "../../../src/core/act.ts";
import type { Address } from "../../../src/core/units.ts";
import type { Database } from "../../../src/store/sql/database.ts";
import { TestClock } from "../clock.ts";
import { openTestDatabase } from "../store/database.ts";
import { Stack } from "./stack.ts";
import { CHAIN_ID, submitterAt } from "../chain/submit.ts";

const SCENE = "enterprise-credit-report";

interface Place {
  readonly url: string;
  readonly registry: Address;
  readonly hotKeys: readonly [Wallet, Wallet];
}

export interface BenchOptions {
  readonly finality?: number;
  readonly maxGasPrice?: bigint;
  readonly heartbeat?: number;
  /** Seconds. */
  readonly maxPendingAge?: number;
  readonly grouping?: Grouping;
  readonly clock?: TestClock;
  /** Hot keys, by default those of the samples. */
  readonly wallets?: readonly [Wallet, ...Wallet[]];
  /** URL of the node for the sender; all other parts use the chain directly. */
  readonly through?: string;
  /** Replaces the submitter of the hot keys. */
  readonly submitter?: Submitter;
}

export class Bench extends Stack {
  readonly place: Place;
  readonly submitter: Submitter;
  readonly sender: Sender;
  readonly intake: Intake;
  /** Nonce of the first transaction that the first hot key has left. */
  readonly firstNonce: number;
  readonly #finality: number;

  private constructor(
    place: Place,
    db: Database,
    { firstNonce, ...options }: BenchOptions & { firstNonce: number },
  ) {
    const { through = place.url, finality = 1, wallets: hotKeys = place.hotKeys, maxGasPrice } = options;
    const { clock = new TestClock(), grouping = { size: 2_000, age: 0 }, heartbeat = 0 } = options;
    super({ db, clock, chain: readerAt(place, finality) });
    this.place = place;
    this.firstNonce = firstNonce;
    this.#finality = finality;
    const rpc = new JsonRpc(through, { timeout: 1_000 });
    const { registry } = place;
    this.submitter = options.submitter ?? submitterAt({ rpc, registry, hotKeys, maxGasPrice });
    const shared = { outbox: this.outbox, registry: this.view, clock, onSent: () => undefined };
    this.sender = new Sender({
      ...shared,
      chain: this.submitter,
      grouping,
      resendAfter: 60,
      heartbeat,
      log: this.logger,
    });
    this.intake = new Intake({
      ...shared,
      signers: this.submitter.signers,
      gates: [ageGate({ ...shared, limit: options.maxPendingAge ?? 3_600 })],
      onTaken: () => undefined,
    });
  }

  static async open(place: Place, options: BenchOptions = {}): Promise<Bench> {
    const [{ address }] = options.wallets ?? place.hotKeys;
    const firstNonce = await new JsonRpc(place.url).request(
      "eth_getTransactionCount",
      [address, "latest"],
      quantity,
    );
    const bench = new Bench(place, await openTestDatabase(), { ...options, firstNonce });
    await bench.sync();
    return bench;
  }

  /** A new bench on the same outbox and index, as after a restart or with other settings. */
  reopened(options: BenchOptions): Bench {
    const same = { clock: this.clock, finality: this.#finality, firstNonce: this.firstNonce };
    return new Bench(this.place, this.db, { ...same, ...options });
  }

  /** Indexes the chain like a process that has just started. */
  override async sync(): Promise<void> {
    await this.restarted(readerAt(this.place, this.#finality)).sync();
  }

  async take(...names: string[]): Promise<IntakeResult[]> {
    return await this.takeUntil(0, ...names);
  }

  async takeUntil(validUntil: number, ...names: string[]): Promise<IntakeResult[]> {
    const documents = names.map((name) => {
      const bytes = Uint8Array.from(createHash("sha256").update(name).digest());
      return {
        payload: { algorithm: "sha256" as const, bytes, blinded: false },
        scene: SCENE,
        validUntil,
        reference: undefined,
      };
    });
    return await this.intake.takeDocuments(1, documents);
  }

  /** Runs one step of the sender, then the indexer. @returns the error of the step, if any */
  async step(): Promise<unknown> {
    const fault = await this.sender.step().then(
      () => undefined,
      (error: unknown) => error,
    );
    await this.sync();
    return fault;
  }

  /** Steps until everything is final or failed; `between` runs after each. */
  async settle(between: () => Promise<unknown> = () => Promise.resolve()): Promise<void> {
    for (let i = 0; i < 40 && (await this.outbox.pending()).count > 0; i++) {
      await this.step();
      await between();
      await this.sync();
    }
    await this.step();
  }

  async anchors(): Promise<Anchor[]> {
    const ids = await this.db.selectFrom("anchor").select("id").orderBy("position").execute();
    return await this.outbox.anchors(ids.map(({ id }) => id));
  }

  async states(): Promise<string[]> {
    return (await this.anchors()).map(({ state }) => state);
  }

  /** Counts of each document in the log. */
  async timesRecorded(): Promise<number[]> {
    await this.sync();
    const rows = await this.db
      .selectFrom("entry")
      .select(({ fn }) => fn.countAll<number>().as("times"))
      .where("kind", "=", 1)
      .groupBy("payload")
      .execute();
    return rows.map(({ times }) => times);
  }

  async transactions(): Promise<[nonce: number, state: string, attempts: number][]> {
    const rows = await this.db
      .selectFrom("chain_transaction")
      .innerJoin("chain_attempt", "chain_attempt.transaction_hash", "chain_transaction.hash")
      .select(({ fn }) => ["nonce", "state", fn.countAll<number>().as("attempts")])
      .groupBy(["chain_transaction.hash", "nonce", "state"])
      .orderBy("nonce")
      .execute();
    return rows.map(({ nonce, state, attempts }) => [nonce, state, attempts]);
  }
}

function readerAt({ url, registry }: Place, finality: number): RegistryReader {
  return new RegistryReader(new JsonRpc(url), { registry, finality });
}

/** Executes one act with a key, or with a governance key file, such as `deployer.key`. */
export async function govern(
  place: Place,
  by: Wallet | { readonly folder: string; readonly file: string },
  act: Act,
): Promise<void> {
  const key = new LocalSigner("file" in by ? await readKey(join(by.folder, by.file)) : by);
  const { registry, url } = place;
  await new Governance(new JsonRpc(url), { registry, chainId: CHAIN_ID, key }).execute(act);
}
