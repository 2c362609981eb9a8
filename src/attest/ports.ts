/** Declares what attestation needs of the index, of the contract, of its stores and of witnesses. */
import type { KeyPurpose, Operator } from "../core/directory.ts";
import type { EntryIndex, Hash, InstitutionId, TreeSize, UnixSeconds } from "../core/units.ts";
import type { NoteSignature } from "../log/note.ts";
import type { NodeId } from "../log/tree.ts";

/** A checkpoint that this operator has signed. All of them are stored. */
export interface SignedCheckpoint extends TreeHead {
  /** The signed note, with the cosignatures it has. */
  readonly note: string;
}

/** Stores checkpoints; one writer. */
export interface CheckpointStore {
  latest(): Promise<SignedCheckpoint | undefined>;
  at(size: TreeSize): Promise<SignedCheckpoint | undefined>;
  /** The sizes of stored checkpoints above `after`, in order, at most `limit`. */
  sizes(query: { after: TreeSize; limit: number }): Promise<TreeSize[]>;
  /** Stores a signed note; durable when it resolves. One of the same size stays as it is. @returns the stored one */
  keep(note: string): Promise<SignedCheckpoint>;
  /** Adds cosignatures of other operators to the checkpoint of a size, of each key one; durable when it resolves. */
  addCosignatures(size: TreeSize, cosignatures: readonly NoteSignature[]): Promise<void>;
  /** The newest that covers an entry: of those that another operator has cosigned, where there are any, else of all. */
  covering(index: EntryIndex): Promise<SignedCheckpoint | undefined>;
}

/** A size of a log, and its root at that size. */
export interface TreeHead {
  readonly size: TreeSize;
  readonly root: Hash;
}

/** Stores the last cosigned tree head of each key that signs checkpoints. Sizes never decrease. */
export interface WitnessStore {
  /**
   * Replaces the last tree head of a key by the result of `check`, serializably; durable when it resolves. `check` may run
   * more than once. Where it throws nothing changes.
   */
  advance(key: Uint8Array, check: (last: TreeHead | undefined) => TreeHead): Promise<void>;
}

/** Another operator's root that differs from the own one at the same size: one of the two is not the log's. */
export interface SplitView extends TreeHead {
  readonly ownRoot: Hash;
  /** The note that the other operator has signed: of this size, or of a larger one that `proof` leads to. */
  readonly note: string;
  readonly proof: readonly Hash[];
  readonly observedAt: UnixSeconds;
}

/** Stores split views. */
export interface SplitStore {
  /** Durable when it resolves. @returns false where this root of this size is stored already, or too many others are */
  keep(split: SplitView): Promise<boolean>;
  /** At most `limit`, the newest first. */
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
  /** Look-up among these nodes, which throws for any that is not stored. */
  nodes(nodes: readonly NodeId[]): Promise<(node: NodeId) => Hash>;
  operators(): Promise<readonly Operator[]>;
  /** The 80 bytes of an entry, final or not. */
  entry(index: EntryIndex): Promise<Uint8Array | undefined>;
  /** The latest registration of an institution among the first `size` entries, and what its entry commits to. */
  registration(
    institution: InstitutionId,
    size: TreeSize,
  ): Promise<{ readonly index: EntryIndex; readonly event: Uint8Array } | undefined>;
}

/** Reads the roots that the contract stored. */
export interface StoredRoots {
  /** The root that the contract stored for `size`; undefined where it stored none. */
  rootAt(size: TreeSize): Promise<Hash | undefined>;
}

/** The secrets of an operator's keys, by purpose: 32 bytes each (Ed25519). */
export type OperatorSeeds = Readonly<Record<KeyPurpose, Uint8Array>>;
