import { randomBytes, randomUUID } from "node:crypto";
import { link, mkdir, open, readFile, stat, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { AppError, quote, type ErrorCode } from "../core/errors.ts";

const SECRET = /^[0-9a-f]{64}\s*$/i;

/**
 * The 32 bytes in a file of 64 hexadecimal digits that only its owner can read; undefined where there is no such file.
 * @param wrong the code where it holds something else
 * @throws AppError KEY_FILE_PERMISSIONS
 */
export async function readSecretBytes(
  path: string,
  wrong: ErrorCode = "API_KEY_SECRET",
): Promise<Uint8Array | undefined> {
  const found = await stat(path).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  });
  if (found === undefined) return undefined;
  refuseReadable(path, found.mode, "600");
  const text = await readFile(path, "utf8");
  if (SECRET.test(text)) return Buffer.from(text.trim(), "hex");
  // without what it holds
  throw new AppError(wrong, { detail: `${quote(path)} does not hold 64 hexadecimal digits` });
}

/** The same, made at random first where there is none. It is on disk, whole, when this resolves. */
export async function readOrMakeSecretBytes(path: string, wrong?: ErrorCode): Promise<Uint8Array> {
  const known = await readSecretBytes(path, wrong);
  if (known !== undefined) return known;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const beside = `${path}.${randomUUID()}`;
  const file = await open(beside, "wx", 0o600);
  await file.writeFile(`${randomBytes(32).toString("hex")}\n`);
  await file.sync();
  await file.close();
  await link(beside, path).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error; // another was first
  });
  await unlink(beside);
  const folder = await open(dirname(path), "r");
  await folder.sync();
  await folder.close();
  return await readOrMakeSecretBytes(path, wrong);
}

/**
 * Refuses what others than its owner can read.
 * @param allowed the mode to give it
 * @throws AppError KEY_FILE_PERMISSIONS
 */
export function refuseReadable(path: string, mode: number, allowed: "600" | "700"): void {
  if ((mode & 0o077) === 0) return;
  const detail = `${quote(path)} can be read by others (mode ${(mode & 0o777).toString(8)}); run: chmod ${allowed} ${quote(path)}`;
  throw new AppError("KEY_FILE_PERMISSIONS", { detail });
}
