/** Runs operators that index a model chain, sign its checkpoints and cosign those of others. */
import { Publisher } from "../../../src/attest/publisher.ts";
import type { FinalLog, StoredRoots } from "../../../src/attest/ports.ts";
import { SplitWatch } from "../../../src/attest/splits.ts";
import { Witness } from "../../../src/attest/witness.ts";
import type { Operator } from "../../../src/core/directory.ts";
import { originOf } from "../../../src/log/checkpoint.ts";
import type { Database } from "../../../src/store/sql/database.ts";
import { SqlFinalLog } from "../../../src/store/attest/final-log.ts";
import { SqlSplits } from "../../../src/store/attest/splits.ts";
import { SqlWitnessedLogs } from "../../../src/store/attest/witnessed-logs.ts";
import type { TestClock } from "../clock.ts";
import { openTestDatabase } from "../store/database.ts";
import type { Change, ModelChain } from "../chain/model-chain.ts";
import { seedsOf } from "../log/operators.ts";
import { Stack } from "./stack.ts";

export const FINALITY = 4;
export const REGISTRY = { chainId: 31_337, registry: `0x${"0a".repeat(20)}` } as const;
export const ORIGIN: string = originOf(REGISTRY);

export class TestWitness extends Stack<ModelChain> {
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
    chain: ModelChain;
    clock: TestClock;
    operators: () => readonly Operator[];
  }) {
    const { db, name, chain, clock, operators } = parts;
    super({ db, chain, clock });
    this.seeds = seedsOf(name);
    this.splitStore = new SqlSplits(db);
    const real = new SqlFinalLog(db);
    this.log = {
      size: () => real.size(),
      nodes: (nodes) => real.nodes(nodes),
      operators: () => Promise.resolve(operators()),
      entry: (index) => real.entry(index),
      registration: (institution, size) => real.registration(institution, size),
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
    const shared = { seeds: this.seeds, log: this.log, chain: chain as StoredRoots, clock };
    this.publisher = new Publisher({
      ...shared,
      registry: REGISTRY,
      store: this.checkpoints,
      logger: this.logger,
    });
    this.witness = new Witness({
      ...shared,
      origin: ORIGIN,
      store: new SqlWitnessedLogs(db),
      checkpoints: this.checkpoints,
      splits: this.splits,
    });
  }

  /** @param options.operators of the directory in its index */
  static async open(options: {
    name: string;
    chain: ModelChain;
    clock: TestClock;
    operators: () => readonly Operator[];
  }): Promise<TestWitness> {
    return new TestWitness({ ...options, db: await openTestDatabase() });
  }

  /** Indexes the chain, and signs its final checkpoint. */
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
