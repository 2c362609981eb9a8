/** Databases that tests open, and what these hold. */
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

/** A database of the test's own, closed by it: in memory, or where `databasesFrom` has said. */
export async function openTestDatabase(): Promise<Database> {
  return await open();
}

/** Where `openTestDatabase` finds databases from now on; undefined = in memory. */
export function databasesFrom(another: (() => Promise<Database>) | undefined): void {
  open = another ?? inMemory;
}

/** Takes everything away that is made from the chain, as before it is made anew. */
export async function forgetIndex(db: Database): Promise<void> {
  for (const table of INDEX_TABLES) await sql`delete from ${sql.table(table)}`.execute(db);
}

/** Everything that the index holds, in an order of its own, without when it was last read. */
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
