import type { Digest } from "../core/digest.ts";
import type { Institution } from "../core/directory.ts";
import type { Action, Entry, Reason } from "../core/entry.ts";
import type { IndexHead } from "../core/head.ts";
import type { EntryIndex, Hash, InstitutionId, UnixSeconds } from "../core/units.ts";

/** What is known of the key that wrote an entry. */
export interface KeyEvidence {
  /** Since when it is reported compromised. */
  readonly compromisedSince: UnixSeconds | undefined;
}

/** A change of a document's status. */
export interface StatusEvidence {
  readonly index: EntryIndex;
  readonly action: Action;
  readonly reason: Reason;
  readonly successor: EntryIndex | undefined;
  readonly recordedAt: UnixSeconds;
  /** Who set it; 0 = governance. */
  readonly institution: InstitutionId;
  readonly key: KeyEvidence;
}

/** A document of the log that has one of the payloads asked for. */
export interface DocumentEvidence {
  readonly index: EntryIndex;
  readonly entry: Entry;
  readonly institution: Institution;
  /** Slug of its scene. */
  readonly scene: string;
  readonly key: KeyEvidence;
  /** Oldest first. */
  readonly statuses: readonly StatusEvidence[];
  readonly block: number;
  readonly transaction: Hash;
  /** Whether its block is final. */
  readonly final: boolean;
}

export interface Evidence {
  /** By index; every open document whose payload is one of the digests. */
  readonly documents: readonly DocumentEvidence[];
  /** Undefined while nothing was ever read from the chain. */
  readonly head: IndexHead | undefined;
}

/** Where evidence is looked up. */
export interface EvidenceSource {
  /** All of it from one moment: documents, statuses and head belong together. */
  gather(question: { digests: readonly Digest[] }): Promise<Evidence>;
}
