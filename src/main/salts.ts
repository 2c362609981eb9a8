/** Opens the store of the salts of blinded documents for the command line. */
import type { LocalSalts } from "../cli/context.ts";
import { SqlSalts } from "../store/access/salts.ts";

export const openSalts = (folder: string): Promise<LocalSalts> => SqlSalts.open(folder);

export const findSalts = (folder: string): Promise<LocalSalts | undefined> => SqlSalts.find(folder);
