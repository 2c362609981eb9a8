/** Copies a SQLite database that other processes write to. */
import { DatabaseSync, backup } from "node:sqlite";
import { diskFault } from "./sqlite-faults.ts";

/** All pages in one step, which sees one state of the database; in several, each write would begin the copy again. */
const ALL_PAGES = 2 ** 31 - 1;

/**
 * Copies a database as it is at one moment. The copy counts as never synced: a service on it waits until it has followed the
 * chain, so that nothing is decided by an index that lacks what happened since.
 * @throws AppError STORAGE_LOW, STORAGE_FAILED
 */
export async function copyDatabase(from: string, to: string): Promise<void> {
  try {
    using source = new DatabaseSync(from);
    await backup(source, to, { rate: ALL_PAGES });
    using copy = new DatabaseSync(to);
    copy.exec("pragma journal_mode = delete; update cursor set synced_at = 0");
  } catch (error) {
    throw diskFault(error, () => undefined) ?? error;
  }
}
