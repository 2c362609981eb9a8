/** Collects the keys that checkpoints are judged by, and proves claimed ones by the entries that add them. */
import { toHex } from "../../core/bytes.ts";
import type { KeyPurpose } from "../../core/directory.ts";
import type { Entry } from "../../core/entry.ts";
import type { Address } from "../../core/units.ts";
import type { VerifierKey } from "../../log/note.ts";
import { payloadOfKey, usableKeys } from "../../log/operator-key.ts";
import type { Policy, PolicyKey } from "../../log/policy.ts";
import type { ClaimedKey } from "../ports.ts";

/** A key by which checkpoints are judged. */
export interface AuditKey {
  /** Of the signer, for people. */
  readonly name: string;
  readonly key: VerifierKey;
  /** Pinned by a policy, or in the log's own entries. */
  readonly proven: boolean;
  /** When its cosignatures count for a quorum. */
  readonly window: Pick<PolicyKey, "from" | "until">;
}

export interface AuditKeys {
  readonly log: readonly AuditKey[];
  readonly witnesses: readonly AuditKey[];
}

/** The keys that a policy has for a log. */
export function keysOfPolicy({ logs, witnesses }: Policy, origin: string): AuditKeys {
  return {
    log: logs
      .filter(({ key }) => key.name === origin)
      .map(({ key, ...window }) => ({ name: toHex(key.id), key, proven: true, window })),
    witnesses: witnesses.map(({ name, key, ...window }) => ({ name, key, proven: true, window })),
  };
}

/** The keys that are claimed, where they count. */
export function keysOfClaims(
  claims: readonly ClaimedKey[],
  origin: string,
  isProven: (claim: ClaimedKey) => boolean,
): AuditKeys {
  const usable = usableKeys(claims, origin);
  const of = (purpose: KeyPurpose): AuditKey[] =>
    usable
      .filter(({ key }) => key.purpose === purpose)
      .map(({ key, verifier }) => ({
        name: `${key.name} (${key.operator})`,
        key: verifier,
        proven: isProven(key),
        window: {},
      }));
  return { log: of("log"), witnesses: of("witness") };
}

/** How many accounts that record entries are remembered at a time; a registry has a few. */
const MAX_RECORDERS = 1_000;

/** Matches claimed keys with the directory entries of the log that add them. */
export class KeyClaims {
  readonly #claims: readonly ClaimedKey[];
  readonly #proven = new Set<ClaimedKey>();
  /** By institution and recording account: the claims by the payloads that an entry would have. */
  readonly #payloads = new Map<string, Map<string, ClaimedKey>>();

  constructor(claims: readonly ClaimedKey[]) {
    this.#claims = claims;
  }

  /** Proves the key that the entry adds, if it adds one of them. */
  addEntry({ kind, institution, recordedBy, payload }: Entry): void {
    if (kind !== "directory" || this.#proven.size === this.#claims.length) return;
    const claim = this.#payloadsBy(institution, recordedBy).get(toHex(payload));
    if (claim !== undefined) this.#proven.add(claim);
  }

  keys(origin: string): AuditKeys {
    return keysOfClaims(this.#claims, origin, (claim) => this.#proven.has(claim));
  }

  #payloadsBy(institution: number, recordedBy: Address): Map<string, ClaimedKey> {
    const by = `${institution} ${recordedBy}`;
    const known = this.#payloads.get(by);
    if (known !== undefined) return known;
    if (this.#payloads.size >= MAX_RECORDERS) this.#payloads.clear();
    const payloads = new Map<string, ClaimedKey>();
    for (const claim of this.#claims)
      for (const until of [claim.until, 0])
        payloads.set(toHex(payloadOfKey({ ...claim, institution, recordedBy, until })), claim);
    this.#payloads.set(by, payloads);
    return payloads;
  }
}
