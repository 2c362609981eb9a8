/** Tests the index on a model chain: reorgs, nodes that lie, stored rows that changed. */
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TestClock } from "../support/clock.ts";
import { ModelChain, type Change } from "../support/chain/model-chain.ts";
import { openStack, rebuilt, type Stack } from "../support/stack/stack.ts";

const FINALITY = 4;
const clock = new TestClock();
let chain: ModelChain;
let stack: Stack;

beforeEach(async () => {
  chain = new ModelChain(FINALITY);
  stack = await openStack({ chain, clock });
});
afterEach(async () => await stack[Symbol.asyncDispose]());

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constant("documents" as const), count: fc.integer({ min: 1, max: 5 }) }),
  fc.constant({ kind: "revocation" as const }),
  fc.constant({ kind: "institution" as const }),
  fc.record({ kind: fc.constant("directory" as const), pick: fc.nat({ max: 200 }) }),
);
const blocks = fc.array(fc.array(change, { maxLength: 3 }), { maxLength: 6 });

describe("the index", () => {
  it("the index is a pure function of the chain, whatever the steps it is read in", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(blocks, { minLength: 1, maxLength: 4 }), async (stretches) => {
        const chain = new ModelChain(FINALITY); // its own, also where the test goes on after its time-out
        await using following = await openStack({ chain, clock });
        for (const stretch of stretches) {
          for (const changes of stretch) chain.mine(...changes);
          await following.sync();
        }
        expect(following.indexer.health).toEqual({ kind: "current" });
        expect(await following.dump()).toEqual(await rebuilt(chain));
      }),
      { numRuns: 30 },
    );
  });

  it("the index equals a fresh rebuild after any reorg above the final block", async () => {
    const step = fc.record({
      mined: blocks,
      dropped: fc.integer({ min: 0, max: FINALITY - 1 }),
      moved: fc.boolean(),
      after: blocks,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 4 }), async (steps) => {
        const chain = new ModelChain(FINALITY); // its own, also where the test goes on after its time-out
        await using following = await openStack({ chain, clock });
        for (const { mined, dropped, moved, after } of steps) {
          for (const changes of mined) chain.mine(...changes);
          await following.sync();
          const height = chain.height;
          const moves = moved && dropped > 0;
          chain.drop(moves ? dropped - 1 : dropped);
          if (moves) chain.remineLast();
          for (const changes of after) chain.mine(...changes);
          while (chain.height < height) chain.mine(); // a fork is followed once it is as long
          await following.sync();
        }
        expect(await following.dump()).toEqual(await rebuilt(chain));
      }),
      { numRuns: 60 },
    );
  });

  it("the index continues after a restart, having hashed its stored entries again", async () => {
    chain.mine({ kind: "documents", count: 3 });
    await stack.sync();
    chain.mine({ kind: "revocation" });
    stack = stack.restarted();
    await stack.sync();
    expect(await stack.dump()).toEqual(await rebuilt(chain));
  });

  it("the index stores the time at which it last agreed with the contract", async () => {
    await stack.sync();
    clock.advance(100);
    chain.down = true;
    await expect(stack.sync()).rejects.toThrowCode("RPC_UNAVAILABLE");
    expect((await stack.store.cursor()).syncedAt).toBe(clock.now() - 100);
  });
});

