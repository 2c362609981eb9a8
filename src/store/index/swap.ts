/** Replaces the index that is served by a rebuilt one. */
import type { Database } from "../sql/database.ts";
import { DIRECTORY_TABLES } from "./directory.ts";
import { isRecorded } from "../outbox/ledger.ts";
import { blockRows, entryRows, nodeRows } from "./state-hash.ts";
import { Store } from "../sql/store.ts";
import type { Transaction } from "../sql/transaction.ts";

/** Rows in one insert. */
const ROWS = 1_000;

const SMALL = ["chain_identity", "cursor", "directory_change", ...DIRECTORY_TABLES] as const;
const LARGE = ["block", "entry", "node"] as const;

type Table = (typeof SMALL)[number] | (typeof LARGE)[number];

export class LiveIndex extends Store {
  /**
   * Replaces all rows by those of `fresh`, in one transaction. The outbox, keys and references stay; final transactions
   * without an entry are opened again, so that they are sent again. A doubt is removed.
   * @throws AppError LEADERSHIP_LOST: another process leads, and nothing is changed
   */
  async replaceWith(fresh: Database): Promise<void> {
    await this.writeAsLeader(async (tx) => {
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
}

async function copy(tx: Transaction, table: Table, rows: AsyncIterable<object>): Promise<void> {
  let page: object[] = [];
  for await (const row of rows) {
    page.push(row);
    if (page.length < ROWS) continue;
    await insert(tx, table, page);
    page = [];
  }
  await insert(tx, table, page);
}

async function insert(tx: Transaction, table: Table, rows: readonly object[]): Promise<void> {
  for (let i = 0; i < rows.length; i += ROWS) {
    await tx
      .insertInto(table)
      .values(rows.slice(i, i + ROWS))
      .execute();
  }
}
