import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Indexer } from "../../src/indexer/indexer.ts";
import { rebuildIndex, type Rebuilt } from "../../src/indexer/rebuild.ts";
import type { Database } from "../../src/store/sql/database.ts";
import { SqlIndexStore } from "../../src/store/index/index-store.ts";
import { stateHash } from "../../src/store/index/state-hash.ts";
import { replaceIndex } from "../../src/store/index/swap.ts";
import { TestClock } from "../support/clock.ts";
import { dumpIndex, memoryDatabase } from "../support/database.ts";
import { follow, observe, rebuilt, stockedChain, type Followed } from "../support/followed.ts";
import type { ModelChain } from "../support/model-chain.ts";
import type { Known } from "../support/observer.ts";

const FINALITY = 3;
const log = pino({ level: "silent" });
const clock = new TestClock();
let db: Database;
let fresh: Database;
let chain: ModelChain;
let known: Known;
let live: Followed;

beforeEach(async () => {
  [db, fresh] = [await memoryDatabase(), await memoryDatabase()];
  ({ chain, known } = await stockedChain(FINALITY));
  live = follow({ db, chain, clock });
  await live.indexer.sync();
});
afterEach(async () => {
  await db.destroy();
  await fresh.destroy();
});

async function rebuild(swap = () => replaceIndex({ live: db, fresh })): Promise<Rebuilt> {
  const hashed = (of: Database) => ({ store: new SqlIndexStore(of), stateHash: () => stateHash(of) });
  return await rebuildIndex({ chain, live: hashed(db), fresh: hashed(fresh), swap, clock, log });
}

describe("an index made anew", () => {
  it("has the same state hash, whatever the blocks without entries that were read since", async () => {
    chain.mine();
    const { entries, blocks, before, after } = await rebuild();
    expect(after).toEqual(before);
    expect([entries, blocks]).toEqual([6, chain.height + 1]);
    expect(await dumpIndex(db)).toEqual(await rebuilt(chain, clock));
  });

  it("has another one once anything else is in the log", async () => {
    chain.mine({ kind: "documents", count: 1 });
    const { before, after } = await rebuild();
    expect(after).not.toEqual(before);
  });

  it("takes the place of one that is in doubt, and answers again", async () => {
    for (let i = 0; i < FINALITY; i++) chain.mine({ kind: "documents", count: 1 });
    await live.indexer.sync();
    const { height } = chain;
    chain.drop(FINALITY + 1);
    while (chain.height < height) chain.mine({ kind: "documents", count: 2 });
    await expect(live.indexer.sync()).rejects.toThrowCode("REORG_BELOW_FINAL");
    const observer = observe(live, known);
    await observer.look();
    expect(observer.observed).toMatchObject({ right: 0, wrong: [] });

    await rebuild();
    expect(await live.store.doubt()).toBeUndefined();
    await observer.look();
    expect(observer.observed).toMatchObject({ right: 5, wrong: [] });
    const restarted = follow({ db, chain, clock });
    await restarted.indexer.sync();
    expect(await dumpIndex(db)).toEqual(await rebuilt(chain, clock));
  });

  it("keeps the outbox; what was final and is recorded no more goes out again", async () => {
    const entry = await db.selectFrom("entry").selectAll().orderBy("idx", "desc").executeTakeFirstOrThrow();
    const shared = { signer: "0x01", carries: 1, state: "final" } as const;
    const lost = new Uint8Array(32).fill(9);
    await db
      .insertInto("chain_transaction")
      .values([
        { hash: entry.transaction_hash, nonce: 0, ...shared },
        { hash: lost, nonce: 1, ...shared },
      ])
      .execute();
    const attempt = { attempt: 0, raw: Uint8Array.of(1), gas_price: "0" };
    for (const hash of [entry.transaction_hash, lost])
      await db
        .insertInto("chain_attempt")
        .values({ hash, transaction_hash: hash, ...attempt })
        .execute();
    await rebuild();
    const states = await db.selectFrom("chain_transaction").select("state").orderBy("nonce").execute();
    expect(states.map(({ state }) => state)).toEqual(["final", "open"]);
  });

  it("is not there at all where it could not be finished", async () => {
    const before = await dumpIndex(db);
    chain.down = true;
    await expect(rebuild()).rejects.toThrowCode("RPC_UNAVAILABLE");
    chain.down = false;
    const broken = async (): Promise<void> => {
      await fresh.updateTable("entry").set({ idx: -1 }).where("idx", "=", 3).execute();
      await fresh.schema.alterTable("entry").renameColumn("scene", "no_scene").execute();
      await replaceIndex({ live: db, fresh });
    };
    await expect(rebuild(broken)).rejects.toThrow();
    expect(await dumpIndex(db)).toEqual(before);
  });
});

describe("the state hash", () => {
  it("does not say when or how far the chain was read", async () => {
    const before = await stateHash(db);
    chain.mine();
    clock.advance(10);
    await new Indexer({ chain, store: live.store, clock, log }).sync();
    expect(await stateHash(db)).toEqual(before);
  });
});
