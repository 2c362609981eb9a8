/** Saves and restores the outbox and the index. */
import { sql } from "kysely";
import type { Database } from "../../../src/store/sql/database.ts";
import { dumpAll } from "./database.ts";

export type Backup = Awaited<ReturnType<typeof dumpAll>>;

export async function backup(db: Database): Promise<Backup> {
  return await dumpAll(db);
}

export async function restore(db: Database, saved: Backup): Promise<void> {
  await db.transaction().execute(async (tx) => {
    for (const table of Object.keys(saved)) await sql`delete from ${sql.table(table)}`.execute(tx);
    for (const [table, rows] of Object.entries(saved)) {
      for (const row of rows as Record<string, unknown>[]) {
        const columns = sql.join(Object.keys(row).map((name) => sql.ref(name)));
        const values = sql.join(Object.values(row));
        await sql`insert into ${sql.table(table)} (${columns}) values (${values})`.execute(tx);
      }
    }
  });
}
