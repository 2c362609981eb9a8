import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openDatabase } from "../../src/store/sql/database.ts";
import { SqlIndexStore } from "../../src/store/index/index-store.ts";
import { openShared, type SharedDatabase } from "../../src/store/sql/leadership.ts";
import { SqlOutbox } from "../../src/store/outbox/outbox.ts";
import { LiveIndex } from "../../src/store/index/swap.ts";
import { dumpAll } from "../support/store/database.ts";
import { startPostgres, type TestPostgres } from "../support/store/postgres.ts";
import { TcpProxy } from "../support/network/tcp-proxy.ts";

const HASH = new Uint8Array(32).fill(1);
const BLOCK = { number: 1, hash: HASH, time: 5 };

/** Every write of a leader, each of which changes something. */
const WRITES: Record<string, (outbox: SqlOutbox, index: SqlIndexStore, id: string) => Promise<unknown>> = {
  record: (outbox, _, id) =>
    outbox.record(
      { hash: HASH.with(0, 9), signer: "0x00", nonce: 9, raw: HASH, gasPrice: 0n },
      { anchors: [id], statuses: [] },
    ),
  release: (outbox) => outbox.release(HASH),
  recordAttempt: (outbox) =>
    outbox.recordAttempt(HASH, { hash: HASH.with(0, 8), signer: "0x00", nonce: 0, raw: HASH, gasPrice: 1n }),
  close: (outbox) => outbox.close(HASH),
  fail: (outbox, _, id) => outbox.fail({ anchors: [id], statuses: [] }, "why"),
  closeFinal: (outbox) => outbox.closeFinal(),
  append: (_, index) =>
    index.append({
      entries: [],
      nodes: [],
      blocks: [],
      directory: [],
      cursor: { block: { ...BLOCK, number: 2 }, size: 0, root: HASH },
    }),
  rewindTo: (_, index) => index.rewindTo(undefined),
  setSynced: (_, index) => index.setSynced({ final: BLOCK, syncedAt: 77 }),
  setIdentity: (_, index) =>
    index.setIdentity({ chainId: 1, genesisHash: HASH, registry: "0x00", codeHash: HASH }),
};

