/** Declares what attestation needs of the index, of the contract, of its stores and of witnesses. */
import type { SoughtPayload } from "../core/digest.ts";
import type { KeyPurpose, Operator } from "../core/directory.ts";
import type { EntryIndex, Hash, InstitutionId, SceneId, TreeSize, UnixSeconds } from "../core/units.ts";
import type { DirectoryEvent } from "../log/directory.ts";
import type { ClaimedEntry } from "../log/answer.ts";
import type { Note } from "../log/note.ts";
import type { NodeId } from "../log/tree.ts";

/** A checkpoint that this operator has signed. All of them are stored. */
export interface SignedCheckpoint extends TreeHead {
  /** The signed note, with the cosignatures it has. */
  readonly note: string;
}

/** Stores checkpoints; one writer. The newest is the only state that this operator's signatures and cosignatures advance. */
export interface CheckpointStore {
  latest(): Promise<SignedCheckpoint | undefined>;
  at(size: TreeSize): Promise<SignedCheckpoint | undefined>;
  /** The sizes of stored checkpoints above `after`, in order, at most `limit`. */
  sizes(query: { after: TreeSize; limit: number }): Promise<TreeSize[]>;
  /**
   * Stores the signed note that `sign` makes once it has seen the newest checkpoint, serializably; durable when it resolves.
   * Signatures of a note with the same text are combined. `sign` may run more than once. Where it throws nothing changes.
   * @throws AppError CHECKPOINT_CONFLICT: the note has a smaller size than the newest, or another text at its size
   */
  advance(sign: (last: SignedCheckpoint | undefined) => string): Promise<SignedCheckpoint>;
  /**
   * Adds the signatures of a note to the checkpoint with the same text, if one is stored: of each key the newest cosignature
   * stays. Durable when it resolves.
   * @param witnessed whether one of them is another operator's cosignature
   */
  addSignatures(note: Note, options: { witnessed: boolean }): Promise<void>;
  /** The newest that covers an entry: of those that another operator has cosigned, where there are any, else of all. */
  covering(index: EntryIndex): Promise<SignedCheckpoint | undefined>;
}

/** A size of a log, and its root at that size. */
export interface TreeHead {
  readonly size: TreeSize;
  readonly root: Hash;
}

/** Another operator's root that differs from the own one at the same size: one of the two is not the log's. */
export interface SplitView extends TreeHead {
  readonly ownRoot: Hash;
  /** The public key of the log key that signed the note. */
  readonly signer: Uint8Array;
  /** The note that the other operator has signed: of this size, or of a larger one that `proof` leads to. */
  readonly note: string;
  readonly proof: readonly Hash[];
  readonly observedAt: UnixSeconds;
}

/** Stores split views, of each signing key a limited number: no key takes the room of another. */
export interface SplitStore {
  /** Durable when it resolves. @returns false where the key's root of this size is stored already, or too many others are */
  keep(split: SplitView): Promise<boolean>;
  /** At most `limit`: the newest of each key first. */
  newest(limit: number): Promise<readonly SplitView[]>;
}

/** Another operator's service, as a witness. */
export interface RemoteWitness {
  /** For log lines. */
  readonly name: string;
  /**
   * Sends a request (see `formatCosignatureRequest`). Nothing in the answer is verified.
   * @throws AppError SERVER_UNREACHABLE, NOT_THE_SERVICE
   */
  addCheckpoint(request: string): Promise<WitnessAnswer>;
}

export type WitnessAnswer =
  | { readonly kind: "cosigned"; readonly lines: string }
  /** The size that it cosigned last is not the one in the request. */
  | { readonly kind: "conflict"; readonly size: TreeSize }
  /** @property after milliseconds until the next request, where it named them */
  | { readonly kind: "later"; readonly after: number | undefined; readonly detail: string }
  /** @property split its evidence of another tree, as JSON */
  | { readonly kind: "refused"; readonly detail: string; readonly split: unknown };

/** The final part of the log, as the index has it. All methods fail with the code of the doubt while it is in doubt. */
export interface FinalLog {
  size(): Promise<TreeSize>;
  /**
   * The newest final size at which an interval ended; 0 = none. Intervals are of `interval` milliseconds, counted from 1970.
   * Entries recorded within one of them are all beneath that size or none is, as far as they are known here, so that operators
   * arrive at the same sizes.
   * @param query.until Unix milliseconds, usually now
   */
  commonSize(query: { until: number; interval: number }): Promise<TreeSize>;
  /** Look-up among these nodes, which throws for any that is not stored. */
  nodes(nodes: readonly NodeId[]): Promise<(node: NodeId) => Hash>;
  operators(): Promise<readonly Operator[]>;
  /** The 80 bytes of an entry, final or not. */
  entry(index: EntryIndex): Promise<Uint8Array | undefined>;
  /**
   * Directory entries among the first `size`, with what they commit to: those of `entries`, and the latest registration of each
   * institution and definition of each document type. In the order of the log.
   */
  directoryEvents(wanted: WantedEvents, size: TreeSize): Promise<readonly DirectoryEvent[]>;
}

export interface WantedEvents {
  readonly institutions: readonly InstitutionId[];
  readonly scenes: readonly SceneId[];
  /** Indexes of directory entries; others have no event. */
  readonly entries: readonly EntryIndex[];
}

/** What the final part of the log has of documents. Fails with the code of the doubt while the index is in doubt. */
export interface ClaimedLog {
  /**
   * The size of the log at the end of a final block, and below it of each institution the newest entry with one of the
   * payloads, and those whose status was changed: in the order of the log.
   */
  claims(query: {
    readonly payloads: readonly SoughtPayload[];
    readonly block: number;
  }): Promise<{ readonly size: TreeSize; readonly entries: readonly ClaimedEntry[] }>;
}

/** Reads the roots that the contract stored. */
export interface StoredRoots {
  /** The root that the contract stored for `size`; undefined where it stored none. */
  rootAt(size: TreeSize): Promise<Hash | undefined>;
}

/** The secrets of an operator's keys, by purpose: 32 bytes each (Ed25519). */
export type OperatorSeeds = Readonly<Record<KeyPurpose, Uint8Array>>;
