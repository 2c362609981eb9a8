import { readFile, stat } from "node:fs/promises";
import { z } from "zod";
import { AppError, quote } from "../core/errors.ts";

/** `credentials.json` in the data directory: how to reach a service, and its API keys by name. Mode 0600. */
const credentials = z.object({
  server: z.string(),
  rpc: z.string(),
  registry: z.string(),
  keys: z.record(z.string(), z.string()),
});
export type Credentials = z.infer<typeof credentials>;

export const CREDENTIALS_FILE = "credentials.json";

/**
 * The credentials in `path`; undefined where there is no such file.
 * @throws AppError KEY_FILE_PERMISSIONS, KEY_FILE_FORMAT
 */
export async function readCredentials(path: string): Promise<Credentials | undefined> {
  const text = await readSecretFile(path);
  if (text === undefined) return undefined;
  try {
    return credentials.parse(JSON.parse(text));
  } catch {
    // without its cause, which would show the file's content
    throw new AppError("KEY_FILE_FORMAT", {
      detail: `${quote(path)} is not as a service writes it; start the service again`,
    });
  }
}

/**
 * The text of a file that holds a secret; undefined where there is no such file.
 * @throws AppError KEY_FILE_PERMISSIONS: others than its owner can read it
 */
export async function readSecretFile(path: string): Promise<string | undefined> {
  const found = await stat(path).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  });
  if (found === undefined) return undefined;
  if ((found.mode & 0o077) !== 0) {
    const mode = (found.mode & 0o777).toString(8);
    throw new AppError("KEY_FILE_PERMISSIONS", {
      detail: `${quote(path)} has mode ${mode}; run: chmod 600 ${quote(path)}`,
    });
  }
  return await readFile(path, "utf8");
}
