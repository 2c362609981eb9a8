/** Tests the publisher of checkpoints: which sizes it signs, and when it signs none. */
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { identityOf } from "../../src/attest/identity.ts";
import type { CheckpointStore } from "../../src/attest/ports.ts";
import { Publisher } from "../../src/attest/publisher.ts";
import type { KeyPurpose, Operator, OperatorKey } from "../../src/core/directory.ts";
import { formatCheckpoint, parseCheckpoint } from "../../src/log/checkpoint.ts";
import { formatNote, parseNote, formatVerifierKey } from "../../src/log/note.ts";
import { parsePolicy } from "../../src/log/policy.ts";
import { trustCheckpoint } from "../../src/log/trusted-checkpoint.ts";
import { TestClock } from "../support/clock.ts";
import { ModelChain } from "../support/chain/model-chain.ts";
import { operatorKey, seedsOf } from "../support/log/operators.ts";
import { FINALITY, ORIGIN, RENEWAL, TestWitness } from "../support/stack/witnessing.ts";

const SEEDS = seedsOf("ours");
const keyOf = (purpose: KeyPurpose, change: Partial<OperatorKey> = {}): OperatorKey => ({
  ...operatorKey(SEEDS, purpose, 7),
  ...change,
});

const operator = (keys: OperatorKey[]): Operator => ({ id: 7, name: "Ours", institution: undefined, keys });
const OURS = operator([keyOf("log"), keyOf("witness"), keyOf("status")]);

let chain: ModelChain;
let clock: TestClock;
let ours: TestWitness;
let operators: Operator[];

beforeEach(async () => {
  [clock, chain, operators] = [new TestClock(1_800_000_300), new ModelChain(FINALITY), [OURS]];
  ours = await TestWitness.open({ name: "ours", chain, clock, operators: () => operators });
});
afterEach(async () => await ours[Symbol.asyncDispose]());

/** As after a start of the process. */
function publisher(store: CheckpointStore = ours.checkpoints): Publisher {
  const { seeds, log, logger } = ours;
  const times = { interval: 1_000, renewal: RENEWAL };
  return new Publisher({ seeds, origin: ORIGIN, store, log, chain, clock, logger, ...times });
}

/** The times of cosignatures in a note. */
function timesIn(note = ""): number[] {
  const lines = parseNote(note).signatures.filter(({ signature }) => signature.length === 72);
  return lines.map(({ signature }) => Number(Buffer.from(signature).readBigUInt64BE()));
}

/** Blocks until everything that was mined is final, and the index has them. */
async function finalise(): Promise<void> {
  for (let i = 0; i < FINALITY; i++) chain.mine();
  await ours.indexer.sync();
}

const finalTree = async (): ReturnType<ModelChain["treeAt"]> =>
  await chain.treeAt((await chain.heads()).final?.number ?? 0);

const policyOf = ({ signers: { log: logSigner, witness } }: NonNullable<ReturnType<typeof identityOf>>) =>
  parsePolicy(
    `log ${formatVerifierKey(logSigner.key)}\nwitness w ${formatVerifierKey(witness.key)}\nquorum w\n`,
  );

