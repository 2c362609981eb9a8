/** Declares the evidence that a verdict rests on, and its source. */
import type { Doubt } from "../core/doubt.ts";
import type { Payload } from "../core/digest.ts";
import type { Compromise, Correction, Institution } from "../core/directory.ts";
import type { Action, Entry, Reason } from "../core/entry.ts";
import type { IndexHead } from "../core/head.ts";
import type { Address, EntryIndex, Hash, InstitutionId, UnixSeconds } from "../core/units.ts";

/** The key that wrote an entry. */
export interface KeyEvidence {
  readonly address: Address;
  readonly compromise: Compromise | undefined;
  readonly correction: Correction | undefined;
}

/** A change of a document's status. */
export interface StatusEvidence {
  readonly index: EntryIndex;
  readonly action: Action;
  readonly reason: Reason;
  readonly successor: EntryIndex | undefined;
  readonly recordedAt: UnixSeconds;
  /** The institution that set it; 0 = governance. */
  readonly institution: InstitutionId;
  readonly key: KeyEvidence;
}

/** A document of the log that has one of the payloads asked for. */
export interface DocumentEvidence {
  /** The registry that holds it, where that is not the one asked but one before or after it. */
  readonly registry: Address | undefined;
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
  /** Every document that holds one of the payloads, blinded or open as that is: by registry, the oldest first, and then by index. */
  readonly documents: readonly DocumentEvidence[];
  /** Undefined while nothing was ever read from the chain. */
  readonly head: IndexHead | undefined;
  /** Why what the index holds may be wrong; then every verdict is indeterminate. */
  readonly doubt: Doubt | undefined;
  /** The registries before and after the one asked, which are searched too. */
  readonly others: readonly OtherLog[];
  /** The institution that is expected, as the registry asked knows it. */
  readonly expected: Institution | undefined;
}

/** The log of a registry before or after the one asked. */
export interface OtherLog {
  readonly registry: Address;
  readonly head: IndexHead | undefined;
  readonly doubt: Doubt | undefined;
}

/** Where evidence is looked up. */
export interface EvidenceSource {
  /** All of it from one moment: documents, statuses and head belong together. */
  gather(question: {
    payloads: readonly Payload[];
    expectedIssuer?: InstitutionId | undefined;
  }): Promise<Evidence>;
}
