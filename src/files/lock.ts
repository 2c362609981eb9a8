/** Locks a data directory for one process. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DatabaseSync } from "node:sqlite";
import { AppError, quote } from "../core/errors.ts";
import { refuseHalfRestored } from "./data-dir.ts";
import { makeFolder } from "./durable.ts";

export interface Lock {
  release(): void;
}

const RETRY_MS = 50;

/**
 * Locks a folder, which is made if it does not exist. The lock is the operating system's, held through an open SQLite
 * file, so it ends with the process in any case.
 * @param wait milliseconds to wait for another process to release it
 * @throws AppError DATA_DIR_LOCKED: another process holds it, named by its id
 * @throws AppError DATA_DIR_UNUSABLE: the folder cannot be made or written
 * @throws AppError RESTORE_INCOMPLETE: a backup was being put into it
 */
export async function lockFolder(folder: string, { wait = 0 }: { wait?: number } = {}): Promise<Lock> {
  const pidFile = join(folder, "lock.pid");
  await makeFolder(folder).catch((error: unknown) => {
    throw unusable(folder, error);
  });
  for (let waited = 0; ; waited += RETRY_MS) {
    const file = tryLock(folder);
    if (file !== undefined) {
      try {
        refuseHalfRestored(folder);
        await writeFile(pidFile, `${process.pid}\n`);
      } catch (error) {
        file.close();
        throw error;
      }
      return { release: () => file.close() };
    }
    if (waited >= wait) {
      const pid = (await readFile(pidFile, "utf8").catch(() => "")).trim();
      const detail = `${quote(folder)} is in use by process ${pid === "" ? "(unknown)" : pid}; stop it, or name another folder`;
      throw new AppError("DATA_DIR_LOCKED", { detail, at: "HUFU_DATA_DIR" });
    }
    await sleep(RETRY_MS);
  }
}

function tryLock(folder: string): DatabaseSync | undefined {
  let file: DatabaseSync | undefined;
  try {
    file = new DatabaseSync(join(folder, "lock"), { timeout: 0 });
    file.exec("begin exclusive"); // guard: F45 file lock
    return file;
  } catch (error) {
    file?.close();
    const SQLITE_BUSY = 5;
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return undefined;
    throw unusable(folder, error);
  }
}

function unusable(folder: string, cause: unknown): AppError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new AppError(
    "DATA_DIR_UNUSABLE",
    { detail: `${quote(folder)} cannot be used: ${why}`, at: "HUFU_DATA_DIR" },
    { cause },
  );
}
