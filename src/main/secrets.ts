/** Reads and makes the secrets of a data directory: the operator's signing seeds and the secret that API keys are hashed under. */
import { join } from "node:path";
import { newKeysOf } from "../attest/identity.ts";
import type { OperatorSeeds } from "../attest/ports.ts";
import type { ServiceConfig } from "../config.ts";
import { toHex } from "../core/bytes.ts";
import type { KeyPurpose, NewOperatorKey } from "../core/directory.ts";
import { AppError } from "../core/errors.ts";
import type { OperatorId } from "../core/units.ts";
import { readOrMakeSecretBytes, readSecretBytes } from "../files/secret-file.ts";

/** The seeds with which this operator signs checkpoints, cosignatures and statements; made at the first start. */
export async function operatorSeeds({ dataDir }: { readonly dataDir: string }): Promise<OperatorSeeds> {
  return await seedsFrom(dataDir, (path) => readOrMakeSecretBytes(path, "KEY_FILE_FORMAT"));
}

/**
 * The public keys of a data directory, as the directory of a registry takes them for an operator of it.
 * @throws AppError FILE_NOT_FOUND: no service has made any in it yet
 * @throws AppError KEY_FILE_FORMAT, KEY_FILE_PERMISSIONS
 */
export async function operatorKeys(
  dataDir: string,
  place: { origin: string; operator: OperatorId },
): Promise<NewOperatorKey[]> {
  const seeds = await seedsFrom(dataDir, async (path) => {
    const known = await readSecretBytes(path, "KEY_FILE_FORMAT");
    if (known !== undefined) return known;
    const detail = `there is no ${path}: hufu serve makes the keys at its first start; HUFU_DATA_DIR says where`;
    throw new AppError("FILE_NOT_FOUND", { detail, at: "HUFU_DATA_DIR" });
  });
  return newKeysOf(seeds, place);
}

async function seedsFrom(
  dataDir: string,
  read: (path: string) => Promise<Uint8Array>,
): Promise<OperatorSeeds> {
  const seed = (purpose: KeyPurpose): Promise<Uint8Array> =>
    read(join(dataDir, "operator", `${purpose}.key`));
  return { log: await seed("log"), witness: await seed("witness"), status: await seed("status") };
}

/**
 * The secret that API keys are hashed under: from the file that the settings name, or from one in the data directory.
 * @throws AppError API_KEY_SECRET, KEY_FILE_PERMISSIONS
 */
export async function apiKeySecret({ apiKeySecretFile, dataDir }: ServiceConfig): Promise<Uint8Array> {
  if (apiKeySecretFile === undefined) return await readOrMakeSecretBytes(join(dataDir, "api-keys.secret"));
  const secret = await readSecretBytes(apiKeySecretFile);
  if (secret !== undefined) return secret;
  const at = "HUFU_API_KEY_SECRET_FILE";
  const detail = `${at}: there is no such file; make it once with: openssl rand -hex 32`;
  throw new AppError("API_KEY_SECRET", { detail, at });
}

/** The id of the instance of a data directory: 64 hexadecimal digits, made at the first start. */
export async function instanceId({ dataDir }: ServiceConfig): Promise<string> {
  return toHex(await readOrMakeSecretBytes(join(dataDir, "instance")));
}
