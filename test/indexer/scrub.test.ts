/** Tests the scrub of stored rows: each flipped bit and each missing row is found. */
import { sql } from "kysely";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connect } from "../../src/chain/registry/reader.ts";
import { decodeDirectoryEvent } from "../../src/log/directory-event.ts";
import { Scrub } from "../../src/indexer/scrub.ts";
import type { Database } from "../../src/store/sql/database.ts";
import { SqlScrubbedIndex } from "../../src/store/index/scrub.ts";
import { stateHash } from "../../src/store/index/state-hash.ts";
import { startTestChain } from "../support/chain/embedded.ts";
import { TestClock } from "../support/clock.ts";
import { ModelChain } from "../support/chain/model-chain.ts";
import { openStack, type Stack } from "../support/stack/stack.ts";

type Value = number | string | Uint8Array | null;
type Row = Record<string, Value>;

const clock = new TestClock();
let db: Database;
let stack: Stack;

beforeEach(async () => {
  const chain = new ModelChain(2);
  chain.mine({ kind: "institution" });
  for (let pick = 0; pick < 60; pick++) chain.mine({ kind: "directory", pick });
  chain.mine({ kind: "documents", count: 990 }, { kind: "institution" });
  chain.mine({ kind: "revocation" });
  chain.mine({ kind: "documents", count: 1 });
  stack = await openStack({ chain, clock });
  db = stack.db;
  await stack.sync();
});
afterEach(async () => await stack[Symbol.asyncDispose]());

/** The model's directory commits to nothing, so that a change counts as it says. */
const scrubbed = (): SqlScrubbedIndex => new SqlScrubbedIndex(db, () => ({}));

/** Tables of the index with their keys, and the columns that only the chain can vouch for. */
const TABLES = {
  block: { keys: ["number"], beyond: ["hash"] },
  entry: { keys: ["idx"], beyond: ["transaction_hash"] },
  node: { keys: ["level", "idx"], beyond: [] },
  directory_change: { keys: ["entry"], beyond: [] },
  institution: { keys: ["id"], beyond: [] },
  registry_key: { keys: ["address"], beyond: [] },
  operator: { keys: ["id"], beyond: [] },
  operator_key: { keys: ["id"], beyond: [] },
  scene: { keys: ["id"], beyond: [] },
  governance_role: { keys: ["role", "account"], beyond: [] },
  registry_state: { keys: ["id"], beyond: ["id"] },
} as const;

/** The value with one bit of it changed. */
function flip(value: Value): Value {
  if (value instanceof Uint8Array) {
    const at = value.length >> 1;
    return value.with(at, (value[at] ?? 0) ^ 4);
  }
  if (typeof value === "string") {
    const at = value.length >> 1;
    return value.slice(0, at) + String.fromCharCode(value.charCodeAt(at) ^ 1) + value.slice(at + 1);
  }
  return (value ?? 0) ^ (1 << 20);
}

async function set(table: string, column: string, value: Value, where: Row): Promise<void> {
  const conditions = Object.entries(where).map(([key, is]) => sql`${sql.ref(key)} = ${is}`);
  await sql`update ${sql.table(table)} set ${sql.ref(column)} = ${value} where ${sql.join(conditions, sql` and `)}`.execute(
    db,
  );
}

/** A row in the middle that has something in the column, where there is one. */
async function rowWith(table: string, column: string): Promise<Row> {
  const { rows } =
    await sql<Row>`select * from ${sql.table(table)} order by ${sql.ref(column)} is null, 1`.execute(db);
  const filled = rows.filter((row) => row[column] !== null);
  const row = filled[filled.length >> 1] ?? rows[0];
  if (row === undefined) throw new RangeError(`${table} holds nothing`);
  return row;
}

