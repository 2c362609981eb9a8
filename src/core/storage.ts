/** Maps errors of the file system to the catalogue of errors. */
import { AppError } from "./errors.ts";

/**
 * Called after a failed sync to disk. The system drops the pages that it could not write, and a later sync may succeed, so
 * that reads of this process are no longer reliable: the callee ends the process immediately, and the next reads from disk.
 */
export type OnUnsynced = (fault: AppError) => void;

const DISK_FULL = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);
const NOT_WRITABLE = new Set(["EIO", "EROFS", "ENXIO", "ENODEV"]);

/** The AppError for an error code of the file system; undefined for any other error. */
export function storageFault(error: unknown, what: string): AppError | undefined {
  const code = String((error as { code?: unknown }).code);
  if (DISK_FULL.has(code)) return storageLow(`${what}: the disk is full (${code})`, error);
  if (NOT_WRITABLE.has(code))
    return storageFailed(`${what}: the disk fails or is read-only (${code})`, error);
  return undefined;
}

export function storageLow(detail: string, cause?: unknown): AppError {
  return new AppError("STORAGE_LOW", { detail }, { cause });
}

export function storageFailed(detail: string, cause?: unknown): AppError {
  return new AppError("STORAGE_FAILED", { detail }, { cause });
}

/** @param what a file, folder or database, by its name */
export function dataOfOlderVersion(
  what: string,
  instead = "start with another data directory and database",
): AppError {
  const detail = `${what} was written by Hufu 0.1.0, which this version does not read: keep it with that version, and ${instead}`;
  return new AppError("DATA_OF_OLDER_VERSION", { detail });
}
