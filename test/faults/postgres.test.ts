import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { NewAnchor } from "../../src/anchor/ports.ts";
import { isAppError } from "../../src/core/errors.ts";
import type { Address } from "../../src/core/units.ts";
import { openDatabase, type Database } from "../../src/store/sql/database.ts";
import { SqlIndexStore } from "../../src/store/index/index-store.ts";
import { SqlOutbox } from "../../src/store/outbox/outbox.ts";
import { writing, writingSerially } from "../../src/store/sql/transaction.ts";
import { startPostgres, type TestPostgres } from "../support/store/postgres.ts";
import { TcpProxy } from "../support/network/tcp-proxy.ts";

const SIGNER: Address = `0x${"5a".repeat(20)}`;
let server: TestPostgres;
let url: string;
let db: Database;
beforeAll(async () => void (server = await startPostgres()));
afterAll(async () => await server.close());
beforeEach(async () => {
  url = await server.fresh();
  db = await openDatabase(url);
});
afterEach(async () => await db.destroy());

const document = (n: number): NewAnchor => ({
  institution: 1,
  algorithm: "sha256",
  blinded: false,
  payload: new Uint8Array(32).fill(n),
  scene: 1,
  validUntil: 0,
  reference: undefined,
  acceptedAt: n,
});
const transaction = (n: number) => ({
  hash: new Uint8Array(32).fill(n),
  signer: SIGNER,
  nonce: n,
  raw: new Uint8Array([n]),
  gasPrice: 0n,
});
const payloads = async (): Promise<number[]> =>
  (await db.selectFrom("anchor").select("payload").orderBy("payload").execute()).map(
    ({ payload }) => payload[0] ?? -1,
  );
const term = async (): Promise<number> =>
  (await db.selectFrom("leadership").select("term").executeTakeFirstOrThrow()).term;
const countUp = (tx: Database): Promise<unknown> =>
  tx
    .updateTable("leadership")
    .set(({ eb }) => ({ term: eb("term", "+", 1) }))
    .execute();

describe.each(["cut-before-commit", "cut-after-commit"] as const)("F39: a connection that is %s", (rule) => {
  const made = rule === "cut-after-commit";
  let proxy: TcpProxy;
  let cut: Database;
  beforeEach(async () => {
    proxy = await TcpProxy.start(server.port);
    cut = await openDatabase(proxy.through(url));
    proxy.rule = rule;
  });
  afterEach(async () => {
    await cut.destroy();
    await proxy[Symbol.asyncDispose]();
  });

  it("a cut connection acknowledges nothing, and accepted documents are found again by their key", async () => {
    const outbox = new SqlOutbox(cut);
    await expect(outbox.enqueue([document(1), document(2)])).rejects.toThrowCode("DATABASE_UNAVAILABLE");
    expect([proxy.cuts, await payloads()]).toEqual([1, made ? [1, 2] : []]);
    proxy.rule = "pass";
    const again = await outbox.enqueue([document(1), document(2)]);
    expect(again.map(({ taken }) => taken)).toEqual(Array(2).fill(made ? "duplicate" : "new"));
    expect(await payloads()).toEqual([1, 2]);
  });

  it("a cut connection leaves a signed transaction recorded with all its items, or not at all", async () => {
    const outbox = new SqlOutbox(cut);
    const [taken] = await new SqlOutbox(db).enqueue([document(1)]);
    const items = { anchors: [taken?.anchor.id ?? ""], statuses: [] };
    await expect(outbox.record(transaction(0), items)).rejects.toThrowCode("DATABASE_UNAVAILABLE");
    proxy.rule = "pass";
    const queued = await outbox.queued(1, 10);
    const open = (await outbox.open(SIGNER)).flatMap(({ attempts }) => attempts);
    expect([open, queued.anchors.length]).toEqual(made ? [[transaction(0)], 0] : [[], 1]);
    expect(await outbox.nextNonce(SIGNER)).toBe(made ? 1 : 0);
  });

  it("a cut connection is not followed by a second try of the transaction", async () => {
    await expect(writing(cut, countUp)).rejects.toThrowCode("DATABASE_UNAVAILABLE");
    expect([proxy.cuts, await term()]).toEqual([1, made ? 1 : 0]);
  });
});

