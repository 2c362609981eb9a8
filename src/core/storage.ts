import { AppError } from "./errors.ts";

/**
 * Told when a sync to disk failed. The system forgets what it could not write, and a later sync may succeed all the same,
 * so nothing that this process reads back can be believed any more: whoever is told ends the process at once, and a new
 * one reads from disk.
 */
export type OnUnsynced = (fault: AppError) => void;

const NO_ROOM = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);
const NO_WRITING = new Set(["EIO", "EROFS", "ENXIO", "ENODEV"]);

/** What a refusal of the file system means, by the system's code; undefined for any other error. */
export function storageFault(error: unknown, what: string): AppError | undefined {
  const code = String((error as { code?: unknown }).code);
  if (NO_ROOM.has(code)) return storageLow(`${what}: the disk is full (${code})`, error);
  if (NO_WRITING.has(code)) return storageFailed(`${what}: the disk fails or is read-only (${code})`, error);
  return undefined;
}

export function storageLow(detail: string, cause?: unknown): AppError {
  return new AppError("STORAGE_LOW", { detail }, { cause });
}

export function storageFailed(detail: string, cause?: unknown): AppError {
  return new AppError("STORAGE_FAILED", { detail }, { cause });
}
