import { open, readFile, stat } from "node:fs/promises";
import { AppError, quote } from "../core/errors.ts";

/** Makes the names in a folder durable, as the content of its files is by their own sync. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  await folder.sync();
  await folder.close();
}

/** The text of a file that holds a secret. @throws AppError KEY_FILE_PERMISSIONS: not its owner alone can read it */
export async function readOwnFile(path: string): Promise<string> {
  const { mode } = await stat(path);
  if ((mode & 0o077) !== 0) {
    const detail = `${quote(path)} can be read by others (mode ${(mode & 0o777).toString(8)}); run: chmod 600 ${quote(path)}`;
    throw new AppError("KEY_FILE_PERMISSIONS", { detail });
  }
  return await readFile(path, "utf8");
}
