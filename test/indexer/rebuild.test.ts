/** Tests the rebuild of an index from the chain, and its state hash. */
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { rebuildIndex, type Rebuilt } from "../../src/indexer/rebuild.ts";
import { stateHash } from "../../src/store/index/state-hash.ts";
import { LiveIndex } from "../../src/store/index/swap.ts";
import { TestClock } from "../support/clock.ts";
import { stockedChain } from "../support/chain/model-chains.ts";
import type { ModelChain } from "../support/chain/model-chain.ts";
import type { Known } from "../support/stack/observer.ts";
import { openStack, rebuilt, type Stack } from "../support/stack/stack.ts";

const FINALITY = 3;
const log = pino({ level: "silent" });
const clock = new TestClock();
let chain: ModelChain;
let known: Known;
let live: Stack;
let fresh: Stack;

beforeEach(async () => {
  ({ chain, known } = await stockedChain(FINALITY));
  [live, fresh] = [await openStack({ chain, clock }), await openStack({ chain, clock })];
  await live.sync();
});
afterEach(async () => {
  await live[Symbol.asyncDispose]();
  await fresh[Symbol.asyncDispose]();
});

const replace = (): Promise<void> => new LiveIndex(live.db).replaceWith(fresh.db);

async function rebuild(swap = replace): Promise<Rebuilt> {
  const hashed = ({ store, db }: Stack) => ({ store, stateHash: () => stateHash(db) });
  return await rebuildIndex({ chain, live: hashed(live), fresh: hashed(fresh), swap, clock, log });
}

describe("a rebuilt index", () => {
  it("a rebuilt index has the same state hash, whatever empty blocks were read since", async () => {
    chain.mine();
    const { entries, blocks, before, after } = await rebuild();
    expect(after).toEqual(before);
    expect([entries, blocks]).toEqual([6, chain.height + 1]);
    expect(await live.dump()).toEqual(await rebuilt(chain));
  });

  it("a rebuilt index has another state hash once the log has another entry", async () => {
    chain.mine({ kind: "documents", count: 1 });
    const { before, after } = await rebuild();
    expect(after).not.toEqual(before);
  });

  it("a rebuilt index replaces one that is in doubt, and answers again", async () => {
    for (let i = 0; i < FINALITY; i++) chain.mine({ kind: "documents", count: 1 });
    await live.sync();
    const { height } = chain;
    chain.drop(FINALITY + 1);
    while (chain.height < height) chain.mine({ kind: "documents", count: 2 });
    await expect(live.sync()).rejects.toThrowCode("REORG_BELOW_FINAL");
    const observer = live.observe(known);
    await observer.queryAll();
    expect(observer.observed).toMatchObject({ right: 0, wrong: [] });

    await rebuild();
    expect(await live.doubt()).toBeUndefined();
    await observer.queryAll();
    expect(observer.observed).toMatchObject({ right: 5, wrong: [] });
    await live.restarted().sync();
    expect(await live.dump()).toEqual(await rebuilt(chain));
  });

  it("a rebuild keeps the outbox, and a final transaction that is no longer recorded is sent again", async () => {
    const entry = await live.db
      .selectFrom("entry")
      .selectAll()
      .orderBy("idx", "desc")
      .executeTakeFirstOrThrow();
    const shared = { signer: "0x01", carries: 1, state: "final" } as const;
    const lost = new Uint8Array(32).fill(9);
    await live.db
      .insertInto("chain_transaction")
      .values([
        { hash: entry.transaction_hash, nonce: 0, ...shared },
        { hash: lost, nonce: 1, ...shared },
      ])
      .execute();
    const attempt = { attempt: 0, raw: Uint8Array.of(1), gas_price: "0" };
    for (const hash of [entry.transaction_hash, lost])
      await live.db
        .insertInto("chain_attempt")
        .values({ hash, transaction_hash: hash, ...attempt })
        .execute();
    await rebuild();
    const states = await live.db.selectFrom("chain_transaction").select("state").orderBy("nonce").execute();
    expect(states.map(({ state }) => state)).toEqual(["final", "open"]);
  });

  it("a rebuild that cannot be finished leaves the live index unchanged", async () => {
    const before = await live.dump();
    chain.down = true;
    await expect(rebuild()).rejects.toThrowCode("RPC_UNAVAILABLE");
    chain.down = false;
    const broken = async (): Promise<void> => {
      await fresh.db.updateTable("entry").set({ idx: -1 }).where("idx", "=", 3).execute();
      await fresh.db.schema.alterTable("entry").renameColumn("scene", "no_scene").execute();
      await replace();
    };
    await expect(rebuild(broken)).rejects.toThrow();
    expect(await live.dump()).toEqual(before);
  });
});

describe("the state hash", () => {
  it("the state hash does not depend on when or how far the chain was read", async () => {
    const before = await stateHash(live.db);
    chain.mine();
    clock.advance(10);
    await live.restarted().sync();
    expect(await stateHash(live.db)).toEqual(before);
  });
});
