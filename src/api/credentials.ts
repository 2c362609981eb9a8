/** Issues the API keys of `credentials.json`, and keeps that file in step with the service. */
import { join } from "node:path";
import type { ApiKey, Caller } from "../core/caller.ts";
import type { InstitutionId, UnixSeconds } from "../core/units.ts";
import { CREDENTIALS_FILE, readCredentials, type Credentials } from "../files/credentials.ts";
import { makeFolder, replaceFile } from "../files/durable.ts";
import type { KeyRing } from "./access.ts";

type Holder = Omit<Caller, "id">;

/** A key ring whose keys can be changed. Everything is durable, and in force in every process, when it resolves. */
export interface KeyStore extends KeyRing {
  /** @returns the key itself, which cannot be read again, and its record */
  add(
    wanted: Holder & {
      expiresAt: UnixSeconds | undefined;
      /** The id of the key that makes it; undefined = the service itself. */
      by: string | undefined;
      /** The instance that the service makes it for. */
      issuedTo?: string;
    },
  ): Promise<{ key: string; known: ApiKey }>;
  /** All keys, ended ones too, oldest first. @param issuedTo only those made for this instance */
  list(filter?: { issuedTo?: string }): Promise<ApiKey[]>;
  /** @throws AppError API_KEY_NOT_FOUND, LAST_OPERATOR_KEY */
  revoke(id: string, by: string | undefined): Promise<ApiKey>;
}

/**
 * Keeps `credentials.json` in step with a service: a key in it stays while it is in force, and is replaced otherwise,
 * unless it was revoked through the API; the addresses are updated. Keys made through the API are left alone.
 * @param options.instance stays the same for the folder
 * @param options.institutions those that this instance signs for; they get the keys issuer, issuer2, …
 * @returns the file's path
 */
export async function issueCredentials(options: {
  folder: string;
  keys: KeyStore;
  instance: string;
  institutions: readonly InstitutionId[];
  addresses: Omit<Credentials, "keys">;
}): Promise<string> {
  const path = join(options.folder, CREDENTIALS_FILE);
  const before = (await readCredentials(path))?.keys ?? {};
  const keys = await renewKeys(before, options);
  await makeFolder(options.folder);
  await replaceFile(path, `${JSON.stringify({ ...options.addresses, keys }, null, 2)}\n`);
  return path;
}

function holdersFor(institutions: readonly InstitutionId[]): Holder[] {
  const issuers = [...new Set(institutions)].map((institution, i): Holder => {
    return { name: i === 0 ? "issuer" : `issuer${i + 1}`, role: "issuer", institution };
  });
  const others = (["verifier", "auditor", "operator"] as const).map((role): Holder => {
    return { name: role, role, institution: undefined };
  });
  return [...issuers, ...others];
}

/** Keeps or makes the key of each holder, and revokes the instance's other keys. @returns the keys by name */
async function renewKeys(
  before: Credentials["keys"],
  {
    keys,
    instance,
    institutions,
  }: { keys: KeyStore; instance: string; institutions: readonly InstitutionId[] },
): Promise<Credentials["keys"]> {
  const issued = await keys.list({ issuedTo: instance });
  const after: Record<string, string> = {};
  const kept = new Set<string>();
  for (const holder of holdersFor(institutions)) {
    const key = before[holder.name] ?? "";
    const known = await keys.find(key);
    if (known !== undefined && isHeldBy(known, holder)) {
      after[holder.name] = key;
      kept.add(known.id);
    } else if (!issued.some((old) => old.revokedBy !== undefined && isHeldBy(old, holder))) {
      const made = await keys.add({ ...holder, expiresAt: undefined, by: undefined, issuedTo: instance });
      after[holder.name] = made.key;
    }
  }
  for (const { id, revokedAt } of issued)
    if (!kept.has(id) && revokedAt === undefined) await keys.revoke(id, undefined);
  return after;
}

function isHeldBy(key: Holder, { name, role, institution }: Holder): boolean {
  return key.name === name && key.role === role && key.institution === institution;
}
