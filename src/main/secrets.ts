/** The secrets of a data directory: those that an operator signs with, and the one that API keys are hashed under. */
import { join } from "node:path";
import { publicKeysOf } from "../attest/identity.ts";
import type { OperatorSeeds } from "../attest/ports.ts";
import type { ServiceConfig } from "../config.ts";
import { toHex } from "../core/bytes.ts";
import type { KeyPurpose } from "../core/directory.ts";
import { AppError } from "../core/errors.ts";
import { readOrMakeSecretBytes, readSecretBytes } from "../files/secret-file.ts";

/** The secrets with which this operator signs checkpoints, cosignatures and statements; made at the first start. */
export async function operatorSeeds({ dataDir }: { readonly dataDir: string }): Promise<OperatorSeeds> {
  return await seedsFrom(dataDir, (path) => readOrMakeSecretBytes(path, "KEY_FILE_FORMAT"));
}

/**
 * The public keys of the operator whose data directory this is, as the directory takes them.
 * @throws AppError FILE_NOT_FOUND: no service has made any here yet
 * @throws AppError KEY_FILE_FORMAT, KEY_FILE_PERMISSIONS
 */
export async function operatorKeys(dataDir: string): Promise<ReturnType<typeof publicKeysOf>> {
  const seeds = await seedsFrom(dataDir, async (path) => {
    const known = await readSecretBytes(path, "KEY_FILE_FORMAT");
    if (known !== undefined) return known;
    const detail = `there is no ${path}: hufu serve makes the keys at its first start; HUFU_DATA_DIR says where`;
    throw new AppError("FILE_NOT_FOUND", { detail, at: "HUFU_DATA_DIR" });
  });
  return publicKeysOf(seeds);
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
 * What API keys are hashed under: in a file that the settings name, or in one of the data directory.
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

/** The id of the instance whose data directory this is: 64 hexadecimal digits, made at the first start. */
export async function instanceId({ dataDir }: ServiceConfig): Promise<string> {
  return toHex(await readOrMakeSecretBytes(join(dataDir, "instance")));
}
