/** Opens the database that a data directory belongs to, and no other: what was acknowledged is in that one alone. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ServiceConfig } from "../config.ts";
import { AppError, quote } from "../core/errors.ts";
import type { OnUnsynced } from "../core/storage.ts";
import type { Address } from "../core/units.ts";
import { DATABASE_FILE } from "../files/data-dir.ts";
import { type KnownStore, readStoreFile, writeStoreFile } from "../files/store-file.ts";
import type { FoundDatabase } from "../store/sql/database.ts";
import {
  type StoreRow,
  countRecordedBy,
  isUnused,
  makeStoreRow,
  readStoreRow,
} from "../store/sql/identity.ts";
import { type SharedDatabase, openShared } from "../store/sql/leadership.ts";
import { placesOf } from "./read-model.ts";

/** A database as it was found. */
export interface FoundStore {
  readonly row: StoreRow | undefined;
  /** For messages: where it is. */
  readonly name: string;
}

export interface OwnStore extends SharedDatabase, FoundStore {}

/**
 * Opens the store of a data directory. A directory that has none yet may join any; a database that has another is left as
 * it is.
 * @throws AppError STORE_CHANGED: the database is not the one of the directory
 */
export async function openOwnStore(
  config: ServiceConfig,
  options: { onUnsynced?: OnUnsynced } = {},
): Promise<OwnStore> {
  const known = await knownStore(config);
  return await openStore(config, { ...options, refuse: (found) => refuseOther(known, found) });
}

/** Opens a database, unless what it holds is refused: then nothing is written, and no file is made. */
export async function openStore(
  config: ServiceConfig,
  { refuse, ...options }: { onUnsynced?: OnUnsynced; refuse?: (found: FoundStore) => void } = {},
): Promise<OwnStore> {
  const place = placesOf(config)();
  let found: FoundStore = { row: undefined, name: quote(place.at) };
  if (config.databaseUrl === undefined && !existsSync(place.at)) refuse?.(found);
  const admit = async ({ db, name, hasTable }: FoundDatabase): Promise<void> => {
    found = { row: hasTable("store") ? await readStoreRow(db) : undefined, name };
    refuse?.(found);
  };
  const shared = await openShared(place, { ...options, admit });
  return { ...shared, ...found };
}

/**
 * Binds the data directory to its store, before anything is accepted.
 * @param signers addresses of the keys that this instance signs with
 * @throws AppError STORE_CHANGED: the store is new, and the keys have recorded documents
 */
export async function bindStore(
  { dataDir }: ServiceConfig,
  { db, row, name }: OwnStore,
  signers: readonly Address[],
): Promise<void> {
  if (row === undefined && (await isUnused(db))) {
    const recorded = await countRecordedBy(db, signers);
    // guard: F37 used keys
    if (recorded > 0) {
      const detail = `${name} is empty, and the keys of ${quote(dataDir)} have recorded ${recorded} entries: name the database and the data directory that they were recorded from, or restore a backup. Where these are lost: hufu database adopt`;
      throw storeChanged(detail);
    }
  }
  const { identity } = await makeStoreRow(db);
  await writeStoreFile(dataDir, { store: identity, at: name });
}

/** The store that a directory belongs to; one without the file belongs to the SQLite database in it, if there is one. */
export async function knownStore({ dataDir, databaseUrl }: ServiceConfig): Promise<KnownStore | undefined> {
  const known = await readStoreFile(dataDir);
  const path = join(dataDir, DATABASE_FILE);
  if (known !== undefined || databaseUrl === undefined || !existsSync(path)) return known;
  return { store: "", at: quote(path) };
}

/** @throws AppError STORE_CHANGED */
function refuseOther(known: KnownStore | undefined, { row, name }: FoundStore): void {
  const why = whyNot(known, row);
  if (why !== undefined) throw storeChanged(`${name} ${why}`); // guard: F37 own store
}

export function storeChanged(detail: string): AppError {
  return new AppError("STORE_CHANGED", { detail, at: "HUFU_DATABASE_URL" });
}

function whyNot(known: KnownStore | undefined, found: StoreRow | undefined): string | undefined {
  if (typeof found?.copy_of === "string")
    return `is an unfinished copy of the store ${found.copy_of}: run hufu database move again`;
  if (typeof found?.moved_to === "string")
    return `was moved to the store ${found.moved_to}: set HUFU_DATABASE_URL as it was for hufu database move`;
  if (known === undefined || known.store === found?.identity) return undefined;
  const has = found === undefined ? "has no store" : `has the store ${found.identity}`;
  const own = `${known.at}${known.store === "" ? "" : ` (store ${known.store})`}`;
  return `${has}, and the data directory belongs to ${own}: set HUFU_DATABASE_URL as it was, or copy all of it with hufu database move. Where that one is lost: hufu database adopt`;
}
