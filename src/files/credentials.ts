/** Reads `credentials.json` of the data directory: how to reach a service, and its API keys by name. */
import { z } from "zod";
import { AppError, quote } from "../core/errors.ts";
import { undefinedIfMissing } from "./missing.ts";
import { readOwnerOnly } from "./owner-only.ts";

const credentials = z.object({
  server: z.string(),
  rpc: z.string(),
  registry: z.string(),
  keys: z.record(z.string(), z.string()),
});
export type Credentials = z.infer<typeof credentials>;

export const CREDENTIALS_FILE = "credentials.json";

/**
 * The credentials in `path`; undefined where the file does not exist.
 * @throws AppError KEY_FILE_PERMISSIONS, KEY_FILE_FORMAT
 */
export async function readCredentials(path: string): Promise<Credentials | undefined> {
  const text = await readOwnerOnly(path).catch(undefinedIfMissing);
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
