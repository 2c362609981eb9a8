/** Opens the store of the salts of blinded documents for the command line. */
import type { SaltStore } from "../cli/context.ts";
import { SqlSalts } from "../store/access/salts.ts";

export const openSalts = (folder: string): Promise<SaltStore> => SqlSalts.open(folder);

export const findSalts = (folder: string): Promise<SaltStore | undefined> => SqlSalts.find(folder);