describe("F40: conflicting transactions", () => {
  it("transactions that deadlock both commit once, at least one of them at a further try", async () => {
    await new SqlOutbox(db).enqueue([document(1), document(2)]);
    let runs = 0;
    let bothHold = (): void => undefined;
    const met = new Promise<void>((resolve) => (bothHold = resolve));
    const add = (first: number, second: number) =>
      writing(db, async (tx) => {
        runs += 1;
        const change = (n: number) =>
          tx
            .updateTable("anchor")
            .set(({ eb }) => ({ accepted_at: eb("accepted_at", "+", 100) }))
            .where("payload", "=", document(n).payload)
            .execute();
        await change(first);
        if (runs === 2) bothHold();
        await met;
        await change(second);
      });
    await Promise.all([add(1, 2), add(2, 1)]);
    const rows = await db.selectFrom("anchor").select("accepted_at").orderBy("payload").execute();
    expect(rows).toEqual([{ accepted_at: 201 }, { accepted_at: 202 }]);
    expect(runs).toBeGreaterThan(2); // the server may end both, or refuse the second try too
  });

  it("transactions that depend on the absence of a row are serialized", async () => {
    for (let n = 0; n < 20; n++) {
      const asked = (["suspend", "revoke"] as const).map((action) =>
        new SqlOutbox(db).enqueueStatus({
          institution: 1,
          document: n,
          action,
          reason: "other",
          successor: undefined,
          acceptedAt: n,
        }),
      );
      const results = await Promise.allSettled(asked);
      const refused = results.flatMap((result) =>
        result.status === "rejected" ? [result.reason as Error] : [],
      );
      expect(refused).toHaveLength(1);
      expect(refused[0]).toThrowCode("STATUS_PENDING");
    }
    const rows = await db.selectFrom("status_request").select("document").orderBy("document").execute();
    expect(rows.map((row) => row.document)).toEqual(Array.from({ length: 20 }, (_, n) => n));
  });

  it("a transaction that always conflicts is given up with a retryable fault", async () => {
    let runs = 0;
    const work = writingSerially(db, async (tx) => {
      runs += 1;
      await tx.selectFrom("leadership").selectAll().execute();
      await countUp(db); // a concurrent change, each time in between
      await countUp(tx);
    });
    await expect(work).rejects.toThrowCode("DATABASE_UNAVAILABLE");
    expect(runs).toBe(await term());
    expect(runs).toBeGreaterThan(3);
  });
});

describe("F41: connections that are all taken", () => {
  it("a connection of an exhausted pool is waited for up to the limit, and then refused", async () => {
    const small = await openDatabase(url, { limits: { max: 2, wait: 100 } });
    let letGo = (): void => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    const holding = [1, 2].map(() =>
      writing(small, async (tx) => {
        await sql`select 1`.execute(tx);
        await held;
      }),
    );
    await expect(new SqlIndexStore(small).cursor()).rejects.toThrowCode("DATABASE_UNAVAILABLE");
    await expect(new SqlOutbox(small).enqueue([document(1)])).rejects.toThrowCode("DATABASE_UNAVAILABLE");
    letGo();
    await Promise.all(holding);
    expect((await new SqlIndexStore(small).cursor()).size).toBe(0);
    expect(await payloads()).toEqual([]);
    await small.destroy();
  });
});

describe("F12: processes that share a database", () => {
  it("ten processes that start concurrently create the tables once", async () => {
    const empty = await server.fresh({ migrated: false });
    const opened = await Promise.all(Array.from({ length: 10 }, () => openDatabase(empty)));
    const names = await Promise.all(
      opened.map(
        async (each) => (await sql<{ name: string }>`select name from kysely_migration`.execute(each)).rows,
      ),
    );
    expect(new Set(names.map((rows) => JSON.stringify(rows))).size).toBe(1);
    await Promise.all(opened.map((each) => each.destroy()));
  });
});

