/** Reads and makes plain key files: 64 hexadecimal digits that only their owner can read. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { Wallet } from "ethers";
import { AppError, quote } from "../../core/errors.ts";
import { undefinedIfMissing } from "../../files/missing.ts";
import { readOwnerOnly } from "../../files/owner-only.ts";
import { readOrMakeSecret } from "../../files/secret-file.ts";

const KEY_FILE = /^[\w.-]+\.key$/;
const PRIVATE_KEY = /^(0x)?[0-9a-f]{64}\s*$/i;

/**
 * The hot keys of a folder: its files named `*.key`; none where the folder does not exist.
 * @throws AppError KEY_FILE_PERMISSIONS, KEY_FILE_FORMAT
 */
export async function readKeys(folder: string): Promise<Wallet[]> {
  const names = (await readdir(folder).catch(undefinedIfMissing)) ?? [];
  return await Promise.all(
    names
      .filter((name) => KEY_FILE.test(name))
      .sort()
      .map((name) => readKey(join(folder, name))),
  );
}

/** The key in `path`. @throws AppError KEY_FILE_PERMISSIONS, KEY_FILE_FORMAT */
export async function readKey(path: string): Promise<Wallet> {
  return parseKey({ name: path, text: await readOwnerOnly(path) });
}

/** The key that the text of a key file holds. @throws AppError KEY_FILE_FORMAT */
export function parseKey({ name: path, text }: { name: string; text: string }): Wallet {
  if (!PRIVATE_KEY.test(text)) {
    throw new AppError("KEY_FILE_FORMAT", { detail: `${quote(path)} does not hold 64 hexadecimal digits` });
  }
  try {
    return new Wallet(text.trim());
  } catch {
    // without its cause, which could name the key
    throw new AppError("KEY_FILE_FORMAT", {
      detail: `${quote(path)} does not hold a private key of secp256k1`,
    });
  }
}

/** The key in `path`; a missing file is made first, and is durable when this resolves. */
export async function readOrMakeKey(path: string): Promise<Wallet> {
  return parseKey({ name: path, text: await readOrMakeSecret(path) });
}
