/** Keeps in a data directory which store it belongs to. */
import { join } from "node:path";
import { z } from "zod";
import { AppError, quote } from "../core/errors.ts";
import { replaceFile } from "./durable.ts";
import { undefinedIfMissing } from "./missing.ts";
import { readOwnerOnly } from "./owner-only.ts";

const STORE_FILE = "store.json";

const storeFile = z.object({
  /** The identity that the store's database has, too. */
  store: z.string(),
  /** Where it was last, without user and password. */
  at: z.string(),
});
export type KnownStore = z.infer<typeof storeFile>;

/** The store of a data directory; undefined before the first start. @throws AppError KEY_FILE_PERMISSIONS, KEY_FILE_FORMAT */
export async function readStoreFile(dataDir: string): Promise<KnownStore | undefined> {
  const path = join(dataDir, STORE_FILE);
  const text = await readOwnerOnly(path).catch(undefinedIfMissing);
  if (text === undefined) return undefined;
  try {
    return storeFile.parse(JSON.parse(text));
  } catch (cause) {
    const detail = `${quote(path)} is not as this program writes it; restore it from a backup`;
    throw new AppError("KEY_FILE_FORMAT", { detail }, { cause });
  }
}

/** Durable when it resolves. */
export async function writeStoreFile(dataDir: string, { store, at }: KnownStore): Promise<void> {
  await replaceFile(join(dataDir, STORE_FILE), `${JSON.stringify({ store, at }, undefined, 2)}\n`);
}
