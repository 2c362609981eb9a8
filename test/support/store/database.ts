/** Opens and dumps the databases of tests. */
import { sql } from "kysely";
import type { Database } from "../../../src/store/sql/database.ts";
import { openDatabase } from "../../../src/store/sql/database.ts";

const INDEX_TABLES = [
  "cursor",
  "block",
  "entry",
  "node",
  "directory_change",
  "institution",
  "registry_key",
  "operator",
  "operator_key",
  "scene",
  "governance_role",
  "registry_state",
];

const inMemory = (): Promise<Database> => openDatabase(":memory:");
let open = inMemory;

/** A new database, which the test closes: in memory, or as set by `databasesFrom`. */
export async function openTestDatabase(): Promise<Database> {
  return await open();
}

/** Sets how `openTestDatabase` opens databases; undefined = in memory. */
export function databasesFrom(another: (() => Promise<Database>) | undefined): void {
  open = another ?? inMemory;
}

/** Deletes everything that is derived from the chain, as before a rebuild. */
export async function forgetIndex(db: Database): Promise<void> {
  for (const table of INDEX_TABLES) await sql`delete from ${sql.table(table)}`.execute(db);
}

/** All rows of the index in a fixed order, without the time of the last sync. */
export async function dumpIndex(db: Database): Promise<Record<string, unknown[]>> {
  const dump: Record<string, unknown[]> = {};
  for (const table of INDEX_TABLES) {
    const { rows } = await sql<
      Record<string, unknown>
    >`select * from ${sql.table(table)} order by 1, 2`.execute(db);
    dump[table] = rows.map((row) => ({ ...row, synced_at: undefined }));
  }
  return dump;
}

/** Every row of the outbox and the index. */
export async function dumpAll(db: Database): Promise<Record<string, unknown[]>> {
  const dump: Record<string, unknown[]> = {};
  const others = [
    "chain_identity",
    "index_doubt",
    "anchor",
    "status_request",
    "chain_transaction",
    "chain_attempt",
  ];
  for (const table of [...INDEX_TABLES, ...others]) {
    dump[table] = (await sql`select * from ${sql.table(table)} order by 1, 2`.execute(db)).rows;
  }
  return dump;
}