describe("a checkpoint", () => {
  it("a checkpoint has the newest final size, the contract's root, and the operator's signature and time", async () => {
    chain.mine({ kind: "institution" }, { kind: "documents", count: 5 });
    await finalise();
    chain.mine({ kind: "documents", count: 9 });
    await ours.indexer.sync();
    const checkpoint = await publisher().step();
    const tree = await finalTree();
    expect(checkpoint).toMatchObject(tree);
    expect(await ours.checkpoints.latest()).toEqual(checkpoint);
    expect(await ours.checkpoints.at(tree.size)).toEqual(checkpoint);
    const identity = identityOf(SEEDS, { operators, origin: ORIGIN, now: clock.now() });
    if (checkpoint === undefined || identity === undefined) throw new RangeError("nothing was signed");
    const note = parseNote(checkpoint.note);
    const trusted = trustCheckpoint(note, { policy: policyOf(identity), now: clock.now() });
    expect(trusted).toMatchObject({ origin: ORIGIN, ...tree });
    expect(trusted.cosigners).toMatchObject([
      { at: clock.now(), witness: { key: { name: `${ORIGIN}/witness/7` } } },
    ]);
    expect(formatNote(note)).toBe(checkpoint.note);
  });

  it("one checkpoint is signed for each size, and all are kept", async () => {
    const sizes: number[] = [];
    for (let i = 0; i < 4; i++) {
      chain.mine({ kind: "institution" });
      await finalise();
      sizes.push((await publisher().step())?.size ?? 0);
      expect(await publisher().step()).toBeUndefined();
    }
    expect(new Set(sizes).size).toBe(4);
    for (const size of sizes) expect(await ours.checkpoints.at(size)).toBeDefined();
  });

  it("on a quiet log the newest checkpoint gets a newer time, and stays the only one", async () => {
    chain.mine({ kind: "institution" });
    await finalise();
    const first = await publisher().step();
    clock.advance(RENEWAL - 1);
    expect(await publisher().step()).toBeUndefined();
    clock.advance(1);
    const again = await publisher().step();
    expect(again).toMatchObject({ size: first?.size, root: first?.root });
    expect(timesIn(again?.note)).toEqual([clock.now()]);
    expect(parseNote(again?.note ?? "").signatures).toHaveLength(2);
    expect(await ours.checkpoints.sizes({ after: 0, limit: 9 })).toEqual([first?.size]);
    chain.falseRoot = true;
    clock.advance(RENEWAL);
    await expect(publisher().step()).rejects.toThrowCode("INDEX_MISMATCH");
    expect(await ours.checkpoints.latest()).toEqual(again);
  });

  it("no checkpoint is signed of an empty log, nor of one that is not final", async () => {
    expect(await publisher().step()).toBeUndefined();
    chain.mine({ kind: "institution" });
    await ours.indexer.sync();
    expect(await publisher().step()).toBeUndefined();
  });

  it("a checkpoint extends all before it, whatever reorgs there are above the final block", async () => {
    const change = fc.oneof(
      fc.record({ mine: fc.integer({ min: 0, max: 5 }) }),
      fc.record({ drop: fc.integer({ min: 1, max: FINALITY - 1 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 25 }), async (changes) => {
        await ours.db.deleteFrom("checkpoint").execute();
        for (const each of changes) {
          const dropped = "drop" in each ? each.drop : 0;
          while (chain.height < FINALITY) chain.mine();
          chain.drop(dropped);
          for (let i = 0; i < dropped; i++) chain.mine();
          chain.mine(
            { kind: "institution" },
            { kind: "documents", count: "mine" in each ? each.mine + 1 : 1 },
          );
          await ours.indexer.sync();
          const checkpoint = await publisher().step();
          if (checkpoint !== undefined) expect(await chain.rootAt(checkpoint.size)).toEqual(checkpoint.root);
        }
        for (const row of await ours.db.selectFrom("checkpoint").selectAll().execute())
          expect(await chain.rootAt(row.size)).toEqual(parseCheckpoint(parseNote(row.note).text).root);
      }),
      { numRuns: 20 },
    );
  });

  it("no checkpoint is signed where the contract has another root", async () => {
    chain.mine({ kind: "institution" });
    await finalise();
    chain.falseRoot = true;
    await expect(publisher().step()).rejects.toThrowCode("INDEX_MISMATCH");
    expect(await ours.checkpoints.latest()).toBeUndefined();
  });

  it("no checkpoint is signed that does not extend one that was signed before", async () => {
    chain.mine({ kind: "institution" });
    await finalise();
    const { note = "", size = 0, root } = (await publisher().step()) ?? {};
    const other = formatCheckpoint({ origin: ORIGIN, size, root: new Uint8Array(32) });
    await ours.db
      .updateTable("checkpoint")
      .set({ note: formatNote({ ...parseNote(note), text: other }) })
      .execute();
    expect(root).not.toEqual((await ours.checkpoints.latest())?.root);
    chain.mine({ kind: "institution" });
    await finalise();
    await expect(publisher().step()).rejects.toThrowCode("PROOF_INVALID");
    expect((await ours.db.selectFrom("checkpoint").select("size").execute()).length).toBe(1);
  });

  it("no checkpoint is signed while the index is in doubt", async () => {
    chain.mine({ kind: "institution" });
    await finalise();
    await ours.store.raiseDoubt({ code: "INDEX_MISMATCH", detail: "a test", since: clock.now() });
    await expect(publisher().step()).rejects.toThrowCode("INDEX_MISMATCH");
  });

  it("a checkpoint that could not be stored is not served", async () => {
    chain.mine({ kind: "institution" });
    await finalise();
    const store = ours.checkpoints;
    const full: CheckpointStore = {
      latest: () => store.latest(),
      at: (size) => store.at(size),
      sizes: (query) => store.sizes(query),
      advance: () => Promise.reject(new Error("the disk is full")),
      addSignatures: (note, options) => store.addSignatures(note, options),
      covering: (index) => store.covering(index),
    };
    await expect(publisher(full).step()).rejects.toThrow("the disk is full");
    expect(await ours.checkpoints.latest()).toBeUndefined();
  });

  it.each<[string, () => Operator[]]>([
    ["the directory is empty", () => []],
    [
      "the log key is another",
      () => [operator([keyOf("log", { publicKey: new Uint8Array(32) }), keyOf("witness"), keyOf("status")])],
    ],
    ["a key is missing", () => [operator([keyOf("log"), keyOf("witness")])]],
    [
      "the keys are of two operators",
      () => [
        operator([keyOf("log")]),
        { ...OURS, id: 8, keys: (["witness", "status"] as const).map((of) => operatorKey(SEEDS, of, 8)) },
      ],
    ],
    [
      "a key is not possessed",
      () => [operator([keyOf("log", { possession: new Uint8Array(64) }), keyOf("witness"), keyOf("status")])],
    ],
    [
      "a key was another operator's before",
      () =>
        [
          OURS,
          {
            ...OURS,
            id: 8,
            keys: (["log", "witness", "status"] as const).map((of) => operatorKey(SEEDS, of, 8)),
          },
        ].map((each) => (each.id === 8 ? each : { ...each, keys: each.keys.slice(0, 1) })),
    ],
    [
      "a key has another purpose",
      () => [operator([keyOf("log", { purpose: "status" }), keyOf("witness"), keyOf("status")])],
    ],
    [
      "a key is of another type",
      () => [operator([keyOf("log"), keyOf("witness", { signatureType: 1 }), keyOf("status")])],
    ],
    [
      "a key is retired",
      () => [operator([keyOf("log", { until: clock.now() }), keyOf("witness"), keyOf("status")])],
    ],
    [
      "a key is for later",
      () => [operator([keyOf("log", { from: clock.now() + 1 }), keyOf("witness"), keyOf("status")])],
    ],
    [
      "a key is reported as compromised",
      () => [
        operator([keyOf("log", { compromise: { since: 1, entry: 1 } }), keyOf("witness"), keyOf("status")]),
      ],
    ],
  ])("no checkpoint is signed while %s", async (_, found) => {
    chain.mine({ kind: "institution" });
    await finalise();
    operators = found();
    expect(await publisher().step()).toBeUndefined();
    operators = [OURS];
    expect(await publisher().step()).toBeDefined();
  });
});

describe("common sizes", () => {
  it("the newest final size is common once the interval of its last block has passed", async () => {
    clock = new TestClock(1_800_000_000);
    chain.mine({ kind: "institution" }); // 1_800_000_001
    await finalise();
    for (const [millis, size] of [
      [1_800_000_001_000, 0],
      [1_800_000_004_999, 0],
      [1_800_000_005_000, 1],
    ] as const)
      expect(await ours.log.commonSize({ until: millis, interval: 5_000 })).toBe(size);
  });

  it("with half seconds, a block of a second counts half a second later, and no block of the future does", async () => {
    chain.mine({ kind: "institution" }); // 1_800_000_001
    await finalise();
    for (const [millis, size] of [
      [1_800_000_000_999, 0],
      [1_800_000_001_499, 0],
      [1_800_000_001_500, 1],
    ] as const)
      expect(await ours.log.commonSize({ until: millis, interval: 500 })).toBe(size);
  });

  it("an interval in which entries are not final yet does not end, however late it is", async () => {
    chain.mine({ kind: "institution" }); // 1, then 2 to 5 empty, in the interval before
    await finalise();
    chain.mine({ kind: "documents", count: 2 }); // 6
    chain.mine({ kind: "documents", count: 3 }); // 7
    chain.mine();
    chain.mine();
    await ours.indexer.sync();
    expect(await ours.log.size()).toBe(3); // block 6 is final, and block 7, of the same interval, is not
    const until = clock.millis();
    expect(await ours.log.commonSize({ until, interval: 5_000 })).toBe(1);
    chain.mine();
    await ours.indexer.sync();
    expect(await ours.log.commonSize({ until, interval: 5_000 })).toBe(6);
  });

  it("every size that is signed is one at which an interval ended, at whichever times blocks are followed", async () => {
    const plan = fc.array(fc.tuple(fc.nat({ max: 2 }), fc.boolean()), { minLength: 10, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(plan, async (blocks) => {
        const mined = new ModelChain(FINALITY);
        const time = new TestClock(1_800_000_000);
        const context = { chain: mined, clock: time, operators: () => operators, interval: 5_000 };
        await using one = await TestWitness.open({ name: "ours", ...context });
        for (const [count, isFollowed] of blocks) {
          mined.mine(...(count === 0 ? [] : [{ kind: "documents", count } as const]));
          time.advance(1);
          if (isFollowed) await one.sync();
        }
        const rows = await one.db.selectFrom("entry").select("recorded_at").orderBy("idx").execute();
        const intervals = rows.map(({ recorded_at }) => Math.floor(recorded_at / 5));
        const ends = intervals.flatMap((each, i) => (each === intervals[i + 1] ? [] : [i + 1]));
        const sizes = await one.checkpoints.sizes({ after: 0, limit: 1_000 });
        expect(ends).toEqual(expect.arrayContaining(sizes));
      }),
      { numRuns: 15 },
    );
  });
});