describe("a scrub", () => {
  it("a scrub finds nothing wrong in a sound index, page after page", async () => {
    const scrub = new Scrub({
      index: scrubbed(),
      store: stack.store,
      clock,
      log: pino({ level: "silent" }),
    });
    const waits: (number | undefined)[] = [];
    do waits.push(await scrub.step());
    while (waits.at(-1) !== undefined);
    expect(waits.length).toBe(2); // of 1,024 entries
    expect(await stack.doubt()).toBeUndefined();
  });

  it.each(Object.keys(TABLES) as (keyof typeof TABLES)[])(
    "F46: a scrub finds one bit flipped in any column of %s",
    async (table) => {
      const { keys, beyond } = TABLES[table];
      const columns = Object.keys(await rowWith(table, keys[0])).filter(
        (column) => !(beyond as readonly string[]).includes(column),
      );
      expect(columns.length).toBeGreaterThan(0);
      const sound = await stateHash(db);
      for (const column of columns) {
        const row = await rowWith(table, column);
        const flipped = flip(row[column] ?? null);
        const where = Object.fromEntries(keys.map((key) => [key, row[key] ?? null]));
        await set(table, column, flipped, where);
        expect([column, await stateHash(db)]).not.toEqual([column, sound]);
        const found = await scrubbed()
          .checkAll()
          .then(
            () => "nothing",
            (error: unknown) => (error as { code?: string }).code,
          );
        expect([column, found]).toEqual([column, "INDEX_MISMATCH"]);
        await set(table, column, row[column] ?? null, {
          ...where,
          ...(column in where ? { [column]: flipped } : {}),
        });
      }
      await scrubbed().checkAll();
      expect(await stateHash(db)).toEqual(sound);
    },
  );

  it.each(["entry", "node", "block", "directory_change"] as const)(
    "F46: a scrub finds a missing row of %s",
    async (table) => {
      const { keys } = TABLES[table];
      const row = await rowWith(table, keys[0]);
      const conditions = keys.map((key) => sql`${sql.ref(key)} = ${row[key] ?? null}`);
      await sql`delete from ${sql.table(table)} where ${sql.join(conditions, sql` and `)}`.execute(db);
      await expect(scrubbed().checkAll()).rejects.toThrowCode("INDEX_MISMATCH");
    },
  );

  it("F46: a finding turns every answer into indeterminate, and no sync lifts it", async () => {
    const { payload } = await db
      .selectFrom("entry")
      .select("payload")
      .where("kind", "=", 1)
      .orderBy("idx")
      .limit(1)
      .executeTakeFirstOrThrow();
    const ask = async (): Promise<string> =>
      (
        await stack.verifier.verify({
          payloads: [{ algorithm: "sha256", bytes: payload, blinded: false }],
        })
      ).verdict.kind;
    expect(await ask()).toBe("revoked");
    await db.updateTable("entry").set({ subject: 77 }).where("subject", "is not", null).execute();
    expect(await ask()).toBe("valid"); // the harm
    const scrub = new Scrub({
      index: scrubbed(),
      store: stack.store,
      clock,
      log: pino({ level: "silent" }),
    });
    while ((await scrub.step()) !== undefined);
    expect(await ask()).toBe("indeterminate");
    await expect(stack.sync()).rejects.toThrowCode("INDEX_MISMATCH");
    expect(await ask()).toBe("indeterminate");
  });
});

describe("the registry's own directory", () => {
  it("the directory's entries commit to every change, so a scrub finds an altered one with its tables", async () => {
    await using chain = await startTestChain({ clock });
    const reader = await connect(chain.rpc, { registry: chain.registry, finality: 1 });
    await using followed = await openStack({ chain: reader, clock });
    await followed.sync();
    const own = followed.db;
    const index = new SqlScrubbedIndex(own, decodeDirectoryEvent);
    await index.checkAll();
    const change = await own
      .selectFrom("directory_change")
      .selectAll()
      .where("body", "like", "%institution-registered%")
      .limit(1)
      .executeTakeFirstOrThrow();
    const { names } = JSON.parse(change.body) as { names: { en: string } };
    const body = change.body.replaceAll(names.en, `${names.en} Two`);
    await own.updateTable("directory_change").set({ body }).where("entry", "=", change.entry).execute();
    await own
      .updateTable("institution")
      .set({ name_en: `${names.en} Two` })
      .where("name_en", "=", names.en)
      .execute();
    await expect(index.checkAll()).rejects.toThrowCode("INDEX_MISMATCH");
  });
});
