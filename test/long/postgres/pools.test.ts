import { sql } from "kysely";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDatabase } from "../../../src/store/sql/database.ts";
import { openShared } from "../../../src/store/sql/leadership.ts";
import { anchorSome } from "../../support/service/anchor-some.ts";
import { ask, startTestService } from "../../support/service/service.ts";
import { startPool, type Pool } from "../../support/store/pgbouncer.ts";
import { startPostgres, type TestPostgres } from "../../support/store/postgres.ts";

let server: TestPostgres;
beforeAll(async () => void (server = await startPostgres()));
afterAll(async () => await server.close());

/** The settings that a pool gives to whoever comes. */
async function settingsOf({ url }: Pool): Promise<unknown> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query(
    `select name, setting from pg_settings where name in ('search_path', 'statement_timeout', 'lock_timeout',
      'idle_in_transaction_session_timeout', 'idle_session_timeout', 'synchronous_commit', 'transaction_isolation')
      order by name`,
  );
  await client.end();
  return rows;
}

/** Has the pool open so many sessions of the server. */
async function warm({ url }: Pool, sessions: number): Promise<void> {
  const clients = Array.from({ length: sessions }, () => new Client({ connectionString: url }));
  await Promise.all(
    clients.map(async (client) => {
      await client.connect();
      await client.query("select pg_sleep(0.05)");
      await client.end();
    }),
  );
}

describe("F12: a pool that shares the sessions of the server is refused, and nothing is set in them", () => {
  it.each([
    { pool_mode: "transaction", default_pool_size: "1" },
    { pool_mode: "transaction", default_pool_size: "2" },
    { pool_mode: "transaction", default_pool_size: "20" },
    { pool_mode: "transaction", default_pool_size: "20", server_round_robin: "1" },
    { pool_mode: "transaction", default_pool_size: "1", server_reset_query_always: "1" },
    { pool_mode: "transaction", default_pool_size: "5", server_reset_query_always: "1" },
    { pool_mode: "statement", default_pool_size: "1" },
    { pool_mode: "statement", default_pool_size: "5", server_round_robin: "1" },
    // the lock of a process that has ended would stay
    { pool_mode: "session", default_pool_size: "20", server_reset_query: "" },
  ])("$pool_mode, $default_pool_size sessions: %o", async (settings) => {
    const database = await server.fresh({ migrated: false });
    await using pool = await startPool(database, settings);
    await warm(pool, Number(settings.default_pool_size));
    const before = await settingsOf(pool);
    for (const attempt of [1, 2, 3])
      await expect(openShared({ at: pool.url }), `attempt ${attempt}`).rejects.toThrowCode("DATABASE_POOLED");
    expect(await settingsOf(pool)).toEqual(before);
    const tables = await server.query(
      "select 1 from pg_tables where schemaname = 'public'",
      new URL(database).pathname.slice(1),
    );
    expect(tables).toEqual([]);
  });

  it("it is refused while others use it, too", async () => {
    await using pool = await startPool(await server.fresh(), {
      pool_mode: "transaction",
      default_pool_size: "5",
    });
    const others = Array.from({ length: 8 }, () => new Client({ connectionString: pool.url }));
    await Promise.all(others.map((other) => other.connect()));
    let working = true;
    const work = others.map(async (other) => {
      while (working) await other.query("select 1");
    });
    for (const attempt of [1, 2, 3])
      await expect(openShared({ at: pool.url }), `attempt ${attempt}`).rejects.toThrowCode("DATABASE_POOLED");
    working = false;
    await Promise.all(work);
    await Promise.all(others.map((other) => other.end()));
  });

  it("a service behind it does not start", async () => {
    await using pool = await startPool(await server.fresh(), {
      pool_mode: "transaction",
      default_pool_size: "20",
    });
    await expect(startTestService({ env: { HUFU_DATABASE_URL: pool.url } })).rejects.toThrowCode(
      "DATABASE_POOLED",
    );
  });
});

describe("F12: a pool in session mode", () => {
  it("one of two processes leads, and the other takes over when it resigns", async () => {
    await using pool = await startPool(await server.fresh(), {
      pool_mode: "session",
      default_pool_size: "30",
    });
    const all = [await openShared({ at: pool.url }), await openShared({ at: pool.url })];
    const stand = () => Promise.all(all.map(({ leadership }) => leadership.lead(() => Promise.resolve(1))));
    const first = await stand();
    expect(first.filter((led) => led === 1)).toHaveLength(1);
    await all[first.indexOf(1)]?.close();
    all.splice(first.indexOf(1), 1);
    await expect.poll(async () => (await stand())[0]).toBe(1); // the pool resets the session first
    for (const each of all) await each.close();
  });

  it("a service behind it records documents", async () => {
    await using pool = await startPool(await server.fresh(), {
      pool_mode: "session",
      default_pool_size: "30",
    });
    await using service = await startTestService({ env: { HUFU_DATABASE_URL: pool.url } });
    const id = await anchorSome(service, 3);
    const { body } = await ask(`${service.url}/v1/anchors/${id}`, { key: service.keys.issuer });
    expect(body["state"]).toBe("final");
  });
});

describe("settings behind a pool that gives every transaction the session of another", () => {
  it("each database keeps its schema and its durability, and the pool its own settings", async () => {
    const at = await server.fresh({ migrated: false });
    const name = new URL(at).pathname.slice(1);
    await server.query(`alter database ${name} set synchronous_commit = off`);
    await using pool = await startPool(at, { pool_mode: "transaction", default_pool_size: "1" });
    const before = await settingsOf(pool);
    const schemas = ["registry_0xaa", 'Registry "0xBB"'];
    const databases = [];
    for (const schema of schemas) databases.push(await openDatabase(pool.url, { schema }));
    const own = await openDatabase(pool.url);
    const values = [...databases, own].map((db, value) => ({ db, value }));
    for (const { db, value } of values) {
      await db
        .insertInto("secret")
        .values({ name: "alone", value: Uint8Array.of(value) })
        .execute();
      await db.transaction().execute(async (tx) => {
        await tx
          .insertInto("secret")
          .values({ name: "together", value: Uint8Array.of(value) })
          .execute();
      });
      const { rows } = await sql`show synchronous_commit`.execute(db);
      expect(rows).toEqual([{ synchronous_commit: "on" }]);
    }
    for (const { db, value } of values) {
      const rows = await db.selectFrom("secret").select(["name", "value"]).orderBy("name").execute();
      const expected = Uint8Array.of(value);
      expect(rows).toEqual([
        { name: "alone", value: expected },
        { name: "together", value: expected },
      ]);
    }
    for (const { db } of values) await db.destroy();
    expect(await settingsOf(pool)).toEqual(before);
  });
});