describe("what is stored is not called current", () => {
  beforeEach(async () => {
    chain.mine({ kind: "institution" });
    chain.mine({ kind: "documents", count: 4 });
    await stack.sync();
  });

  it("an unreachable node makes the index failing, and does not put it in doubt", async () => {
    chain.down = true;
    await expect(stack.sync()).rejects.toThrowCode("RPC_UNAVAILABLE");
    expect(stack.indexer.health).toMatchObject({ kind: "failing" });
    expect(await stack.doubt()).toBeUndefined();
    chain.down = false;
    await stack.sync();
    expect(stack.indexer.health).toEqual({ kind: "current" });
  });

  it("a node that leaves out the newest events stops the index until they come", async () => {
    const before = await stack.dump();
    const { height } = chain;
    chain.mine({ kind: "documents", count: 2 });
    chain.hides = ({ block }) => block.number > height;
    await expect(stack.sync()).rejects.toThrowCode("RPC_INCONSISTENT");
    expect((await stack.dump())["entry"]).toEqual(before["entry"]);
    chain.hides = undefined;
    await stack.sync();
    expect(await stack.dump()).toEqual(await rebuilt(chain));
  });

  it("a node that leaves out events in the middle stops the index until they come", async () => {
    const { height } = chain;
    chain.mine({ kind: "documents", count: 2 });
    chain.mine({ kind: "documents", count: 2 });
    chain.hides = ({ block }) => block.number === height + 1;
    await expect(stack.sync()).rejects.toThrowCode("RPC_INCONSISTENT");
    chain.hides = undefined;
    await stack.sync();
    expect(await stack.dump()).toEqual(await rebuilt(chain));
  });

  it("a node that has dropped old blocks stops the index, until a node has all of them", async () => {
    chain.mine({ kind: "documents", count: 2 });
    while (chain.height < 2_100) chain.mine(); // more than is read in one step
    chain.mine({ kind: "documents", count: 1 });
    await using another = await openStack({ chain, clock });
    chain.hides = ({ block }) => block.number < 2_000;
    await expect(another.sync()).rejects.toThrowCode("HISTORY_UNAVAILABLE");
    chain.hides = () => true;
    await expect(another.sync()).rejects.toThrowCode("HISTORY_UNAVAILABLE");
    expect((await another.dump())["entry"]).toEqual([]);
    chain.hides = undefined;
    await another.sync();
    expect(await another.dump()).toEqual(await rebuilt(chain));
  });

  it("a node that gives an event twice stops the index until it does not", async () => {
    chain.mine({ kind: "documents", count: 2 });
    const events = chain.events.bind(chain);
    chain.events = async (range) => (await events(range)).flatMap((event) => [event, event]);
    await expect(stack.sync()).rejects.toThrowCode("RPC_INCONSISTENT");
    chain.events = events;
    await stack.sync();
    expect(await stack.dump()).toEqual(await rebuilt(chain));
  });

  it("a node that is behind what was read already stops the index, and nothing is written", async () => {
    const before = await stack.dump();
    chain.behind = 1;
    await expect(stack.sync()).rejects.toThrowCode("RPC_INCONSISTENT");
    expect(await stack.dump()).toEqual(before);
  });

  it("another root of the contract puts the index in doubt", async () => {
    const before = await stack.dump();
    chain.mine({ kind: "documents", count: 1 });
    chain.falseRoot = true;
    await expect(stack.sync()).rejects.toThrowCode("INDEX_MISMATCH");
    expect(await stack.doubt()).toBe("INDEX_MISMATCH");
    expect(await stack.dump()).toEqual(before);
  });

  it("a flipped bit of a stored entry puts the index in doubt", async () => {
    const { bytes } = await stack.db
      .selectFrom("entry")
      .select("bytes")
      .where("idx", "=", 2)
      .executeTakeFirstOrThrow();
    await stack.db
      .updateTable("entry")
      .set({ bytes: bytes.with(40, (bytes[40] ?? 0) ^ 4) })
      .where("idx", "=", 2)
      .execute();
    stack = stack.restarted();
    await expect(stack.sync()).rejects.toThrowCode("INDEX_MISMATCH");
    expect(await stack.doubt()).toBe("INDEX_MISMATCH");
  });

  it("a missing stored entry stops the index with INDEX_MISMATCH", async () => {
    await stack.db.deleteFrom("entry").where("idx", "=", 4).execute();
    stack = stack.restarted();
    await expect(stack.sync()).rejects.toThrowCode("INDEX_MISMATCH");
  });

  it.each(["chainId", "genesisHash", "registry", "codeHash"] as const)(
    "another %s of the chain puts the index in doubt",
    async (part) => {
      const other = {
        chainId: 2,
        genesisHash: new Uint8Array(32),
        registry: "0x00",
        codeHash: new Uint8Array(32),
      } as const;
      chain.identityNow = { ...chain.identityNow, [part]: other[part] };
      stack = stack.restarted();
      await expect(stack.sync()).rejects.toThrowCode("CHAIN_IDENTITY_MISMATCH");
      expect(await stack.doubt()).toBe("CHAIN_IDENTITY_MISMATCH");
    },
  );

  it("a missing final block puts the index in doubt, and nothing is rolled back", async () => {
    for (let i = 0; i < FINALITY + 1; i++) chain.mine({ kind: "documents", count: 1 });
    await stack.sync();
    const before = await stack.dump();
    const { height } = chain;
    chain.drop(FINALITY + 1);
    while (chain.height < height) chain.mine({ kind: "documents", count: 2 });
    await expect(stack.sync()).rejects.toThrowCode("REORG_BELOW_FINAL");
    expect(await stack.doubt()).toBe("REORG_BELOW_FINAL");
    expect(await stack.dump()).toEqual(before);
  });
});
