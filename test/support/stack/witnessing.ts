/** Runs operators that index a model chain, sign its checkpoints and cosign those of others. */
import { Collector } from "../../../src/attest/collector.ts";
import { Publisher } from "../../../src/attest/publisher.ts";
import type { FinalLog, RemoteWitness, WitnessAnswer } from "../../../src/attest/ports.ts";
import { SplitWatch } from "../../../src/attest/splits.ts";
import { Witness } from "../../../src/attest/witness.ts";
import type { Operator } from "../../../src/core/directory.ts";
import { isAppError } from "../../../src/core/errors.ts";
import { originOf } from "../../../src/log/checkpoint.ts";
import type { VerifierKey } from "../../../src/log/note.ts";
import type { Database } from "../../../src/store/sql/database.ts";
import { SqlFinalLog } from "../../../src/store/attest/final-log.ts";
import { SqlSplits } from "../../../src/store/attest/splits.ts";
import type { TestClock } from "../clock.ts";
import { openTestDatabase } from "../store/database.ts";
import type { ChainReader } from "../../../src/indexer/ports.ts";
import type { Change, ModelChain } from "../chain/model-chain.ts";
import { seedsOf } from "../log/operators.ts";
import { Stack } from "./stack.ts";

export const FINALITY = 4;
/** Seconds after which the newest checkpoint is cosigned again. */
export const RENEWAL = 200;
const REGISTRY = { chainId: 31_337, registry: `0x${"0a".repeat(20)}` } as const;
export const ORIGIN: string = originOf(REGISTRY);

export class TestWitness extends Stack {
  readonly seeds;
  readonly splitStore: SqlSplits;
  readonly log: FinalLog;
  readonly splits: SplitWatch;
  readonly witness: Witness;
  readonly publisher: Publisher;
  splitsSeen = 0;

  private constructor(parts: {
    db: Database;
    name: string;
    chain: ChainReader;
    clock: TestClock;
    operators: () => readonly Operator[];
    interval?: number;
  }) {
    const { db, name, chain, clock, operators } = parts;
    super({ db, chain, clock });
    this.seeds = seedsOf(name);
    this.splitStore = new SqlSplits(db);
    const real = new SqlFinalLog(db);
    this.log = {
      size: () => real.size(),
      commonSize: (query) => real.commonSize(query),
      nodes: (nodes) => real.nodes(nodes),
      operators: () => Promise.resolve(operators()),
      entry: (index) => real.entry(index),
      directoryEvents: (wanted, size) => real.directoryEvents(wanted, size),
    };
    this.splits = new SplitWatch({
      store: this.splitStore,
      origin: ORIGIN,
      clock,
      logger: this.logger,
      onSplit: () => {
        this.splitsSeen += 1;
      },
    });
    const shared = { seeds: this.seeds, origin: ORIGIN, log: this.log, chain, clock };
    this.publisher = new Publisher({
      ...shared,
      store: this.checkpoints,
      interval: parts.interval ?? 1_000,
      renewal: RENEWAL,
      logger: this.logger,
    });
    this.witness = new Witness({ ...shared, checkpoints: this.checkpoints, splits: this.splits });
  }

  /** Asks another operator's service, or with a key a witness outside of the directory. */
  collector(witness: RemoteWitness, key?: VerifierKey): Collector {
    const { seeds, checkpoints: store, log, chain, publisher, splits, clock, logger } = this;
    const own = { seeds, origin: ORIGIN, store, log, chain, publisher, splits, clock, logger };
    return new Collector({ ...own, witness, key, renewal: RENEWAL });
  }

  /** @param options.operators of the directory in its index @param options.interval of common sizes, in milliseconds */
  static async open(options: {
    name: string;
    chain: ChainReader;
    clock: TestClock;
    operators: () => readonly Operator[];
    interval?: number;
  }): Promise<TestWitness> {
    return new TestWitness({ ...options, db: await openTestDatabase() });
  }

  /** What its service answers. */
  async answer(request: string): Promise<WitnessAnswer> {
    try {
      return { kind: "cosigned", lines: await this.witness.cosign(request) };
    } catch (error) {
      if (!isAppError(error)) throw error;
      const { code, fields } = error;
      if (code === "CHECKPOINT_CONFLICT") return { kind: "conflict", size: fields["size"] as number };
      if (error.spec.status === 503) return { kind: "later", after: 1_000, detail: code };
      return { kind: "refused", detail: code, split: fields["split"] };
    }
  }

  /** Indexes the chain, and signs its newest common size. */
  override async sync(): Promise<void> {
    await super.sync();
    await this.publisher.step();
  }
}

/** Mines these changes, and empty blocks until they are final. */
export function mineFinal(chain: ModelChain, ...changes: readonly Change[]): void {
  chain.mine(...changes);
  for (let i = 0; i < FINALITY; i++) chain.mine();
}
