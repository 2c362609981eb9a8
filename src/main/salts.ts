/** Opens and makes the store of the salts of blinded documents. */
import type { LocalSalts } from "../cli/context.ts";
import { AppError, quote } from "../core/errors.ts";
import { SqlSalts } from "../store/access/salts.ts";

/**
 * Opens the salts of this machine: one SQLite file in `folder`, for its owner alone. Several processes may use it. A backup
 * of it is needed: a lost salt unlinks its document for ever.
 * @throws AppError SALTS_MISSING: there are none, and a document that was blinded with others would be recorded again
 * @throws AppError KEY_FILE_PERMISSIONS, STORAGE_FAILED, STORAGE_LOW, SCHEMA_NEWER, DATA_OF_OLDER_VERSION
 */
export async function openSalts(folder: string): Promise<LocalSalts> {
  const salts = await findSalts(folder);
  if (salts !== undefined) return salts;
  const detail = `there are no salts in ${quote(folder)}. Name the folder that has them with --salts DIR or HUFU_SALT_DIR; where documents were never blinded, make it once with: hufu salts init DIR`;
  throw new AppError("SALTS_MISSING", { detail, at: "--salts" });
}

/** The same; undefined where there are none. */
export const findSalts = (folder: string): Promise<LocalSalts | undefined> => SqlSalts.find(folder);

/** The same, made where there are none: once for a machine, before its first blinded document. */
export const initSalts = (folder: string): Promise<LocalSalts> => SqlSalts.open(folder);
