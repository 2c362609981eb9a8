/** Checks the stored index, or rebuilds it while no service runs. */
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { pino } from "pino";
import { RpcPool } from "../chain/rpc/pool.ts";
import { CHAIN_PROFILES } from "../chain/rpc/profile.ts";
import { connect } from "../chain/registry/reader.ts";
import { decodeDirectoryEvent } from "../log/directory-event.ts";
import type { IndexReport, IndexTask } from "../cli/context.ts";
import type { ServiceConfig } from "../config.ts";
import { systemClock } from "../core/clock.ts";
import { doubtError } from "../core/doubt.ts";
import { rebuildIndex } from "../indexer/rebuild.ts";
import { dropCopies } from "../store/index/copies.ts";
import { openDatabase, type Database } from "../store/sql/database.ts";
import { readDoubt } from "../store/index/doubt.ts";
import { SqlIndexStore, readCursor } from "../store/index/index-store.ts";
import type { SharedDatabase } from "../store/sql/leadership.ts";
import { lockFolder } from "../files/lock.ts";
import { SqlScrubbedIndex } from "../store/index/scrub.ts";
import { stateHash } from "../store/index/state-hash.ts";
import { LiveIndex } from "../store/index/swap.ts";
import { nodeOf } from "./node.ts";
import { openOwnStore } from "./own-store.ts";
import type { ClockAndLog } from "./read-model.ts";
import { endProcess } from "./running.ts";

/**
 * Checks the stored index, or rebuilds it from the chain alone. Only the leading process may rebuild it, so every service on
 * the database has to be stopped.
 * @throws AppError DATA_DIR_LOCKED, DATABASE_IN_USE: the service runs
 * @throws AppError STORE_CHANGED: the data directory belongs to another database
 * @throws AppError INDEX_MISMATCH, or the doubt: the index is wrong
 */
export async function maintainIndex(
  config: ServiceConfig,
  task: IndexTask,
  { clock = systemClock, log = pino({ level: "silent" }) }: Partial<ClockAndLog> = {},
): Promise<IndexReport> {
  await using cleanup = new AsyncDisposableStack();
  const lock = await lockFolder(config.dataDir);
  cleanup.defer(() => lock.release());
  const shared = await openOwnStore(config);
  cleanup.defer(() => shared.close());
  if (task === "check") return await checkIndex(shared.db);
  return await shared.alone(() => rebuild({ config, shared, clock, log, cleanup }));
}

async function checkIndex(db: Database): Promise<IndexReport> {
  await new SqlScrubbedIndex(db, decodeDirectoryEvent).checkAll();
  const doubt = await readDoubt(db);
  if (doubt !== undefined) throw doubtError(doubt);
  const { size } = await readCursor(db);
  return { task: "check", entries: size, stateHash: await stateHash(db) };
}

async function rebuild(
  parts: ClockAndLog & { config: ServiceConfig; shared: SharedDatabase; cleanup: AsyncDisposableStack },
): Promise<IndexReport> {
  const { config, shared, clock, log, cleanup } = parts;
  const { db, leadership: fence } = shared;
  const { dataDir, databaseUrl, finality } = config;
  const node = await nodeOf({ config, clock, log, onUnsynced: endProcess(log), cleanup });
  const registry = node.registry.address;
  const rpc = new RpcPool(node.urls, { clock, log });
  const profile = CHAIN_PROFILES[node.profile];
  const chain = await connect(rpc, { ...node.registry, registry, finality, profile });
  await removeDatabases(dataDir, /^rebuild\.db/);
  const fresh = await openDatabase(join(dataDir, "rebuild.db"));
  cleanup.defer(async () => {
    await fresh.destroy();
    await removeDatabases(dataDir, /^rebuild\.db/);
  });
  const hashed = (of: Database) => ({ store: new SqlIndexStore(of), stateHash: () => stateHash(of) });
  const swap = (): Promise<void> => new LiveIndex(db, fence).replaceWith(fresh);
  const rebuilt = await rebuildIndex({ chain, live: hashed(db), fresh: hashed(fresh), swap, clock, log });
  // the next start reads the logs of other registries again
  await removeDatabases(dataDir, /^0x[0-9a-f]{40}\.db/);
  if (databaseUrl !== undefined)
    await dropCopies(db, { at: databaseUrl, names: /^registry_0x[0-9a-f]{40}$/ });
  return { task: "rebuild", ...rebuilt };
}

async function removeDatabases(folder: string, names: RegExp): Promise<void> {
  for (const name of await readdir(folder)) if (names.test(name)) await rm(join(folder, name));
}
