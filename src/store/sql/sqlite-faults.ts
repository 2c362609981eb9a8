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

/** Runs one statement, and says what its fault means where that is the disk's. */
export function onDisk<T>(run: () => T, onUnsynced: OnUnsynced): T {
  try {
    return run();
  } catch (error) {
    throw diskFault(error, onUnsynced) ?? error;
  }
}

/**
 * The same for a rollback. SQLite has undone the transaction by itself where the disk failed it; that there is none to
 * undo any more must not hide why.
 */
export function onRollback<T>(run: () => T, fallback: T): T {
  try {
    return run();
  } catch (error) {
    if (codeOf(error) === CODES.error && String(error).includes("no transaction is active")) return fallback;
    throw error;
  }
}

function diskFault(error: unknown, onUnsynced: OnUnsynced): Error | undefined {
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
