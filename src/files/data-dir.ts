/** Declares the files of a data directory, and which of them a backup saves, in which order. */
import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { AppError, quote } from "../core/errors.ts";
import { undefinedIfMissing } from "./missing.ts";

/** The SQLite database of a service. */
export const DATABASE_FILE = "hufu.db";
/** Is there from the begin of a restore to its end. */
export const RESTORE_MARK = "restoring";
/** What a lock leaves. */
export const LOCK_FILES = /^lock(\.pid|-journal)?$/;

/**
 * Every file that this program writes into a data directory. The database stands before the journal of the chain, so that a
 * saved chain is never behind the saved database. What else is in the directory was put there by its owner, and is saved too.
 */
export const DATA_FILES: readonly { readonly name: RegExp; readonly saved: boolean }[] = [
  { name: /^hufu\.db$/, saved: true },
  { name: /^(instance|store\.json|api-keys\.secret|credentials\.json)$/, saved: true },
  { name: /^keys\/[\w.-]+\.(key|json)$/, saved: true },
  { name: /^operator\/(log|witness|status)\.key$/, saved: true },
  { name: /^chain\/keys\/(deployer|institution-\d+-admin)\.key$/, saved: true },
  { name: /^chain\/journal\.ndjson$/, saved: true },
  // locks, what a running process has of its databases, copies of other registries, and files that are not complete
  { name: LOCK_FILES, saved: false },
  { name: /^(hufu\.db-|rebuild\.db|0x[0-9a-f]{40}\.db)/, saved: false },
  { name: /\.(new|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/, saved: false },
];

/** The files that a backup of `folder` consists of, in the order in which they are saved. @throws the system's errors */
export async function filesToSave(folder: string): Promise<string[]> {
  const rows = (await filesBelow(folder)).map((name) => {
    const row = DATA_FILES.findIndex((each) => each.name.test(name));
    return { name, row, saved: DATA_FILES[row]?.saved ?? true };
  });
  const saved = rows.filter((each) => each.saved).toSorted((a, b) => a.row - b.row);
  return saved.map(({ name }) => name);
}

/** The paths of all files below a folder; links are followed. */
export async function filesBelow(folder: string, below = ""): Promise<string[]> {
  const names = (await readdir(join(folder, below)).catch(undefinedIfMissing)) ?? [];
  const found = await Promise.all(
    names.toSorted().map(async (name) => {
      const path = below === "" ? name : `${below}/${name}`;
      const entry = await stat(join(folder, path)).catch(undefinedIfMissing); // a file that is not complete may be gone
      if (entry?.isDirectory() === true) return await filesBelow(folder, path);
      return entry?.isFile() === true ? [path] : [];
    }),
  );
  return found.flat();
}

/** @throws AppError RESTORE_INCOMPLETE */
export function refuseHalfRestored(folder: string): void {
  if (!existsSync(join(folder, RESTORE_MARK))) return;
  const detail = `a restore into ${quote(folder)} did not end: empty it, and restore again`;
  throw new AppError("RESTORE_INCOMPLETE", { detail, at: "HUFU_DATA_DIR" });
}
