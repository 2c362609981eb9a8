import type { KeyPurpose, Operator } from "../core/directory.ts";
import type { EntryIndex, Hash, InstitutionId, TreeSize, UnixSeconds } from "../core/units.ts";
import type { NoteSignature } from "../log/note.ts";
import type { NodeId } from "../log/tree.ts";

/** A checkpoint that this operator has signed. All of them are kept. */
export interface KeptCheckpoint extends TreeHead {
  /** The signed note that says so, with the cosignatures it has. */
  readonly note: string;
}

/** Where checkpoints are kept; one writer. */
export interface CheckpointStore {
  latest(): Promise<KeptCheckpoint | undefined>;
  at(size: TreeSize): Promise<KeptCheckpoint | undefined>;
  /** The sizes above `after` that a checkpoint is kept of, in order, so many at most. */
  sizes(query: { after: TreeSize; limit: number }): Promise<TreeSize[]>;
  /** Keeps a signed note; durable when it resolves. One of the same size stays as it is. @returns what is kept */
  keep(note: string): Promise<KeptCheckpoint>;
  /** Adds cosignatures of other operators to what is kept of a size, of each key one; durable when it resolves. */
  addCosignatures(size: TreeSize, cosignatures: readonly NoteSignature[]): Promise<void>;
  /** The newest that covers an entry: of those that another operator has cosigned, where there are any, else of all. */
  covering(index: EntryIndex): Promise<KeptCheckpoint | undefined>;
}

/** A size of a log, and the root that it has there. */
export interface TreeHead {
  readonly size: TreeSize;
  readonly root: Hash;
}

/** What was cosigned last for each key that signs checkpoints. Never goes back. */
export interface WitnessStore {
  /**
   * Sets what was cosigned last for a key to what `check` makes of it, as if nothing else happened meanwhile; durable when
   * it resolves. `check` may run more than once. Where it throws nothing changes.
   */
  advance(key: Uint8Array, check: (last: TreeHead | undefined) => TreeHead): Promise<void>;
}

/** That another operator's tree is not this one's: of two roots at one size, one is not the log's. */
export interface SplitView extends TreeHead {
  readonly ownRoot: Hash;
  /** What the other operator has signed: of this size, or of a larger one that `proof` leads to. */
  readonly note: string;
  readonly proof: readonly Hash[];
  readonly observedAt: UnixSeconds;
}

/** Where split views are kept. */
export interface SplitStore {
  /** Durable when it resolves. @returns false where this root of this size is kept already, or too many others are */
  keep(split: SplitView): Promise<boolean>;
  /** At most `limit`, the newest first. */
  newest(limit: number): Promise<readonly SplitView[]>;
}

/** Another operator's service, as a witness. */
export interface RemoteWitness {
  /** For whoever reads the log. */
  readonly name: string;
  /**
   * Sends a request (see `formatCosignatureRequest`). Nothing in the answer is verified.
   * @throws AppError SERVER_UNREACHABLE, NOT_THE_SERVICE
   */
  addCheckpoint(request: string): Promise<WitnessAnswer>;
}

export type WitnessAnswer =
  | { readonly kind: "cosigned"; readonly lines: string }
  /** It has cosigned another size last than the request said. */
  | { readonly kind: "conflict"; readonly size: TreeSize }
  /** @property after milliseconds, where it said when to come back */
  | { readonly kind: "later"; readonly after: number | undefined; readonly detail: string }
  /** @property split what it shows for a tree of its own, as JSON */
  | { readonly kind: "refused"; readonly detail: string; readonly split: unknown };

/** The part of the log that is final, as the index has it. All fail with the code of the doubt while it is in doubt. */
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

/** What the contract says of its own tree. */
export interface StoredRoots {
  /** The root that the contract stored for `size`; undefined where it stored none. */
  rootAt(size: TreeSize): Promise<Hash | undefined>;
}

/** The secrets of an operator's keys, by what they sign: 32 bytes each (Ed25519). */
export type OperatorSeeds = Readonly<Record<KeyPurpose, Uint8Array>>;
