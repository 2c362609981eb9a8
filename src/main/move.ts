/** Moves the store of a data directory to the other kind of database, or binds the directory to another store. */
import type { AdoptReport, DatabaseKind, MoveReport } from "../cli/context.ts";
import type { ServiceConfig } from "../config.ts";
import { AppError } from "../core/errors.ts";
import { lockFolder } from "../files/lock.ts";
import { writeStoreFile } from "../files/store-file.ts";
import { type TableCopy, copyTables } from "../store/sql/copy.ts";
import { changeStoreRow, isUnused, makeStoreRow } from "../store/sql/identity.ts";
import { type OwnStore, knownStore, openStore, storeChanged } from "./own-store.ts";

/** Called after each step, for tests that end the process there. */
type OnStep = (step: string) => Promise<void>;

/**
 * Copies everything from the store of the data directory to an empty database, compares both, and has the directory belong
 * to the copy. Interrupted anywhere, it goes on where it was; until it is done the copy does not start, and once it is the
 * earlier store does not.
 * @throws AppError DATA_DIR_LOCKED, DATABASE_IN_USE: a service runs
 * @throws AppError STORE_CHANGED: the directory belongs to neither database, or the other one is not empty
 */
export async function moveStore(
  config: ServiceConfig,
  to: DatabaseKind,
  onStep: OnStep = () => Promise.resolve(),
): Promise<MoveReport> {
  const { dataDir } = config;
  if (config.databaseUrl === undefined) {
    const detail = "set HUFU_DATABASE_URL to the PostgreSQL database, in either direction";
    throw new AppError("CONFIG", { detail, at: "HUFU_DATABASE_URL" });
  }
  await using cleanup = new AsyncDisposableStack();
  cleanup.adopt(await lockFolder(dataDir), (lock) => lock.release());
  const known = await knownStore(config);
  const configs = { postgresql: config, sqlite: { ...config, databaseUrl: undefined } };
  const from = to === "sqlite" ? configs.postgresql : configs.sqlite;
  const source = cleanup.adopt(
    await openStore(from, {
      refuse: ({ row, name }) => {
        const isOurs = known !== undefined && ["", row?.identity, row?.moved_to].includes(known.store);
        if (!isOurs || typeof row?.copy_of === "string")
          throw storeChanged(`${name} is not the store of the data directory`);
      },
    }),
    (store) => store.close(),
  );
  const target = cleanup.adopt(await openStore(configs[to]), (store) => store.close());
  return await source.alone(() => target.alone(() => move({ source, target, dataDir, onStep })));
}

async function move(parts: {
  source: OwnStore;
  target: OwnStore;
  dataDir: string;
  onStep: OnStep;
}): Promise<MoveReport> {
  const { source, target, dataDir, onStep } = parts;
  const origin = await makeStoreRow(source.db);
  if (target.row === undefined && !(await isUnused(target.db))) throw notEmpty(target);
  const copy = await makeStoreRow(target.db, origin.identity);
  let tables: TableCopy[] = [];
  if (copy.copy_of === origin.identity) {
    await onStep("begun");
    tables = await copyTables({ from: source.db, to: target.db }, ({ table }) => onStep(table));
    await changeStoreRow(source, { moved_to: copy.identity });
    await onStep("marked");
    await changeStoreRow(target, { copy_of: null });
    await onStep("complete");
  } else if (origin.moved_to !== copy.identity) throw notEmpty(target);
  await writeStoreFile(dataDir, { store: copy.identity, at: target.name });
  return { from: source.name, to: target.name, tables };
}

function notEmpty({ name }: OwnStore): AppError {
  return storeChanged(`${name} has documents of its own: a store is moved to an empty database`);
}

/**
 * Binds the data directory to the database that the settings name, where the one before is known to be lost.
 * @throws AppError DATA_DIR_LOCKED; STORE_CHANGED: it is an unfinished copy
 */
export async function adoptStore(config: ServiceConfig): Promise<AdoptReport> {
  const { dataDir } = config;
  await using cleanup = new AsyncDisposableStack();
  cleanup.adopt(await lockFolder(dataDir), (lock) => lock.release());
  const before = await knownStore(config);
  const store = await openStore(config, {
    refuse: ({ row, name }) => {
      if (typeof row?.copy_of === "string") throw storeChanged(`${name} is an unfinished copy`);
    },
  });
  cleanup.defer(() => store.close());
  const { identity } = await makeStoreRow(store.db);
  if (typeof store.row?.moved_to === "string")
    await store.alone(() => changeStoreRow(store, { moved_to: null }));
  await writeStoreFile(dataDir, { store: identity, at: store.name });
  return { store: identity, at: store.name, before };
}
