/** Reads files that hold a secret, and refuses those that other users have access to. */
import type { Stats } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { AppError, quote } from "../core/errors.ts";

/** The user, and its group. */
const ROOT = 0;

/**
 * The text of a file that is private, as {@link isPrivate} defines it.
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
  if (isPrivate(found, [process.getegid?.() ?? ROOT, ...(process.getgroups?.() ?? [])])) return;
  const mode = (found.mode & 0o777).toString(8);
  const detail = `${quote(path)} can be read by others (mode ${mode}); run: chmod ${found.isDirectory() ? "700" : "600"} ${quote(path)}`;
  throw new AppError("KEY_FILE_PERMISSIONS", at === undefined ? { detail } : { detail, at });
}

/**
 * Whether its owner alone has access; or it is as Kubernetes and systemd mount a secret: root's, and read by one group, which
 * is root's or one of `groups`.
 */
export function isPrivate(
  { mode, uid, gid }: Pick<Stats, "mode" | "uid" | "gid">,
  groups: readonly number[],
): boolean {
  if ((mode & 0o077) === 0) return true;
  return (mode & 0o037) === 0 && uid === ROOT && [ROOT, ...groups].includes(gid);
}
