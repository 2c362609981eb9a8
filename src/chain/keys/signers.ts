import { randomBytes, randomUUID } from "node:crypto";
import { access, link, mkdir, open, readdir, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Wallet } from "ethers";
import { toHex } from "../../core/bytes.ts";
import { AppError, quote } from "../../core/errors.ts";
import { readOwnFile, syncFolder } from "../../files/files.ts";

const KEY_FILE = /^[\w.-]+\.key$/;
const PRIVATE_KEY = /^(0x)?[0-9a-f]{64}\s*$/i;

/**
 * The hot keys of a folder: files named `*.key` that hold 64 hexadecimal digits and that nobody but their owner can
 * read. A folder that is not there holds none.
 * @throws AppError KEY_FILE_PERMISSIONS, KEY_FILE_FORMAT
 */
export async function readKeys(folder: string): Promise<Wallet[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  });
  return await Promise.all(
    names
      .filter((name) => KEY_FILE.test(name))
      .sort()
      .map((name) => readKey(join(folder, name))),
  );
}

/** The key in `path`. @throws AppError KEY_FILE_PERMISSIONS, KEY_FILE_FORMAT */
export async function readKey(path: string): Promise<Wallet> {
  return parseKey({ name: path, text: await readOwnFile(path) });
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

/** The key in `path`, made there first if there is none. It is on disk, whole, when this resolves. */
export async function readOrMakeKey(path: string): Promise<Wallet> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (!(await exists(path))) {
    const beside = `${path}.${randomUUID()}`;
    const file = await open(beside, "wx", 0o600);
    await file.writeFile(`${toHex(randomBytes(32))}\n`);
    await file.sync();
    await file.close();
    await putInPlace(beside, path);
    await syncFolder(folder);
  }
  return await readKey(path);
}

/** Gives a whole file its name, unless another is there by now. */
async function putInPlace(beside: string, path: string): Promise<void> {
  try {
    await link(beside, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    await unlink(beside);
  }
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
