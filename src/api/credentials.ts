import { mkdir, open, rename } from "node:fs/promises";
import { join } from "node:path";
import type { Caller } from "../core/caller.ts";
import type { InstitutionId } from "../core/units.ts";
import { CREDENTIALS_FILE, readCredentials, type Credentials } from "../wire/credentials.ts";
import type { KeyRing } from "./access.ts";

/** A key ring whose keys can be changed. */
export interface KeyStore extends KeyRing {
  /** Adds keys, and ends those that they take the place of. Whoever shares the ring keeps theirs. */
  replace(gone: readonly string[], keys: readonly (Caller & { key: string })[]): Promise<void>;
  /** A key that nobody can guess. */
  newKey(): string;
}

/**
 * Keeps `credentials.json` in step with a service: the keys in it stay while they are the service's, and are made anew
 * otherwise; the addresses are those of now.
 * @param options.institutions those that this instance signs for; they get the keys issuer, issuer2, …
 * @returns the file's path
 */
export async function issueCredentials(options: {
  folder: string;
  keys: KeyStore;
  institutions: readonly InstitutionId[];
  addresses: Omit<Credentials, "keys">;
}): Promise<string> {
  const path = join(options.folder, CREDENTIALS_FILE);
  const callers = callersFor(options.institutions);
  const before = await readCredentials(path);
  const kept = before !== undefined && (await areKnown(before.keys, callers, options.keys));
  const keys = kept ? before.keys : await issue(callers, options.keys, Object.values(before?.keys ?? {}));
  await mkdir(options.folder, { recursive: true });
  await replaceFile(path, `${JSON.stringify({ ...options.addresses, keys }, null, 2)}\n`);
  return path;
}

function callersFor(institutions: readonly InstitutionId[]): Caller[] {
  const issuers = [...new Set(institutions)].map((institution, i): Caller => {
    return { name: i === 0 ? "issuer" : `issuer${i + 1}`, role: "issuer", institution };
  });
  const others = (["verifier", "auditor", "operator"] as const).map((role): Caller => {
    return { name: role, role, institution: undefined };
  });
  return [...issuers, ...others];
}

async function areKnown(
  keys: Credentials["keys"],
  callers: readonly Caller[],
  ring: KeyRing,
): Promise<boolean> {
  for (const { name, institution } of callers) {
    const known = await ring.find(keys[name] ?? "");
    if (known?.name !== name || known.institution !== institution) return false;
  }
  return callers.length === Object.keys(keys).length;
}

async function issue(
  callers: readonly Caller[],
  ring: KeyStore,
  gone: readonly string[],
): Promise<Credentials["keys"]> {
  const issued = callers.map((caller) => ({ ...caller, key: ring.newKey() }));
  await ring.replace(gone, issued);
  return Object.fromEntries(issued.map(({ name, key }) => [name, key]));
}

/** Writes beside the file and renames, so that a reader finds the old one or the new one, whole. */
async function replaceFile(path: string, text: string): Promise<void> {
  const beside = `${path}.new`;
  const file = await open(beside, "w", 0o600);
  await file.chmod(0o600);
  await file.writeFile(text);
  await file.sync();
  await file.close();
  await rename(beside, path);
}
