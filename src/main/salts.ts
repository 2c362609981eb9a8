/** Opens the store of the salts of blinded documents for the command line. */
import type { LocalSalts } from "../cli/context.ts";
import { SqlSalts } from "../store/access/salts.ts";

/**
 * Opens the salts of this machine, and makes them where there are none: one SQLite file in `folder`, for its owner alone.
 * Several processes may use it. A backup of it is needed: a lost salt unlinks its document for ever.
 * @throws AppError KEY_FILE_PERMISSIONS, STORAGE_FAILED, STORAGE_LOW, SCHEMA_NEWER, DATA_OF_OLDER_VERSION
 */
export const openSalts = (folder: string): Promise<LocalSalts> => SqlSalts.open(folder);

/** The same; undefined where no salt was ever stored. */
export const findSalts = (folder: string): Promise<LocalSalts | undefined> => SqlSalts.find(folder);
