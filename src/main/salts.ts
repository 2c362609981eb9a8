/** Where the command line keeps the salts of blinded documents. */
import type { SaltStore } from "../cli/context.ts";
import { SqlSalts } from "../store/access/salts.ts";

export async function openSalts(folder: string): Promise<SaltStore> {
  return await SqlSalts.open(folder);
}

export async function findSalts(folder: string): Promise<SaltStore | undefined> {
  return await SqlSalts.find(folder);
}