let server: TestPostgres;
let folder: string;
beforeAll(async () => {
  server = await startPostgres();
  folder = mkdtempSync(join(tmpdir(), "hufu-lead-"));
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

/** Ends every session that holds the lead in a database. */
async function endSessions(name: string): Promise<void> {
  await server.query(`select pg_terminate_backend(l.pid) from pg_locks l join pg_database d on d.oid = l.database
    where l.locktype = 'advisory' and d.datname = '${name}'`);
}

let files = 0;
const BACKENDS = [
  {
    backend: "SQLite",
    place: () => Promise.resolve({ at: join(folder, `${++files}.db`) }),
    unseat: () => Promise.resolve(),
  },
  {
    backend: "PostgreSQL",
    place: async () => ({ at: await server.fresh() }),
    unseat: async (at: string) => await endSessions(new URL(at).pathname.slice(1)),
  },
];

describe.each(BACKENDS)("on $backend", ({ place, unseat }) => {
  let a: SharedDatabase;
  let b: SharedDatabase;
  let at: string;
  beforeEach(async () => {
    const where = await place();
    at = where.at;
    a = await openShared(where);
    b = await openShared(where);
  });
  afterEach(async () => {
    await a.close();
    await b.close();
  });

  /** `a` leads, and while it works the lead is taken from it by `b`. */
  async function overtaken<T>(late: () => Promise<T>): Promise<T | undefined> {
    return await a.leadership.lead(async () => {
      await unseat(at);
      for (let led; led === undefined;) led = await b.leadership.lead(() => Promise.resolve(true));
      return await late();
    });
  }

  /** Something for each write to change. */
  async function stock(): Promise<string> {
    const outbox = new SqlOutbox(a.db);
    const [taken] = await outbox.enqueue([
      {
        institution: 1,
        algorithm: "sha256",
        blinded: false,
        payload: HASH,
        scene: 1,
        validUntil: 0,
        reference: undefined,
        acceptedAt: 1,
      },
    ]);
    await outbox.record(
      { hash: HASH, signer: "0x00", nonce: 0, raw: HASH, gasPrice: 0n },
      { anchors: [], statuses: [] },
    );
    await new SqlIndexStore(a.db).append({
      entries: [],
      nodes: [],
      blocks: [{ number: 1, hash: HASH, size: 0 }],
      directory: [],
      cursor: { block: BLOCK, size: 0, root: HASH },
    });
    return taken?.anchor.id ?? "";
  }

  it.each(Object.entries(WRITES))(
    "F12: %s of a leader that was overtaken is refused, and writes nothing",
    async (name, write) => {
      const id = await stock();
      const before = await dumpAll(b.db);
      const late = overtaken(
        async () => await write(new SqlOutbox(a.db, a.leadership), new SqlIndexStore(a.db, a.leadership), id),
      );
      await expect(late).rejects.toThrowCode("LEADERSHIP_LOST");
      const after = await dumpAll(b.db);
      expect(after).toEqual(before);
      // the same without a fence is what must not happen
      await write(new SqlOutbox(a.db), new SqlIndexStore(a.db), id);
      if (name !== "closeFinal") expect(await dumpAll(b.db)).not.toEqual(before);
    },
  );

  it("F12: an index rebuilt by a leader that was overtaken does not replace the live one", async () => {
    await stock();
    const fresh = await openDatabase(":memory:");
    const before = await dumpAll(b.db);
    const late = overtaken(() => new LiveIndex(a.db, a.leadership).replaceWith(fresh));
    await expect(late).rejects.toThrowCode("LEADERSHIP_LOST");
    expect(await dumpAll(b.db)).toEqual(before);
    await new LiveIndex(a.db).replaceWith(fresh);
    expect(await dumpAll(b.db)).not.toEqual(before); // the harm
    await fresh.destroy();
  });

  it("F12: a leader's writes are stored while it leads", async () => {
    const id = await stock();
    await a.leadership.lead(() =>
      new SqlOutbox(a.db, a.leadership).fail({ anchors: [id], statuses: [] }, "why"),
    );
    expect((await new SqlOutbox(b.db).anchors([id]))[0]?.state).toBe("failed");
  });
});

describe("the lead on PostgreSQL", () => {
  it("F12: a lead is not regained while work of a lost term runs, so it is never written under a later one", async () => {
    const at = await server.fresh();
    const a = await openShared({ at });
    const index = new SqlIndexStore(a.db, a.leadership);
    const late = a.leadership.lead(async () => {
      await endSessions(new URL(at).pathname.slice(1));
      while (a.leadership.leads) await sleep(5);
      expect(await a.leadership.lead(() => Promise.resolve(1))).toBeUndefined();
      await index.setSynced({ final: undefined, syncedAt: 1 });
    });
    await expect(late).rejects.toThrowCode("LEADERSHIP_LOST");
    expect(await a.leadership.lead(() => Promise.resolve(1))).toBe(1);
    await a.close();
  });

  it("F12: one of ten concurrent processes gets the lead, and another gets it when that one resigns", async () => {
    const at = await server.fresh();
    const all = await Promise.all(Array.from({ length: 10 }, () => openShared({ at })));
    const stand = () => Promise.all(all.map(({ leadership }) => leadership.lead(() => Promise.resolve(1))));
    const first = await stand();
    expect(first.filter((led) => led === 1)).toHaveLength(1);
    await all[first.indexOf(1)]?.leadership.resign();
    const second = await stand();
    expect(second.filter((led) => led === 1)).toHaveLength(1);
    await Promise.all(all.map((each) => each.close()));
  });

  it("F12: a process that is cut off for its lease loses the lead, and its late write is refused", async () => {
    const at = await server.fresh();
    await using proxy = await TcpProxy.start(server.port);
    const a = await openShared({ at: proxy.through(at) }, { lease: 400 });
    const b = await openShared({ at }, { lease: 400 });
    const late = a.leadership.lead(async () => {
      const index = new SqlIndexStore(a.db, a.leadership);
      await index.setSynced({ final: undefined, syncedAt: 1 });
      expect(await b.leadership.lead(() => Promise.resolve(1))).toBeUndefined();
      proxy.rule = "stall";
      while ((await b.leadership.lead(() => Promise.resolve(1))) === undefined) await sleep(20);
      proxy.rule = "pass";
      await index.setSynced({ final: undefined, syncedAt: 2 });
    });
    await expect(late).rejects.toThrowCode("LEADERSHIP_LOST");
    await a.close();
    await b.close();
  });

  it("F12: a process that works for longer than its lease keeps the lead", async () => {
    const at = await server.fresh();
    const a = await openShared({ at }, { lease: 200 });
    const b = await openShared({ at }, { lease: 200 });
    await a.leadership.lead(async () => {
      for (let looks = 0; looks < 20; looks++) {
        await sleep(40);
        expect(await b.leadership.lead(() => Promise.resolve(1))).toBeUndefined();
      }
      await new SqlIndexStore(a.db, a.leadership).setSynced({ final: undefined, syncedAt: 3 });
    });
    await a.close();
    await b.close();
  });
});
