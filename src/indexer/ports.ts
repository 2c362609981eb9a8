/** Declares the registry's events, and what the indexer needs of a node and of its store. */
import type { Doubt } from "../core/doubt.ts";
import type { Algorithm } from "../core/digest.ts";
import type { Action, Entry, EntryKind, Reason } from "../core/entry.ts";
import type {
  Address,
  EntryIndex,
  Hash,
  InstitutionId,
  SceneId,
  TreeSize,
  UnixSeconds,
} from "../core/units.ts";
import type { DirectoryFacts } from "../log/directory-event.ts";
import type { TreeNode } from "../log/tree.ts";

export interface BlockId {
  readonly number: number;
  readonly hash: Hash;
}

export interface BlockHeader extends BlockId {
  readonly time: UnixSeconds;
}

/** Identifies a chain and its registry. A change of any part invalidates the index. */
export interface ChainIdentity {
  readonly chainId: number;
  readonly genesisHash: Hash;
  readonly registry: Address;
  /** Keccak-256 of the registry's code. */
  readonly codeHash: Hash;
}

interface EventBase {
  /** Of the first entry that the event makes. */
  readonly index: EntryIndex;
  readonly recordedAt: UnixSeconds;
  readonly recordedBy: Address;
  readonly block: BlockId;
  readonly transaction: Hash;
}

interface Anchored extends EventBase {
  readonly type: "anchored";
  readonly institution: InstitutionId;
  readonly scene: SceneId;
  readonly kind: EntryKind;
  readonly algorithm: Algorithm;
  readonly blinded: boolean;
  readonly governedAdmin: boolean;
  readonly validUntil: UnixSeconds;
  readonly payloads: readonly Hash[];
}

interface StatusSet extends EventBase {
  readonly type: "status-set";
  readonly institution: InstitutionId;
  readonly document: EntryIndex;
  readonly action: Action;
  readonly reason: Reason;
  readonly successor: EntryIndex | undefined;
  readonly governedAdmin: boolean;
}

/** A change of the directory; it makes one directory entry. */
export type DirectoryChange = EventBase &
  DirectoryFacts & {
    /** topic0 ‖ abi.encode(parameters without index and recordedAt): the directory entry's payload is its SHA-256. */
    readonly event: Uint8Array;
  };

/** One change of the registry, decoded. */
export type RegistryEvent = Anchored | StatusSet | DirectoryChange;

/**
 * A node of the chain, as the index reads it. Everything may fail with RPC_UNAVAILABLE, and with RPC_INCONSISTENT
 * where an answer is malformed or contradicts another; blocks and events with HISTORY_UNAVAILABLE where the node has
 * dropped old ones; events with EVENT_UNREADABLE where the data of one are not understood. Nothing is retried here.
 */
export interface ChainReader {
  identity(): Promise<ChainIdentity>;
  /** The newest block, and the newest that the finality setting takes for final (none on a young chain). */
  heads(): Promise<{ latest: BlockHeader; final: BlockHeader | undefined }>;
  /** The header at a height, or undefined above the newest. */
  block(number: number): Promise<BlockHeader | undefined>;
  /** The registry's events in the blocks `from` to `to`, both included, in order. Splits ranges that are too large. */
  events(range: { from: number; to: number }): Promise<RegistryEvent[]>;
  /** The root that the contract stored for `size`; undefined where it stored none. */
  rootAt(size: TreeSize): Promise<Hash | undefined>;
  /** The contract's size and root at the end of a block. */
  treeAt(block: number): Promise<{ size: TreeSize; root: Hash }>;
}

/** An entry with its origin on the chain. */
export interface IndexedEntry {
  readonly index: EntryIndex;
  readonly entry: Entry;
  readonly bytes: Uint8Array;
  /** The document that a status entry is about. */
  readonly subject: EntryIndex | undefined;
  readonly block: number;
  readonly transaction: Hash;
}

/** How far the index has read, and what it holds. */
export interface Cursor {
  /** Undefined before the first block. */
  readonly block: BlockHeader | undefined;
  readonly size: TreeSize;
  readonly root: Hash;
  readonly final: BlockHeader | undefined;
  /** When the index last agreed with the contract, by the clock; 0 = never. */
  readonly syncedAt: UnixSeconds;
}

/** What one step adds; written whole or not at all. */
export interface Batch {
  readonly entries: readonly IndexedEntry[];
  readonly nodes: readonly TreeNode[];
  /** The blocks that hold these entries, with the tree size at the end of each. */
  readonly blocks: readonly (BlockId & { readonly size: TreeSize })[];
  readonly directory: readonly DirectoryChange[];
  readonly cursor: { readonly block: BlockHeader; readonly size: TreeSize; readonly root: Hash };
}

/** Where the index is kept. Durable when a promise resolves; one writer. */
export interface IndexStore {
  identity(): Promise<ChainIdentity | undefined>;
  setIdentity(identity: ChainIdentity): Promise<void>;
  cursor(): Promise<Cursor>;
  /** Hashes of the complete subtrees that make up a tree of `size`, from left to right. */
  frontier(size: TreeSize): Promise<Hash[]>;
  append(batch: Batch): Promise<void>;
  /** Blocks that hold entries, newest first. */
  blocksDown(from: number): AsyncIterable<BlockId>;
  /** Removes everything after `block`; all of it where `block` is undefined. */
  rewindTo(block: BlockHeader | undefined): Promise<void>;
  /** Why what is stored may be wrong. Every reader of the index gets it too. */
  doubt(): Promise<Doubt | undefined>;
  /** Stores a doubt, unless one as grave is stored already. */
  raiseDoubt(doubt: Doubt): Promise<void>;
  /** Removes the doubt of this code, and no other that was stored since. */
  liftDoubt(code: Doubt["code"]): Promise<void>;
  setSynced(synced: { final: BlockHeader | undefined; syncedAt: UnixSeconds }): Promise<void>;
  /** The bytes of every entry in order, to be hashed again. */
  allEntryBytes(): AsyncIterable<Uint8Array>;
}
