/** Keeps 32 random bytes as a file of 64 hexadecimal digits that its owner alone has access to. */
import { randomBytes } from "node:crypto";
import { dirname } from "node:path";
import { AppError, quote, type ErrorCode } from "../core/errors.ts";
import { makeFolder, placeNew } from "./durable.ts";
import { undefinedIfMissing } from "./missing.ts";
import { readOwnerOnly } from "./owner-only.ts";

const SECRET = /^[0-9a-f]{64}\s*$/i;

/**
 * The bytes in `path`; undefined where the file does not exist.
 * @param malformed the code where the file holds anything else
 * @throws AppError KEY_FILE_PERMISSIONS
 */
export async function readSecretBytes(
  path: string,
  malformed: ErrorCode = "API_KEY_SECRET",
): Promise<Uint8Array | undefined> {
  const text = await readOwnerOnly(path).catch(undefinedIfMissing);
  return text === undefined ? undefined : parseSecret(path, text, malformed);
}

/** The same; a missing file is made with random bytes first. */
export async function readOrMakeSecretBytes(
  path: string,
  malformed: ErrorCode = "API_KEY_SECRET",
): Promise<Uint8Array> {
  return parseSecret(path, await readOrMakeSecret(path), malformed);
}

/** The file's text; a missing file is made with random bytes first, and is durable when this resolves. */
export async function readOrMakeSecret(path: string): Promise<string> {
  const existing = await readOwnerOnly(path).catch(undefinedIfMissing);
  if (existing !== undefined) return existing;
  await makeFolder(dirname(path));
  const secret = `${randomBytes(32).toString("hex")}\n`;
  await placeNew({ path, write: (file) => file.writeFile(secret) });
  return await readOwnerOnly(path); // another process may have made it meanwhile
}

function parseSecret(path: string, text: string, malformed: ErrorCode): Uint8Array {
  if (SECRET.test(text)) return Buffer.from(text.trim(), "hex");
  // without the file's content
  throw new AppError(malformed, { detail: `${quote(path)} does not hold 64 hexadecimal digits` });
}
