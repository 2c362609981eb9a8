/** Makes a client from the options, the environment and `credentials.json`, in that order. */
import { join } from "node:path";
import { DEFAULT_SERVER, type ClientConfig } from "../config.ts";
import type { Language } from "../core/directory.ts";
import { AppError, quote } from "../core/errors.ts";
import { HufuClient } from "../sdk/client.ts";
import { CREDENTIALS_FILE, readCredentials, type Credentials } from "../files/credentials.ts";
import { undefinedIfMissing } from "../files/missing.ts";
import { readOwnerOnly } from "../files/owner-only.ts";
import type { ClientFlags } from "./context.ts";

/**
 * A key of credentials.json is sent only to the service of that file, unless --as names it.
 * @param role name of the key to take from credentials.json
 * @throws AppError CREDENTIALS, KEY_FILE_PERMISSIONS, KEY_FILE_FORMAT
 */
export async function clientFor(options: {
  flags: ClientFlags;
  role: string;
  config: ClientConfig;
  language: Language;
}): Promise<HufuClient> {
  const { flags, role, config, language } = options;
  const file = await localCredentials(config);
  const named = flags.server ?? config.server;
  const server = named ?? file?.server ?? DEFAULT_SERVER;
  const own = named === undefined || named === file?.server ? file?.keys[role] : undefined;
  const apiKey = (await explicitKey(flags, config, file)) ?? own;
  return new HufuClient({ server: server.replace(/\/+$/, ""), apiKey, language });
}

/** credentials.json of the data directory; undefined where no service has run on it. */
export async function localCredentials(config: ClientConfig): Promise<Credentials | undefined> {
  return await readCredentials(join(config.dataDir, CREDENTIALS_FILE));
}

async function explicitKey(
  { apiKeyFile, as }: ClientFlags,
  { apiKey, dataDir }: ClientConfig,
  file: Credentials | undefined,
): Promise<string | undefined> {
  if (apiKeyFile !== undefined) {
    const text = await readOwnerOnly(apiKeyFile).catch(undefinedIfMissing);
    if (text !== undefined) return text.trim();
    throw new AppError("CREDENTIALS", {
      detail: `there is no file ${quote(apiKeyFile)}`,
      at: "--api-key-file",
    });
  }
  if (as === undefined) return apiKey;
  const key = file?.keys[as];
  if (key !== undefined) return key;
  const known = Object.keys(file?.keys ?? {}).join(", ");
  const path = quote(join(dataDir, CREDENTIALS_FILE));
  const detail = known === "" ? `there is no ${path}` : `${path} has no key ${quote(as)}; it has ${known}`;
  throw new AppError("CREDENTIALS", { detail, at: "--as" });
}
