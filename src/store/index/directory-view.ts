/** Reads the whole directory at one state of the index. */
import type { Directory } from "../../core/act.ts";
import { AppError } from "../../core/errors.ts";
import type { Database } from "../sql/database.ts";
import { readTrusted } from "./doubt.ts";
import {
  readInstitutionKeys,
  readInstitutions,
  readOperators,
  readPendingKeys,
  readRegistryState,
  readScenes,
} from "./directory.ts";
import { readHead } from "./index-store.ts";

/** @throws AppError INDEX_STALE: nothing was read yet; or the doubt */
export async function readDirectory(db: Database): Promise<Directory> {
  return await readTrusted(db, async (tx) => {
    const head = await readHead(tx);
    if (head === undefined)
      throw new AppError("INDEX_STALE", { detail: "nothing was read from the chain yet" });
    return {
      institutions: await readInstitutions(tx),
      keys: await readInstitutionKeys(tx),
      pendingKeys: await readPendingKeys(tx),
      operators: await readOperators(tx),
      scenes: await readScenes(tx),
      registry: await readRegistryState(tx),
      head,
    };
  });
}
