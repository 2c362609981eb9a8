/** Translates SQLite's result codes for a failing or full disk into faults of storage. */
import { storageFailed, storageLow, type OnUnsynced } from "../../core/storage.ts";

/** Primary result codes of SQLite (https://www.sqlite.org/rescode.html). */
const CODES = { error: 1, readOnly: 8, ioError: 10, corrupt: 11, full: 13, cannotOpen: 14, notADatabase: 26 };
const FAILING: readonly number[] = [
  CODES.readOnly,
  CODES.ioError,
  CODES.corrupt,
  CODES.cannotOpen,
  CODES.notADatabase,
];
/** SQLITE_IOERR_FSYNC and SQLITE_IOERR_DIR_FSYNC. */
const UNSYNCED: readonly number[] = [10 | (4 << 8), 10 | (5 << 8)];

/** Runs one statement, and translates its error where the disk caused it. */
export function onDisk<T>(run: () => T, onUnsynced: OnUnsynced): T {
  try {
    return run();
  } catch (error) {
    throw diskFault(error, onUnsynced) ?? error;
  }
}

/**
 * Runs a rollback. After a fault of the disk SQLite has rolled back by itself; the error that no transaction is active must
 * not hide that fault.
 */
export function onRollback<T>(run: () => T, fallback: T): T {
  try {
    return run();
  } catch (error) {
    if (codeOf(error) === CODES.error && String(error).includes("no transaction is active")) return fallback;
    throw error;
  }
}

/** The fault of storage that an error of SQLite comes from; undefined for any other error. */
export function diskFault(error: unknown, onUnsynced: OnUnsynced): Error | undefined {
  const code = codeOf(error);
  if (code === undefined) return undefined;
  const what = `the database cannot be used: ${error instanceof Error ? error.message : ""} (SQLite ${code})`;
  if ((code & 0xff) === CODES.full) return storageLow(what, error);
  if (!FAILING.includes(code & 0xff)) return undefined; // guard: F44 failing disk
  const fault = storageFailed(what, error);
  if (UNSYNCED.includes(code)) onUnsynced(fault);
  return fault;
}

/** The extended result code. */
function codeOf(error: unknown): number | undefined {
  const { errcode } = error as { errcode?: unknown };
  return typeof errcode === "number" ? errcode : undefined;
}
