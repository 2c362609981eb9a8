/** Tests that two operators cosign every interval of a log under load, though one follows the chain some blocks behind. */
import { expect, inject, it } from "vitest";
import type { Operator } from "../../src/core/directory.ts";
import type { Hash, TreeSize } from "../../src/core/units.ts";
import type { BlockHeader, ChainIdentity, ChainReader, RegistryEvent } from "../../src/indexer/ports.ts";
import { cosignedAt } from "../../src/log/checkpoint.ts";
import { parseNote } from "../../src/log/note.ts";
import { ModelChain } from "../support/chain/model-chain.ts";
import { TestClock } from "../support/clock.ts";
import { operatorOf, seedsOf, signerFrom } from "../support/log/operators.ts";
import { randomFrom } from "../support/random.ts";
import { sized } from "../support/scale.ts";
import { FINALITY, ORIGIN, TestWitness } from "../support/stack/witnessing.ts";

/** Of load, by the clock of the test. */
const SECONDS = sized({ short: 120, full: 600 });
/** Milliseconds. */
const [INTERVAL, STEP] = [5_000, 500];
const IDS = { ahead: 1, behind: 2 } as const;

/** A node that is so many blocks behind. It computes each tree once, since nothing is reorganised here. */
class Node implements ChainReader {
  readonly #chain: ModelChain;
  readonly #behind: number;
  readonly #trees: Promise<{ size: TreeSize; root: Hash }>[];

  /** @param trees is shared by the nodes of a chain */
  constructor(chain: ModelChain, behind: number, trees: Promise<{ size: TreeSize; root: Hash }>[]) {
    [this.#chain, this.#behind, this.#trees] = [chain, behind, trees];
  }

  identity(): Promise<ChainIdentity> {
    return this.#chain.identity();
  }

  async heads(): Promise<{ latest: BlockHeader; final: BlockHeader | undefined }> {
    this.#chain.behind = Math.min(this.#behind, this.#chain.height);
    return await this.#chain.heads();
  }

  block(number: number): Promise<BlockHeader | undefined> {
    return this.#chain.block(number);
  }

  events(range: { from: number; to: number }): Promise<RegistryEvent[]> {
    return this.#chain.events(range);
  }

  async treeAt(block: number): Promise<{ size: TreeSize; root: Hash }> {
    return await (this.#trees[block] ??= this.#chain.treeAt(block));
  }

  async rootAt(size: TreeSize): Promise<Hash | undefined> {
    for (let block = this.#chain.height; block >= 0; block--) {
      const tree = await this.treeAt(block);
      if (tree.size === size) return tree.root;
      if (tree.size < size) return undefined;
    }
    return undefined;
  }
}

/** Asks the other operator only, or is asked only, or both. */
type Asks = Readonly<Record<keyof typeof IDS, boolean>>;
const BOTH: Asks = { ahead: true, behind: true };

async function start(seconds: number, asks: Asks) {
  const chain = new ModelChain(FINALITY, seconds);
  const clock = new TestClock(1_800_000_000);
  const operators: Operator[] = [
    operatorOf(seedsOf("ahead"), IDS.ahead),
    operatorOf(seedsOf("behind"), IDS.behind),
  ];
  const shared = { clock, operators: () => operators, interval: INTERVAL };
  const trees: Promise<{ size: TreeSize; root: Hash }>[] = [];
  const ahead = await TestWitness.open({ name: "ahead", chain: new Node(chain, 0, trees), ...shared });
  const behind = await TestWitness.open({ name: "behind", chain: new Node(chain, 3, trees), ...shared });
  const collectors = [
    ...(asks.ahead
      ? [ahead.collector({ name: "behind", addCheckpoint: (text) => behind.answer(text) })]
      : []),
    ...(asks.behind
      ? [behind.collector({ name: "ahead", addCheckpoint: (text) => ahead.answer(text) })]
      : []),
  ];
  const step = async (): Promise<void> => {
    for (const operator of [ahead, behind]) await operator.sync();
    for (const collector of collectors) if (collector.wait === 0) await collector.step();
    clock.advance(STEP / 1_000);
  };
  return { chain, clock, ahead, behind, step };
}

/** When both operators have cosigned the checkpoint of a size, as a service has it; undefined = one of them has not. */
async function cosignedByBoth({ checkpoints }: TestWitness, size: TreeSize): Promise<number | undefined> {
  const note = parseNote((await checkpoints.at(size))?.note ?? "");
  const times = Object.entries(IDS).map(([name, id]) =>
    cosignedAt(note, signerFrom(seedsOf(name), "witness", { origin: ORIGIN, id }).key),
  );
  return times.includes(undefined) ? undefined : Math.max(...times.map((time) => time ?? 0));
}

it.each<[seconds: number, who: string, asks: Asks]>([
  [1, "each asks the other", BOTH],
  [2, "each asks the other", BOTH],
  [5, "each asks the other", BOTH],
  [12, "each asks the other", BOTH],
  [1, "only the one ahead asks", { ahead: true, behind: false }],
  [1, "only the one behind asks", { ahead: false, behind: true }],
])(
  `with a block every %i s and one operator three blocks behind, every interval of ${SECONDS} s is cosigned by both where %s`,
  async (seconds, _, asks) => {
    const { chain, clock, ahead, behind, step } = await start(seconds, asks);
    await using cleanup = new AsyncDisposableStack();
    for (const operator of [ahead, behind]) cleanup.use(operator);
    const random = randomFrom(inject("seed") + seconds);
    chain.mine({ kind: "institution" });
    clock.advance(seconds);
    for (let passed = 0; passed < SECONDS * 1_000; passed += STEP) {
      const isBlock = passed % (seconds * 1_000) === 0;
      if (isBlock)
        chain.mine(
          ...(random() < 0.8 ? [{ kind: "documents", count: 1 + Math.floor(random() * 3) } as const] : []),
        );
      await step();
    }
    // the load has ended, and the chain goes on
    for (let passed = 0; passed < (FINALITY + 8) * seconds * 1_000 + 4 * INTERVAL; passed += STEP) {
      if (passed % (seconds * 1_000) === 0) chain.mine();
      await step();
    }

    const rows = await ahead.db.selectFrom("entry").select("recorded_at").orderBy("idx").execute();
    const intervals = rows.map(({ recorded_at }) => Math.floor((recorded_at * 1_000) / INTERVAL));
    const ends = intervals.flatMap((each, i) => (each === intervals[i + 1] ? [] : [i + 1]));
    expect(ends.length).toBeGreaterThan(SECONDS / Math.max(INTERVAL / 1_000, seconds) / 2);
    for (const operator of [ahead, behind]) {
      const sizes = await operator.checkpoints.sizes({ after: 0, limit: 1_000 });
      // one that is behind may sign a size more, as it has not seen the rest of the interval
      expect(sizes).toEqual(expect.arrayContaining(ends));
      const missing: TreeSize[] = [];
      for (const size of ends) if ((await cosignedByBoth(operator, size)) === undefined) missing.push(size);
      expect(missing).toEqual([]);
      expect(operator.said("not cosigned for long")).toEqual([]);
    }
    process.stdout.write(
      `${JSON.stringify({ seconds, asks, intervals: ends.length, entries: rows.length })}\n`,
    );
  },
);
