/** Declares what an audit needs of the index, of a node's chain and of an operator's log. */
import type { Directory } from "../core/act.ts";
import type { Doubt } from "../core/doubt.ts";
import type { Institution, KeyPurpose, Scene } from "../core/directory.ts";
import type { DocumentStatus } from "../core/document-status.ts";
import type { Entry, StatusChange } from "../core/entry.ts";
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
import type { IndexHead } from "../core/head.ts";
import type { DirectoryEvent } from "../log/directory.ts";
import type { TileId } from "../log/tiles.ts";

/** An entry with everything that the index holds about it. */
export interface EntryRecord {
  readonly index: EntryIndex;
  readonly entry: Entry;
  readonly bytes: Uint8Array;
  readonly block: number;
  readonly transaction: Hash;
  readonly final: boolean;
  /** Undefined for governance. */
  readonly institution: Institution | undefined;
  /** Undefined where it has none. */
  readonly scene: Scene | undefined;
  /** Of a document. */
  readonly status: DocumentStatus | undefined;
  /** Of a status entry. */
  readonly change: StatusChange | undefined;
  /** The issuer's own names for a document accepted here, in the order in which they came. */
  readonly references: readonly string[];
}

export interface EntryFilter {
  readonly issuer?: InstitutionId | undefined;
  readonly scene?: SceneId | undefined;
  /** Only documents in this status. */
  readonly status?: DocumentStatus | undefined;
  /** Only documents accepted here under this reference. */
  readonly reference?: string | undefined;
  /** recordedAt from, and up to; both included. */
  readonly from?: UnixSeconds | undefined;
  readonly to?: UnixSeconds | undefined;
}

export interface EntryQuery {
  readonly filter: EntryFilter;
  readonly after: EntryIndex | undefined;
  readonly limit: number;
}

export interface EntryPage {
  readonly records: readonly EntryRecord[];
  /** Undefined while nothing was ever read from the chain. */
  readonly head: IndexHead | undefined;
}

/** How far the index has read, and why it may be wrong. */
export interface LogState {
  /** Undefined while nothing was ever read from the chain. */
  readonly head: IndexHead | undefined;
  readonly doubt: Doubt | undefined;
}

/**
 * The log as people read it: entries and the directory. All methods but `state` fail with the code of the doubt while the
 * index is in doubt: entries that may be wrong are not shown.
 */
export interface EntrySource {
  state(): Promise<LogState>;
  /** Entries after `after`, in order of their index, with the state of the index that they are from. */
  list(query: EntryQuery): Promise<EntryPage>;
  get(index: EntryIndex): Promise<EntryRecord | undefined>;
  /** @throws AppError INDEX_STALE: nothing was ever read from the chain */
  directory(): Promise<Directory>;
  scenes(): Promise<Scene[]>;
}

/**
 * The log as verifying programs read it: tiles and directory events of its final part only, so that a served tile never changes. Fails with the
 * code of the doubt while the index is in doubt.
 */
export interface TileSource {
  /** A tile or a bundle as it is served; undefined where the final tree does not reach its end. */
  read(tile: TileId): Promise<Uint8Array | undefined>;
  /** A file of directory events, of the first `size` entries; empty where these do not reach it. */
  directory(query: { file: number; size: TreeSize }): Promise<readonly DirectoryEvent[]>;
}

/** The roots that the contract stored. */
export interface ContractRoots {
  /** Undefined where it stored none for this size. */
  rootAt(size: TreeSize): Promise<Hash | undefined>;
}

/**
 * The log as the registry's events make it, read from a node up to one final block, and not stored. `rootAt` retries
 * transient faults, and may be called concurrently.
 */
export interface ChainLog extends ContractRoots {
  readonly registry: { readonly chainId: number; readonly registry: Address };
  /** The newest final block, and how many entries the contract has at its end. */
  readonly block: number;
  readonly size: TreeSize;
  /** All entries, in order. @throws AppError RPC_INCONSISTENT, HISTORY_UNAVAILABLE */
  pages(): AsyncIterable<ChainPage>;
}

/** A node from which the log is read. */
export interface ChainSource {
  /** Its host. */
  readonly source: string;
  /** @throws AppError where the node or the registry cannot be used; INDEX_STALE: nothing is final yet */
  open(): Promise<ChainLog>;
}

interface ChainPage {
  readonly entries: readonly Uint8Array[];
  /** Sizes of the log at which a transaction ended: those that the contract stored a root for. */
  readonly ends: readonly TreeSize[];
  /** Keys of operators that these entries add. */
  readonly keys: readonly ClaimedKey[];
}

/**
 * An operator's served log, unverified. Retries transient faults; calls may be concurrent. Undefined where the operator
 * answers that it has no such tile or checkpoint.
 * @throws AppError SERVER_UNREACHABLE, NOT_THE_SERVICE
 */
export interface OperatorLog {
  /** Base URL. */
  readonly source: string;
  /** A tile or a bundle, as it is served. */
  tile(tile: TileId): Promise<Uint8Array | undefined>;
  /** The signed note of the checkpoint of a size; without one, of the newest. */
  checkpoint(size?: TreeSize): Promise<string | undefined>;
  /** A page of the sizes of stored checkpoints above `after`, ascending; `next` continues it. */
  sizes(
    after: TreeSize,
  ): Promise<{ readonly sizes: readonly TreeSize[]; readonly next?: TreeSize | undefined }>;
  /** A file of directory events (see `formatDirectory`). */
  directory(file: number): Promise<string | undefined>;
  /** The keys of operators in its directory. */
  keys(): Promise<readonly ClaimedKey[]>;
}

/** A key of an operator, as a directory lists it. */
export interface ClaimedKey {
  readonly operator: OperatorId;
  /** Of the operator. */
  readonly name: string;
  readonly purpose: KeyPurpose;
  readonly signatureType: number;
  readonly publicKey: Uint8Array;
  readonly possession: Uint8Array;
  /** The directory entry that added it, as the operator says. */
  readonly entry: EntryIndex;
  readonly from: UnixSeconds;
  /** As it is now: an end may have been set after the key was added. */
  readonly until: UnixSeconds;
}
