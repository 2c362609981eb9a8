/** The stored index of a service that is stopped, looked through or made anew. */
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { pino } from "pino";
import { RpcPool } from "../chain/pool.ts";
import { CHAIN_PROFILES } from "../chain/profile.ts";
import { connect } from "../chain/reader.ts";
import { payloadOf } from "../chain/registry.ts";
import type { IndexReport, IndexTask } from "../cli/context.ts";
import type { ServiceConfig } from "../config.ts";
import { systemClock } from "../core/clock.ts";
import { doubtError } from "../core/doubt.ts";
import { rebuildIndex } from "../indexer/rebuild.ts";
import { type Database, openDatabase } from "../store/database.ts";
import { readDoubt } from "../store/doubt.ts";
import { SqlIndexStore, readCursor } from "../store/index-store.ts";
import { lockFolder } from "../store/lock.ts";
import { SqlScrubbedIndex } from "../store/scrub.ts";
import { stateHash } from "../store/state-hash.ts";
import { replaceIndex } from "../store/swap.ts";
import { nodeOf } from "./node.ts";
import type { Following } from "./read-model.ts";
import { endProcess } from "./running.ts";

/**
 * Checks the stored index of a service that is stopped, or makes it anew from the chain alone.
 * @throws AppError DATA_DIR_LOCKED: the service runs
 * @throws AppError INDEX_MISMATCH, or the doubt: the check found it wrong
 */
export async function maintainIndex(
  config: ServiceConfig,
  task: IndexTask,
  { clock = systemClock, log = pino({ level: "silent" }) }: Partial<Following> = {},
): Promise<IndexReport> {
  await using cleanup = new AsyncDisposableStack();
  const { dataDir } = config;
  const lock = await lockFolder(dataDir);
  cleanup.defer(() => lock.release());
  const db = await openDatabase(join(dataDir, "hufu.db"));
  cleanup.defer(() => db.destroy());
  return task === "check" ? await checkIndex(db) : await rebuild({ config, db, clock, log, cleanup });
}

async function checkIndex(db: Database): Promise<IndexReport> {
  await new SqlScrubbedIndex(db, payloadOf).checkAll();
  const doubt = await readDoubt(db);
  if (doubt !== undefined) throw doubtError(doubt);
  const { size } = await readCursor(db);
  return { task: "check", entries: size, stateHash: await stateHash(db) };
}

async function rebuild(
  parts: Following & { config: ServiceConfig; db: Database; cleanup: AsyncDisposableStack },
): Promise<IndexReport> {
  const { config, db, clock, log, cleanup } = parts;
  const { dataDir, finality } = config;
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
  const swap = (): Promise<void> => replaceIndex({ live: db, fresh });
  const rebuilt = await rebuildIndex({ chain, live: hashed(db), fresh: hashed(fresh), swap, clock, log });
  // logs of other registries hold nothing but what the next start reads again
  await removeDatabases(dataDir, /^0x[0-9a-f]{40}\.db/);
  return { task: "rebuild", ...rebuilt };
}

async function removeDatabases(folder: string, names: RegExp): Promise<void> {
  for (const name of await readdir(folder)) if (names.test(name)) await rm(join(folder, name));
}
