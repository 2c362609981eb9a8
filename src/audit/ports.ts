import type { Directory } from "../core/act.ts";
import type { Doubt } from "../core/doubt.ts";
import type { Institution, Scene } from "../core/directory.ts";
import type { Action, Entry, StatusChange } from "../core/entry.ts";
import type { EntryIndex, Hash, InstitutionId, SceneId, UnixSeconds } from "../core/units.ts";
import type { IndexHead } from "../core/head.ts";
import type { TileId } from "../log/tiles.ts";

/** The state of a document by the statuses set on it; how it stands against its date and its issuer, a verdict says. */
export const DOCUMENT_STATUSES = ["active", "suspended", "revoked", "superseded"] as const;
export type DocumentStatus = (typeof DOCUMENT_STATUSES)[number];

/** The status that an action leaves a document in. */
export const STATUS_AFTER: Readonly<Record<Action, DocumentStatus>> = {
  revoke: "revoked",
  suspend: "suspended",
  reinstate: "active",
  supersede: "superseded",
};

/** An entry with all that the index knows of it. */
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
  /** The issuer's own name for a document accepted here. */
  readonly reference: string | undefined;
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

/** How far the index has read, and whether it is to be believed. */
export interface LogState {
  /** Undefined while nothing was ever read from the chain. */
  readonly head: IndexHead | undefined;
  readonly doubt: Doubt | undefined;
}

/**
 * The log as it is read by people: entries and the directory. All but its state fail with the code of the doubt while
 * the index is in doubt: entries that may be wrong are not shown.
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
 * The log as it is read by programs that trust nobody: tiles of its final part alone, so that what was given once is
 * never another thing later. Fails with the code of the doubt while the index is in doubt.
 */
export interface TileSource {
  /** A tile or a bundle as it is served; undefined where the final tree does not reach its end. */
  read(tile: TileId): Promise<Uint8Array | undefined>;
}
