/** Copies every table of a store to another one, of either kind, and compares them. */
import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { sql, type Kysely, type TableMetadata } from "kysely";
import { toHex } from "../../core/bytes.ts";
import { AppError } from "../../core/errors.ts";
import type { Database } from "./database.ts";
import { isPostgres } from "./transaction.ts";

type Row = Record<string, unknown>;

/** A table's rows, and a hash of them that does not depend on their order. */
export interface TableCopy {
  readonly table: string;
  readonly rows: number;
  readonly hash: string;
}

/** What each store has of its own: who it is, and who leads. */
const OWN = new Set(["store", "leadership"]);
const PAGE_ROWS = 200;

/**
 * Makes the tables of `to` equal to those of `from`, which no process writes meanwhile. A table that is equal already is left, so
 * an interrupted copy goes on where it was.
 * @param onCopied called after each table
 * @throws AppError STORAGE_FAILED: a table that was copied is not equal
 */
export async function copyTables(
  { from, to }: { from: Database; to: Database },
  onCopied: (copy: TableCopy) => Promise<void>,
): Promise<TableCopy[]> {
  const copies: TableCopy[] = [];
  for (const { name: table, columns } of await tablesOf(from)) {
    const wanted = await summarise(from, table);
    if ((await summarise(to, table)).hash !== wanted.hash) await copyTable(table, { from, to });
    const copied = await summarise(to, table);
    if (copied.rows !== wanted.rows || copied.hash !== wanted.hash) {
      const detail = `the table ${table} was copied, and is not equal: ${wanted.rows} rows (${wanted.hash}), and ${copied.rows} (${copied.hash})`;
      throw new AppError("STORAGE_FAILED", { detail });
    }
    for (const { name, isAutoIncrementing } of columns)
      if (isAutoIncrementing) await countOn(to, table, name);
    copies.push(copied);
    await onCopied(copied);
  }
  return copies;
}

async function copyTable(table: string, { from, to }: { from: Database; to: Database }): Promise<void> {
  const target = to as unknown as Kysely<Record<string, Row>>;
  await target.deleteFrom(table).execute();
  for await (const rows of pagesOf(from, table)) await target.insertInto(table).values(rows).execute();
}

/** Automatic numbers go on after those that were copied; SQLite does so by itself. */
async function countOn(db: Database, table: string, column: string): Promise<void> {
  if (!isPostgres(db)) return;
  const newest = sql`select max(${sql.ref(column)}) from ${sql.table(table)}`;
  await sql`select setval(pg_get_serial_sequence(${table}, ${column}), (${newest}))`.execute(db);
}

async function tablesOf(db: Database): Promise<TableMetadata[]> {
  const schema = isPostgres(db)
    ? (await sql<{ schema: string }>`select current_schema() as schema`.execute(db)).rows[0]?.schema
    : undefined;
  const tables = await db.introspection.getTables();
  return tables.filter((table) => table.schema === schema && !OWN.has(table.name));
}

/** The sum of the rows' SHA-256: each database has an order of its own. */
async function summarise(db: Database, table: string): Promise<TableCopy> {
  let rows = 0;
  let sum = 0n;
  for await (const page of pagesOf(db, table)) {
    rows += page.length;
    for (const row of page) sum += BigInt(`0x${hashOf(row)}`);
  }
  return { table, rows, hash: BigInt.asUintN(256, sum).toString(16).padStart(64, "0") };
}

function hashOf(row: Row): string {
  const columns = Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1));
  const text = JSON.stringify(columns, (_, value: unknown) =>
    value instanceof Uint8Array ? { bytes: toHex(value) } : value,
  );
  return createHash("sha256").update(text).digest("hex");
}

/** The rows of a table in the order of its primary key. */
async function* pagesOf(db: Database, table: string): AsyncGenerator<Row[]> {
  const key = await primaryKeyOf(db, table);
  const columns = sql.join(key.map((name) => sql.ref(name)));
  for (let last: Row | undefined, more = true; more;) {
    const after = last;
    const rest = after && sql`where (${columns}) > (${sql.join(key.map((name) => after[name]))})`;
    const { rows } =
      await sql<Row>`select * from ${sql.table(table)} ${rest ?? sql``} order by ${columns} limit ${PAGE_ROWS}`.execute(
        db,
      );
    last = rows.at(-1);
    more = last !== undefined;
    if (more) yield rows;
    await setImmediate(); // SQLite answers at once: the sign of life of a leader on PostgreSQL comes in between
  }
}

async function primaryKeyOf(db: Database, table: string): Promise<string[]> {
  const key = isPostgres(db)
    ? sql<{ name: string }>`select attname as name from pg_index
        join pg_attribute on attrelid = indrelid and attnum = any(indkey)
        where indrelid = ${table}::regclass and indisprimary order by array_position(indkey::int2[], attnum)`
    : sql<{ name: string }>`select name from pragma_table_info(${table}) where pk > 0 order by pk`;
  return (await key.execute(db)).rows.map(({ name }) => name);
}
