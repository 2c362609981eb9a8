/** Declares the registry's events, and what the indexer needs of a node and of its store. */
import type { Doubt } from "../core/doubt.ts";
import type { Algorithm } from "../core/digest.ts";
import type { Action, Entry, EntryKind, Reason } from "../core/entry.ts";
import type { InstitutionState, KeyPurpose, Names, Profile } from "../core/directory.ts";
import type {
  Address,
  EntryIndex,
  Hash,
  InstitutionId,
  OperatorId,
  SceneId,
  TreeSize,
  UnixSeconds,
} from "../core/units.ts";
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

interface DirectoryEvent extends EventBase {
  /** SHA-256(topic0 ‖ abi.encode(parameters)), as the directory entry has it. */
  readonly payload: Hash;
  /** The institution concerned; 0 = none. */
  readonly institution: InstitutionId;
}

/** An institution is new, or its profile was replaced. */
interface InstitutionRegistered extends DirectoryEvent, Profile {
  readonly type: "institution-registered";
  readonly admin: Address;
}

interface InstitutionStateSet extends DirectoryEvent {
  readonly type: "institution-state-set";
  readonly state: InstitutionState;
}

interface AdminNamed extends DirectoryEvent {
  readonly type: "admin-named";
  readonly admin: Address;
  readonly from: UnixSeconds;
  readonly byGovernance: boolean;
}

interface AdminNamingCancelled extends DirectoryEvent {
  readonly type: "admin-naming-cancelled";
  readonly admin: Address;
}

interface AdminReplaced extends DirectoryEvent {
  readonly type: "admin-replaced";
  readonly admin: Address;
  /** Governance put it in place, or put in place one of those before it. */
  readonly byGovernance: boolean;
}

/** The key is proposed, or has accepted. */
interface KeyOpened extends DirectoryEvent {
  readonly type: "key-proposed" | "key-added";
  readonly key: Address;
  readonly from: UnixSeconds;
  /** 0 = no end. */
  readonly until: UnixSeconds;
}

interface KeyRetired extends DirectoryEvent {
  readonly type: "key-retired";
  readonly key: Address;
  readonly until: UnixSeconds;
}

/** A report, or its correction; a correction with `since` 0 takes the report back. */
interface KeyReported extends DirectoryEvent {
  readonly type: "key-compromised" | "key-report-corrected";
  readonly key: Address;
  readonly since: UnixSeconds;
}

interface OperatorRegistered extends DirectoryEvent {
  readonly type: "operator-registered";
  readonly operator: OperatorId;
  readonly name: string;
}

interface OperatorKeyAdded extends DirectoryEvent {
  readonly type: "operator-key-added";
  readonly operator: OperatorId;
  /** See `operatorKeyId`. */
  readonly keyId: Hash;
  readonly purpose: KeyPurpose;
  /** The type byte of C2SP signed-note. */
  readonly signatureType: number;
  readonly publicKey: Uint8Array;
  readonly possession: Uint8Array;
  readonly from: UnixSeconds;
  /** 0 = no end. */
  readonly until: UnixSeconds;
}

interface OperatorKeyRetired extends DirectoryEvent {
  readonly type: "operator-key-retired";
  readonly keyId: Hash;
  readonly until: UnixSeconds;
}

/** As {@link KeyReported}. */
interface OperatorKeyReported extends DirectoryEvent {
  readonly type: "operator-key-compromised" | "operator-key-report-corrected";
  readonly keyId: Hash;
  readonly since: UnixSeconds;
}

interface SceneDefined extends DirectoryEvent {
  readonly type: "scene-defined";
  readonly scene: SceneId;
  readonly slug: string;
  readonly names: Names;
  readonly blinded: boolean;
  readonly personal: boolean;
}

interface RoleSet extends DirectoryEvent {
  readonly type: "role-set";
  /** Keccak-256 of the role's name; zero for the default admin. */
  readonly role: Hash;
  readonly account: Address;
  readonly granted: boolean;
}

interface PauseSet extends DirectoryEvent {
  readonly type: "pause-set";
  readonly paused: boolean;
}

interface SuccessorNamed extends DirectoryEvent {
  readonly type: "successor-named";
  readonly registry: Address;
}

/** A change of the directory; it makes one directory entry. */
export type DirectoryChange =
  | InstitutionRegistered
  | InstitutionStateSet
  | AdminNamed
  | AdminNamingCancelled
  | AdminReplaced
  | KeyOpened
  | KeyRetired
  | KeyReported
  | OperatorRegistered
  | OperatorKeyAdded
  | OperatorKeyRetired
  | OperatorKeyReported
  | SceneDefined
  | RoleSet
  | PauseSet
  | SuccessorNamed;

/** One change of the registry, decoded. */
export type RegistryEvent = Anchored | StatusSet | DirectoryChange;

/**
 * A node of the chain, as the index reads it. Everything may fail with RPC_UNAVAILABLE, and with RPC_INCONSISTENT
 * where an answer is malformed or contradicts another; blocks and events with HISTORY_UNAVAILABLE where the node has
 * dropped old ones. Nothing is retried here.
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
