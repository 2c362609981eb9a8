/** Gives a store its identity, and records what it was copied from and moved to. */
import { randomUUID } from "node:crypto";
import { sql, type Selectable } from "kysely";
import { fromHex } from "../../core/bytes.ts";
import { ENTRY_KINDS } from "../../core/entry.ts";
import type { Address } from "../../core/units.ts";
import type { Database } from "./database.ts";
import type { SharedDatabase } from "./leadership.ts";
import type { Schema } from "./schema.ts";
import { writing } from "./transaction.ts";

export type StoreRow = Selectable<Schema["store"]>;

/** The row of a store; undefined where no service has used the database. */
export async function readStoreRow(db: Database): Promise<StoreRow | undefined> {
  return await db.selectFrom("store").selectAll().executeTakeFirst();
}

/** The same; a missing row is made. @param copyOf the store that this one will be a copy of */
export async function makeStoreRow(db: Database, copyOf: string | null = null): Promise<StoreRow> {
  const row = { id: 1, identity: randomUUID(), copy_of: copyOf, moved_to: null } as const;
  await db
    .insertInto("store")
    .values(row)
    .onConflict((conflict) => conflict.column("id").doNothing())
    .execute();
  return (await readStoreRow(db)) ?? row;
}

/**
 * Changes what a store was copied from or moved to; null = it is complete, and in use.
 * @throws AppError LEADERSHIP_LOST: another process has led since
 */
export async function changeStoreRow(
  { db, leadership }: SharedDatabase,
  change: Partial<Pick<StoreRow, "copy_of" | "moved_to">>,
): Promise<void> {
  await writing(db, async (tx) => {
    await leadership.hold(tx);
    await tx.updateTable("store").set(change).execute();
  });
}

/** Whether nothing was accepted or sent here. */
export async function isUnused(db: Database): Promise<boolean> {
  for (const table of ["anchor", "status_request", "chain_transaction"] as const) {
    const row = db
      .selectFrom(table)
      .select(sql`1`.as("one"))
      .limit(1);
    if ((await row.executeTakeFirst()) !== undefined) return false;
  }
  return true;
}

/** How many documents and statuses of the log one of these keys has recorded. Reads the whole log. */
export async function countRecordedBy(db: Database, signers: readonly Address[]): Promise<number> {
  if (signers.length === 0) return 0;
  const recordedBy = sql<Uint8Array>`substr(bytes, 61, 20)`;
  const { count } = await db
    .selectFrom("entry")
    .select(({ fn }) => fn.countAll<number>().as("count"))
    .where("kind", "<>", ENTRY_KINDS.directory)
    .where(
      recordedBy,
      "in",
      signers.map((signer) => fromHex(signer.slice(2))),
    )
    .executeTakeFirstOrThrow();
  return count;
}
