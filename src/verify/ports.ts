/** Declares the evidence that a verdict rests on, and its source. */
import type { Doubt } from "../core/doubt.ts";
import type { SoughtPayload } from "../core/digest.ts";
import type { Compromise, Correction, Institution } from "../core/directory.ts";
import type { ErrorCode } from "../core/errors.ts";
import type { Action, Entry, Reason } from "../core/entry.ts";
import type { ExpectedIssuer } from "../core/official-id.ts";
import type { Address, EntryIndex, Hash, InstitutionId, TreeSize, UnixSeconds } from "../core/units.ts";
import type { AnswerToSign } from "../log/answer.ts";
import type { ProvenEntries } from "../log/proven-entry.ts";
import type { SignedAnswerView } from "../wire/verifications.ts";

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
  /** Where it is on the chain; undefined in a mirror, which holds the log alone. */
  readonly block: number | undefined;
  readonly transaction: Hash | undefined;
  /** Whether its block is final. */
  readonly final: boolean;
}

/** The state of the log that evidence is of, and its age. */
export interface EvidenceHead {
  readonly size: TreeSize;
  readonly root: Hash;
  /** Undefined in a mirror, as are the numbers of blocks. */
  readonly block: { readonly number: number; readonly hash: Hash; readonly time: UnixSeconds } | undefined;
  readonly final: { readonly number?: number; readonly time: UnixSeconds } | undefined;
  /** When it last agreed with the contract, by the clock. */
  readonly syncedAt: UnixSeconds;
}

export interface Evidence {
  /**
   * The documents that hold one of the payloads, blinded or open as that is, and a commitment where it is bound to: of each
   * institution the newest, and all whose status was changed. By registry, the oldest first, and then by index.
   */
  readonly documents: readonly DocumentEvidence[];
  /** Undefined while nothing was ever read from the chain. */
  readonly head: EvidenceHead | undefined;
  /** Why what the index holds may be wrong; then every verdict is indeterminate. */
  readonly doubt: Doubt | undefined;
  /** The registries before and after the one asked, which are searched too. */
  readonly others: readonly OtherLog[];
  /** The institution that is expected by its id, as the registry asked knows it. */
  readonly expected: Institution | undefined;
}

/** The log of a registry before or after the one asked. */
export interface OtherLog {
  readonly registry: Address;
  readonly head: EvidenceHead | undefined;
  readonly doubt: Doubt | undefined;
  /** Why it cannot be read, where that is known: it is judged like a stale index. */
  readonly unread?: { readonly because: ErrorCode; readonly detail: string };
}

/** Where evidence is looked up. */
export interface EvidenceSource {
  /** All of it from one moment: documents, statuses and head belong together. */
  gather(question: {
    payloads: readonly SoughtPayload[];
    expectedIssuer?: ExpectedIssuer | undefined;
  }): Promise<Evidence>;
}

/** Proves entries of the log. */
export interface ProofSource {
  /**
   * Under one checkpoint, in the order of `indexes`, of which there is one at least; undefined while no checkpoint covers all.
   * @throws AppError the code of the doubt while the index is in doubt
   */
  of(indexes: readonly EntryIndex[]): Promise<ProvenEntries | undefined>;
}

/** Signs answers as an operator. */
export interface AnswerSigner {
  /**
   * The note of an answer, and what it claims: the log at the end of the answer's final block. What is not final may be taken
   * back, and is not claimed.
   * @returns undefined: no operator of the directory has the keys of this service, so that it may sign nothing
   * @throws AppError the code of the doubt while the index is in doubt
   */
  of(answer: AnswerToSign): Promise<SignedAnswerView | undefined>;
}
