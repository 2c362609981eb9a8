/** Reads files that hold a secret, and refuses those that other users have access to. */
import { readFile, stat } from "node:fs/promises";
import { AppError, quote } from "../core/errors.ts";

/**
 * The text of a file that its owner alone has access to.
 * @param at the setting that names the file
 * @throws AppError KEY_FILE_PERMISSIONS; and the system's errors, such as ENOENT
 */
export async function readOwnerOnly(path: string, at?: string): Promise<string> {
  await requireOwnerOnly(path, at);
  return await readFile(path, "utf8");
}

/** Checks a file or folder without reading it. @throws AppError KEY_FILE_PERMISSIONS; and the system's errors */
export async function requireOwnerOnly(path: string, at?: string): Promise<void> {
  const found = await stat(path);
  if ((found.mode & 0o077) === 0) return;
  const mode = (found.mode & 0o777).toString(8);
  const detail = `${quote(path)} can be read by others (mode ${mode}); run: chmod ${found.isDirectory() ? "700" : "600"} ${quote(path)}`;
  throw new AppError("KEY_FILE_PERMISSIONS", at === undefined ? { detail } : { detail, at });
}
