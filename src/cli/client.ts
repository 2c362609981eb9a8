/** Makes a client from the options, the environment and `credentials.json`, in that order. */
import { join } from "node:path";
import { DEFAULT_SERVER, type ClientConfig } from "../config.ts";
import type { Language } from "../core/directory.ts";
import { AppError, quote } from "../core/errors.ts";
import { HufuClient } from "../sdk/http/client.ts";
import { CREDENTIALS_FILE, readCredentials, type Credentials } from "../files/credentials.ts";
import { undefinedIfMissing } from "../files/missing.ts";
import { readOwnerOnly } from "../files/owner-only.ts";
import type { ClientFlags, Connection } from "./context.ts";

/**
 * A key of credentials.json is sent only to the service of that file, unless --as names it. With such a key the name of the
 * service is that of the key and the file's registry, so that a service that was set up afresh here is another; else it is
 * the URL.
 * @param role name of the key to take from credentials.json
 * @throws AppError CREDENTIALS, KEY_FILE_PERMISSIONS, KEY_FILE_FORMAT
 */
export async function connectionFor(options: {
  flags: ClientFlags;
  role: string;
  config: ClientConfig;
  language: Language;
}): Promise<Connection> {
  const { flags, role, config, language } = options;
  const file = await localCredentials(config);
  const named = flags.server ?? config.server;
  const server = (named ?? file?.server ?? DEFAULT_SERVER).replace(/\/+$/, "");
  const own = named === undefined || named === file?.server ? file?.keys[role] : undefined;
  const explicit = await explicitKey(flags, config, file);
  const { apiKeyFile, as } = flags;
  const keyName = explicit === undefined ? own && role : apiKeyFile === undefined ? as : undefined;
  const isLocal = file !== undefined && (named === undefined || named === file.server);
  return {
    client: new HufuClient({ server, apiKey: explicit ?? own, language }),
    server,
    trustedAs: isLocal ? `${server} ${file.registry}` : server,
    peer: file === undefined || keyName === undefined ? server : `${file.registry}/${keyName}`,
  };
}

/** credentials.json of the data directory; undefined where no service has run on it. */
export async function localCredentials(config: ClientConfig): Promise<Credentials | undefined> {
  return await readCredentials(join(config.dataDir, CREDENTIALS_FILE));
}

async function explicitKey(
  { apiKeyFile, as, isSecond = false }: ClientFlags,
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
  if (as === undefined || isSecond) return isSecond ? undefined : apiKey;
  const key = file?.keys[as];
  if (key !== undefined) return key;
  const known = Object.keys(file?.keys ?? {}).join(", ");
  const path = quote(join(dataDir, CREDENTIALS_FILE));
  const detail = known === "" ? `there is no ${path}` : `${path} has no key ${quote(as)}; it has ${known}`;
  throw new AppError("CREDENTIALS", { detail, at: "--as" });
}
