/** Opens the keys that an instance signs with: keystores, and on a local chain plain key files. */
import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { AppError, quote } from "../../core/errors.ts";
import { undefinedIfMissing } from "../../files/missing.ts";
import { readOwnerOnly } from "../../files/owner-only.ts";
import { openKeystore } from "./keystore.ts";
import { isLocalChain, refuseDevelopmentKeys, type ChainPlace } from "../rpc/local-chain.ts";
import { LocalSigner, type Signer } from "./signer.ts";
import { parseKey } from "./signers.ts";

const KEY_FILE = /^[\w.-]+\.(key|json)$/;
const MAX_PASSWORD = 4_096;

/** Where the password of the keystores is. */
export type PasswordSource =
  | { readonly kind: "file"; readonly path: string }
  /** Read to its end, and closed. */
  | { readonly kind: "descriptor"; readonly number: number };

/**
 * The hot keys that this instance signs with: the keystores (`*.json`) of a folder, all under one password, and where
 * the chain is local its plain key files (`*.key`) too. They are opened one after the other, each once, and the first
 * fault ends it: a wrong password is tried a single time. A folder that is not there holds none.
 * @throws AppError KEY_FILE_*, KEYSTORE_*, KEY_FILE_PLAIN, DEV_KEY_ON_REAL_CHAIN, KEY_PASSWORD
 */
export async function openHotKeys({
  folder,
  place,
  password,
}: {
  folder: string;
  place: ChainPlace;
  password: PasswordSource | undefined;
}): Promise<Signer[]> {
  const paths = (await namesIn(folder))
    .filter((name) => KEY_FILE.test(name))
    .map((name) => join(folder, name));
  refusePlain(paths, place);
  let read: Promise<string> | undefined;
  const once = (): Promise<string> => (read ??= readPassword(password));
  const signers: Signer[] = [];
  for (const path of paths) {
    const file = { name: path, text: await readOwnerOnly(path) };
    const wallet = path.endsWith(".key") ? parseKey(file) : await openKeystore(file, once);
    signers.push(new LocalSigner(wallet));
  }
  refuseDevelopmentKeys(signers, place);
  return signers;
}

async function namesIn(folder: string): Promise<string[]> {
  return ((await readdir(folder).catch(undefinedIfMissing)) ?? []).sort();
}

function refusePlain(paths: readonly string[], place: ChainPlace): void {
  const [plain] = isLocalChain(place) ? [] : paths.filter((path) => path.endsWith(".key"));
  if (plain === undefined) return;
  const sealed = plain.replace(/key$/, "json");
  const detail = `${quote(plain)} holds a key as it is, and chain ${place.chainId} is not a local one; encrypt it with: hufu key encrypt ${quote(plain)} --out ${quote(sealed)}, set HUFU_KEY_PASSWORD_FILE, and remove the plain file`;
  throw new AppError("KEY_FILE_PLAIN", { detail });
}

/** @throws AppError KEY_PASSWORD, KEY_FILE_PERMISSIONS */
async function readPassword(source: PasswordSource | undefined): Promise<string> {
  if (source === undefined) {
    const detail =
      "there are keystores to open; set HUFU_KEY_PASSWORD_FILE to a file with their password that only its owner can read, or HUFU_KEY_PASSWORD_FD to an open descriptor";
    throw new AppError("KEY_PASSWORD", { detail });
  }
  const [setting, text] =
    source.kind === "file"
      ? ([
          "HUFU_KEY_PASSWORD_FILE",
          await readOwnerOnly(source.path).catch(unreadable("HUFU_KEY_PASSWORD_FILE")),
        ] as const)
      : ([
          "HUFU_KEY_PASSWORD_FD",
          await readDescriptor(source.number).catch(unreadable("HUFU_KEY_PASSWORD_FD")),
        ] as const);
  const password = text.replace(/\r?\n$/, "");
  if (password !== "" && password.length <= MAX_PASSWORD) return password;
  const detail = `${setting}: expected a password of 1 to ${MAX_PASSWORD} characters, got ${password.length}`;
  throw new AppError("KEY_PASSWORD", { detail, at: setting });
}

async function readDescriptor(fd: number): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of createReadStream("", { fd, end: 4 * MAX_PASSWORD })) parts.push(part as Buffer);
  return Buffer.concat(parts).toString("utf8");
}

/** A file or descriptor that is not there is a fault of its setting. */
function unreadable(setting: string): (error: unknown) => never {
  return (error) => {
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof AppError || code === undefined) throw error;
    throw new AppError("KEY_PASSWORD", { detail: `${setting}: it cannot be read (${code})`, at: setting });
  };
}