describe("a database on PostgreSQL", () => {
  it("F41: statements of a transaction that failed do not reach the connection's next user", async () => {
    const small = await openDatabase(url, { limits: { max: 1, wait: 5_000 } });
    for (let round = 0; round < 10; round++) {
      const concurrent = writing(small, (tx) => {
        const statements = [sql`select 1 / 0`, ...Array.from({ length: 6 }, () => sql`create table late ()`)];
        return Promise.all(statements.map((statement) => statement.execute(tx)));
      });
      await expect(concurrent).rejects.toThrow("division by zero");
      await expect(sql`select from late`.execute(small)).rejects.toThrow("does not exist");
      const { rows } = await sql<{ is: number }>`select 1 as is`.execute(small);
      expect(rows).toEqual([{ is: 1 }]);
    }
    await small.destroy();
  });

  it("a database is written to disk at each commit, whatever its setting", async () => {
    const name = new URL(url).pathname.slice(1);
    await server.query(`alter database ${name} set synchronous_commit = off`);
    expect(await server.query("show synchronous_commit", name)).toEqual([{ synchronous_commit: "off" }]);
    const other = await openDatabase(url);
    const { rows } = await sql`show synchronous_commit`.execute(other);
    expect(rows).toEqual([{ synchronous_commit: "on" }]);
    await other.destroy();
  });

  it("a database of a later version is refused, and left unchanged", async () => {
    await sql`insert into kysely_migration (name, timestamp) values ('9999-later', '2030')`.execute(db);
    await expect(openDatabase(url)).rejects.toThrowCode("SCHEMA_NEWER");
  });

  it("PostgreSQL gives integers and bytes as SQLite does, and unsafe integers are refused", async () => {
    const { rows } = await sql`select 9007199254740991::bigint as int, '\\x00ff'::bytea as bytes,
      sum(n) as sum from (values (1::bigint), (2)) as few (n)`.execute(db);
    expect(rows).toEqual([{ int: Number.MAX_SAFE_INTEGER, bytes: new Uint8Array([0, 255]), sum: 3 }]);
    await expect(sql`select 9007199254740992::bigint as int`.execute(db)).rejects.toThrow(RangeError);
  });

  it("a database keeps several logs apart in schemas", async () => {
    const other = await openDatabase(url, { schema: "registry_other" });
    await new SqlOutbox(other).enqueue([document(7)]);
    expect([await payloads(), (await other.selectFrom("anchor").select("id").execute()).length]).toEqual([
      [],
      1,
    ]);
    await other.destroy();
  });

  it("an unreachable database is reported with its address, and without user or password", async () => {
    const gone = url.replace(`:${server.port}/`, ":1/");
    const error: unknown = await openDatabase(gone).catch((fault: unknown) => fault);
    expect(error).toThrowCode("DATABASE_UNAVAILABLE");
    const reported = isAppError(error)
      ? JSON.stringify([error.message, error.fields, String(error.cause)])
      : "";
    expect(reported).toContain("127.0.0.1:1/");
    expect(reported).not.toMatch(/not-shown|hufu:/);
  });

  it("a database that comes back is used again without a restart", async () => {
    await server.kill();
    const answer = (): Promise<unknown> => new SqlIndexStore(db).cursor().catch((error: unknown) => error);
    // a process of the server may answer for a moment after the one that started it is gone
    for (let tries = 0; tries < 50 && !isAppError(await answer()); tries++) await sleep(100);
    await expect(answer()).resolves.toThrowCode("DATABASE_UNAVAILABLE");
    await server.restart();
    for (let tries = 0; tries < 50; tries++) {
      const cursor = await new SqlIndexStore(db).cursor().catch(() => undefined);
      if (cursor !== undefined) return;
      await sleep(100);
    }
    throw new Error("the pool does not recover");
  });
});
