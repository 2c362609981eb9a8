import type { Transaction } from "kysely";
import type { Database } from "../sql/database.ts";
import { DIRECTORY_TABLES } from "./directory.ts";
import type { Fence } from "../sql/leadership.ts";
import { isRecorded } from "../outbox/ledger.ts";
import type { Schema } from "../sql/schema.ts";
import { writing } from "../sql/transaction.ts";
import { blockRows, entryRows, nodeRows } from "./state-hash.ts";

/** Rows in one insert. */
const ROWS = 1_000;

const SMALL = ["chain_identity", "cursor", "directory_change", ...DIRECTORY_TABLES] as const;
const LARGE = ["block", "entry", "node"] as const;

type Table = (typeof SMALL)[number] | (typeof LARGE)[number];

/**
 * Puts the index that `fresh` holds in the place of the one in `live`, in one transaction: whoever reads sees the one or
 * the other. The outbox, keys and references stay; transactions that were final and are in no entry any more are open
 * again, so that they are sent once more. A doubt is lifted.
 * @param options.fence where processes share `live`: of the one that follows the chain
 * @throws AppError LEADERSHIP_LOST: another has taken over, and nothing is changed
 */
export async function replaceIndex({
  live,
  fresh,
  fence,
}: {
  live: Database;
  fresh: Database;
  fence?: Fence;
}): Promise<void> {
  await writing(live, async (tx) => {
    await fence?.hold(tx);
    for (const table of [...SMALL, ...LARGE]) await tx.deleteFrom(table).execute();
    for (const table of SMALL) await insert(tx, table, await fresh.selectFrom(table).selectAll().execute());
    await copy(tx, "block", blockRows(fresh));
    await copy(tx, "entry", entryRows(fresh));
    await copy(tx, "node", nodeRows(fresh));
    await tx
      .updateTable("chain_transaction")
      .set({ state: "open" })
      .where("state", "=", "final")
      .where("carries", "=", 1)
      .where((eb) => eb.not(isRecorded()))
      .execute();
    await tx.deleteFrom("index_doubt").execute();
  });
}

async function copy(tx: Transaction<Schema>, table: Table, rows: AsyncIterable<object>): Promise<void> {
  let page: object[] = [];
  for await (const row of rows) {
    page.push(row);
    if (page.length < ROWS) continue;
    await insert(tx, table, page);
    page = [];
  }
  await insert(tx, table, page);
}

/** Rows go over as they are: both sides have the same tables. */
async function insert(tx: Transaction<Schema>, table: Table, rows: readonly object[]): Promise<void> {
  for (let i = 0; i < rows.length; i += ROWS) {
    await tx
      .insertInto(table)
      .values(rows.slice(i, i + ROWS))
      .execute();
  }
}
