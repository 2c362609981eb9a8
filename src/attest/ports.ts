import type { KeyPurpose, Operator } from "../core/directory.ts";
import type { EntryIndex, Hash, InstitutionId, TreeSize } from "../core/units.ts";
import type { NodeId } from "../log/tree.ts";

/** A checkpoint that this operator has signed. All of them are kept. */
export interface KeptCheckpoint {
  readonly size: TreeSize;
  readonly root: Hash;
  /** The signed note that says so, with the cosignatures it has. */
  readonly note: string;
}

/** Where checkpoints are kept; one writer. */
export interface CheckpointStore {
  latest(): Promise<KeptCheckpoint | undefined>;
  at(size: TreeSize): Promise<KeptCheckpoint | undefined>;
  /** Keeps a signed note; durable when it resolves. One of the same size stays as it is. @returns what is kept */
  keep(note: string): Promise<KeptCheckpoint>;
}

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
