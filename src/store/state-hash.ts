import { createHash } from "node:crypto";
import { toHex } from "../core/bytes.ts";
import type { Hash } from "../core/units.ts";
import type { Database } from "./database.ts";
import { DIRECTORY_TABLES } from "./directory.ts";
import { reading } from "./transaction.ts";

const PAGE = 1_000;

type Row = Readonly<Record<string, unknown>>;

/**
 * SHA-256 over all that the index holds: two indexes have the same one if, and only if, they have the same rows. It is
 * over lines of JSON, each ended by a line feed: `[table, {column: value, …}]` with columns in the order of their names
 * and bytes in hexadecimal; first the size and root of the log, then block by number, entry by index, node by level and
 * index, and directory_change and the tables of the directory in the order of their lines. How far the chain was read,
 * and when, is no part of it.
 */
export async function stateHash(db: Database): Promise<Hash> {
  const hash = createHash("sha256");
  await reading(db, async (tx) => {
    for await (const line of lines(tx)) hash.update(`${line}\n`);
  });
  return Uint8Array.from(hash.digest());
}

async function* lines(db: Database): AsyncGenerator<string> {
  const cursor = await db.selectFrom("cursor").select(["size", "root"]).execute();
  yield* cursor.map((row) => lineOf("cursor", row));
  for await (const row of blockRows(db)) yield lineOf("block", row);
  for await (const row of entryRows(db)) yield lineOf("entry", row);
  for await (const row of nodeRows(db)) yield lineOf("node", row);
  for (const table of ["directory_change", ...DIRECTORY_TABLES] as const) yield* await tableLines(db, table);
}

/** The lines of a small table, in their own order. */
export async function tableLines(
  db: Database,
  table: (typeof DIRECTORY_TABLES)[number] | "directory_change",
): Promise<string[]> {
  const rows: Row[] = await db.selectFrom(table).selectAll().execute();
  return rows.map((row) => lineOf(table, row)).sort();
}

function lineOf(table: string, row: Row): string {
  const columns = Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1));
  const values = columns.map(([name, value]) => [name, value instanceof Uint8Array ? toHex(value) : value]);
  return JSON.stringify([table, Object.fromEntries(values)]);
}

export async function* blockRows(db: Database) {
  for (let above = -1; ;) {
    const page = await db
      .selectFrom("block")
      .selectAll()
      .where("number", ">", above)
      .orderBy("number")
      .limit(PAGE)
      .execute();
    yield* page;
    const last = page.at(-1);
    if (last === undefined) return;
    above = last.number;
  }
}

export async function* entryRows(db: Database) {
  for (let above = -1; ;) {
    const page = await db
      .selectFrom("entry")
      .selectAll()
      .where("idx", ">", above)
      .orderBy("idx")
      .limit(PAGE)
      .execute();
    yield* page;
    const last = page.at(-1);
    if (last === undefined) return;
    above = last.idx;
  }
}

export async function* nodeRows(db: Database) {
  for (let [level, above] = [0, -1]; ;) {
    const page = await db
      .selectFrom("node")
      .selectAll()
      .where("level", "=", level)
      .where("idx", ">", above)
      .orderBy("idx")
      .limit(PAGE)
      .execute();
    yield* page;
    const last = page.at(-1);
    if (last === undefined && above === -1) return;
    [level, above] = last === undefined ? [level + 1, -1] : [level, last.idx];
  }
}
