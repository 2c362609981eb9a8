import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Wallet } from "ethers";
import { pino } from "pino";
import { ageGate } from "../../src/anchor/gate.ts";
import { Reception, type Intake } from "../../src/anchor/intake.ts";
import type { Anchor } from "../../src/anchor/ports.ts";
import { Sender } from "../../src/anchor/sender.ts";
import { Governance } from "../../src/chain/registry/governance.ts";
import { RegistryReader } from "../../src/chain/registry/reader.ts";
import { JsonRpc } from "../../src/chain/rpc/rpc.ts";
import { LocalSigner } from "../../src/chain/keys/signer.ts";
import { readKey } from "../../src/chain/keys/signers.ts";
import { RegistrySubmitter } from "../../src/chain/registry/submitter.ts";
import type { Act } from "../../src/core/act.ts";
import type { Address } from "../../src/core/units.ts";
import { Indexer } from "../../src/indexer/indexer.ts";
import type { Database } from "../../src/store/sql/database.ts";
import { SqlIndexStore } from "../../src/store/index/index-store.ts";
import { SqlOutbox } from "../../src/store/outbox/outbox.ts";
import { SqlRegistryView } from "../../src/store/index/registry-view.ts";
import { TestClock } from "./clock.ts";
import { memoryDatabase } from "./database.ts";

export const CHAIN_ID = 31_337;
const SCENE = "enterprise-credit-report";

/** A chain that was started by a test. */
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
  readonly clock?: TestClock;
  /** Keys held here; those of the samples unless given. */
  readonly wallets?: readonly Wallet[];
  /** Where the sender finds the node; everything else uses the chain itself. */
  readonly through?: string;
}

/** Everything from the outbox to the index, on a chain of the test's, with a clock that stands still. */
export class Bench implements AsyncDisposable {
  readonly place: Place;
  readonly clock: TestClock;
  readonly db: Database;
  readonly outbox: SqlOutbox;
  readonly view: SqlRegistryView;
  readonly submitter: RegistrySubmitter;
  readonly sender: Sender;
  readonly reception: Reception;
  /** What was logged, with its fields. */
  readonly lines: Record<string, unknown>[] = [];
  readonly #finality: number;

  private constructor(place: Place, db: Database, options: BenchOptions) {
    const { clock = new TestClock(), through = place.url, maxGasPrice, heartbeat = 0 } = options;
    const signers = (options.wallets ?? place.hotKeys).map((wallet) => new LocalSigner(wallet));
    const log = pino(
      { level: "info" },
      { write: (line) => void this.lines.push(JSON.parse(line) as object as never) },
    );
    this.place = place;
    this.clock = clock;
    this.db = db;
    this.#finality = options.finality ?? 1;
    this.outbox = new SqlOutbox(db);
    this.view = new SqlRegistryView(db);
    const rpc = new JsonRpc(through, { timeout: 1_000 });
    this.submitter = new RegistrySubmitter(rpc, {
      registry: place.registry,
      chainId: CHAIN_ID,
      signers,
      maxGasPrice,
    });
    const shared = { outbox: this.outbox, registry: this.view, clock };
    this.sender = new Sender({
      ...shared,
      chain: this.submitter,
      grouping: { size: 2_000, age: 0 },
      resendAfter: 60,
      heartbeat,
      log,
      onSent: () => undefined,
    });
    this.reception = new Reception({
      ...shared,
      signers: this.submitter.signers,
      gates: [ageGate({ ...shared, limit: options.maxPendingAge ?? 3_600 })],
      onTaken: () => undefined,
    });
  }

  static async open(place: Place, options: BenchOptions = {}): Promise<Bench> {
    const bench = new Bench(place, await memoryDatabase(), options);
    await bench.sync();
    return bench;
  }

  /** Another one on the same outbox and index, as after a restart or with other settings. */
  reopened(options: BenchOptions): Bench {
    return new Bench(this.place, this.db, { clock: this.clock, finality: this.#finality, ...options });
  }

  /** Follows the chain, as a process does that has just started. */
  async sync(): Promise<void> {
    const { registry, url } = this.place;
    const chain = new RegistryReader(new JsonRpc(url), { registry, finality: this.#finality });
    const store = new SqlIndexStore(this.db);
    await new Indexer({ chain, store, clock: this.clock, log: pino({ level: "silent" }) }).sync();
  }

  async take(...names: string[]): Promise<Intake[]> {
    return await this.takeUntil(0, ...names);
  }

  async takeUntil(validUntil: number, ...names: string[]): Promise<Intake[]> {
    const documents = names.map((name) => {
      const bytes = Uint8Array.from(createHash("sha256").update(name).digest());
      return {
        payload: { algorithm: "sha256" as const, bytes, blinded: false },
        scene: SCENE,
        validUntil,
        reference: undefined,
      };
    });
    return await this.reception.takeDocuments(1, documents);
  }

  /** One step of the sender, and the index after it. @returns the fault of the step, if it had one */
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

  /** How often each document stands in the log, by what the chain itself says. */
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

  /** Nonce and state of every transaction, with how many attempts it had. */
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

  said(event: string): Record<string, unknown>[] {
    return this.lines.filter(({ msg }) => msg === event);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.db.destroy();
  }
}

/** One act by the key in a file of governance, such as `deployer.key`. */
export async function govern(
  place: Place,
  { folder, file }: { folder: string; file: string },
  act: Act,
): Promise<void> {
  const key = new LocalSigner(await readKey(join(folder, file)));
  const { registry, url } = place;
  await new Governance(new JsonRpc(url), { registry, chainId: CHAIN_ID, key }).execute(act);
}
