/** Hashes the rows of the index, so that two indexes can be compared. */
import { createHash } from "node:crypto";
import type { Selectable } from "kysely";
import { toHex } from "../../core/bytes.ts";
import type { Hash } from "../../core/units.ts";
import type { Database } from "../sql/database.ts";
import { DIRECTORY_TABLES } from "./directory.ts";
import type { Schema } from "../sql/schema.ts";
import { reading } from "../sql/transaction.ts";

const PAGE = 1_000;

type Row = Readonly<Record<string, unknown>>;

/**
 * SHA-256 of the index: two indexes have the same one if, and only if, they have the same rows. It is over lines of JSON,
 * each ended by a line feed: `[table, {column: value, …}]` with columns in the order of their names
 * and bytes in hexadecimal; first the size and root of the log, then block by number, entry by index, node by level and
 * index, and directory_change and the tables of the directory in the order of their lines. How far the chain was read,
 * and when, is not included.
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

/** The lines of a small table, sorted. */
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

export function blockRows(db: Database): AsyncIterable<Selectable<Schema["block"]>> {
  const from = db.selectFrom("block").selectAll().orderBy("number").limit(PAGE);
  return inPages(
    (above) => from.where("number", ">", above).execute(),
    ({ number }) => number,
  );
}

export function entryRows(db: Database): AsyncIterable<Selectable<Schema["entry"]>> {
  const from = db.selectFrom("entry").selectAll().orderBy("idx").limit(PAGE);
  return inPages(
    (above) => from.where("idx", ">", above).execute(),
    ({ idx }) => idx,
  );
}

export async function* nodeRows(db: Database): AsyncIterable<Selectable<Schema["node"]>> {
  const levels = await db.selectFrom("node").select("level").distinct().orderBy("level").execute();
  const from = db.selectFrom("node").selectAll().orderBy("idx").limit(PAGE);
  for (const { level } of levels) {
    const ofLevel = from.where("level", "=", level);
    yield* inPages(
      (above) => ofLevel.where("idx", ">", above).execute(),
      ({ idx }) => idx,
    );
  }
}

/** Reads rows page by page, in the order of a numeric key. */
async function* inPages<Row>(
  read: (above: number) => Promise<Row[]>,
  keyOf: (row: Row) => number,
): AsyncIterable<Row> {
  for (let above = -1; ;) {
    const page = await read(above);
    yield* page;
    const last = page.at(-1);
    if (last === undefined) return;
    above = keyOf(last);
  }
}
