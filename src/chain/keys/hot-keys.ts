/** Opens the keys that an instance signs with: keystores, and on a local chain plain key files. */
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
const SETTING = "HUFU_KEY_PASSWORD_FILE";

/**
 * The hot keys that this instance signs with: the keystores (`*.json`) of a folder, all under one password, and where
 * the chain is local its plain key files (`*.key`) too. They are opened one after the other, each once, up to the first
 * fault: a wrong password is tried a single time. A folder that does not exist holds none.
 * @throws AppError KEY_FILE_*, KEYSTORE_*, KEY_FILE_PLAIN, DEV_KEY_ON_REAL_CHAIN, KEY_PASSWORD
 */
export async function openHotKeys({
  folder,
  place,
  passwordFile,
}: {
  folder: string;
  place: ChainPlace;
  passwordFile: string | undefined;
}): Promise<Signer[]> {
  const paths = (await namesIn(folder))
    .filter((name) => KEY_FILE.test(name))
    .map((name) => join(folder, name));
  refusePlainKeys(paths, place);
  let passwordText: Promise<string> | undefined;
  const password = (): Promise<string> => (passwordText ??= readPassword(passwordFile));
  const signers: Signer[] = [];
  for (const path of paths) {
    const file = { name: path, text: await readOwnerOnly(path) };
    const wallet = path.endsWith(".key") ? parseKey(file) : await openKeystore(file, password);
    signers.push(new LocalSigner(wallet));
  }
  refuseDevelopmentKeys(signers, place);
  return signers;
}

async function namesIn(folder: string): Promise<string[]> {
  return ((await readdir(folder).catch(undefinedIfMissing)) ?? []).sort();
}

function refusePlainKeys(paths: readonly string[], place: ChainPlace): void {
  const [plain] = isLocalChain(place) ? [] : paths.filter((path) => path.endsWith(".key"));
  if (plain === undefined) return;
  const encrypted = plain.replace(/key$/, "json");
  const detail = `${quote(plain)} holds a key as it is, and chain ${place.chainId} is not a local one; encrypt it with: hufu key encrypt ${quote(plain)} --out ${quote(encrypted)}, set ${SETTING}, and remove the plain file`;
  throw new AppError("KEY_FILE_PLAIN", { detail });
}

/** @throws AppError KEY_PASSWORD, KEY_FILE_PERMISSIONS */
async function readPassword(path: string | undefined): Promise<string> {
  if (path === undefined) {
    const detail = `there are keystores to open; set ${SETTING} to a file with their password that only its owner can read`;
    throw new AppError("KEY_PASSWORD", { detail });
  }
  const text = await readOwnerOnly(path).catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof AppError || code === undefined) throw error;
    throw new AppError("KEY_PASSWORD", { detail: `${SETTING}: it cannot be read (${code})`, at: SETTING });
  });
  const password = text.replace(/\r?\n$/, "");
  if (password !== "" && password.length <= MAX_PASSWORD) return password;
  const detail = `${SETTING}: expected a password of 1 to ${MAX_PASSWORD} characters, got ${password.length}`;
  throw new AppError("KEY_PASSWORD", { detail, at: SETTING });
}
