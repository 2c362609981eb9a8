import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { Kysely, SqliteDialect, type SqliteDatabase } from "kysely";
import { Migrator } from "kysely/migration";
import { AppError, quote } from "../core/errors.ts";
import type { OnUnsynced } from "../core/storage.ts";
import { migrationsFor } from "./migrations/index.ts";
import { SQLITE } from "./migrations/types.ts";
import type { Schema } from "./schema.ts";
import { onDisk, onRollback } from "./sqlite-faults.ts";

export type Database = Kysely<Schema>;

/**
 * Opens the database at `path`, making or upgrading it. A commit is on disk when it returns.
 * @param path a file, or ":memory:"
 * @param options.onUnsynced told when a commit could not be synced
 * @throws AppError SCHEMA_NEWER: a later version of this program has written it
 * @throws AppError DATA_DIR_UNUSABLE: it cannot be opened
 */
export async function openDatabase(
  path: string,
  { onUnsynced = () => undefined }: { onUnsynced?: OnUnsynced } = {},
): Promise<Database> {
  const database = openSqlite(path, onUnsynced);
  const db = new Kysely<Schema>({ dialect: new SqliteDialect({ database }) });
  try {
    await migrate(db, path);
    return db;
  } catch (error) {
    await db.destroy();
    throw error;
  }
}

async function migrate(db: Database, path: string): Promise<void> {
  const migrations = migrationsFor(SQLITE);
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(migrations) } });
  const unknown = (await appliedMigrations(db)).find((name) => !Object.hasOwn(migrations, name));
  if (unknown !== undefined) {
    const detail = `${quote(path)} has the schema ${quote(unknown)} of a later version; start that version, or restore a backup`;
    throw new AppError("SCHEMA_NEWER", { detail });
  }
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) return;
  throw new AppError("DATA_DIR_UNUSABLE", { detail: `${quote(path)} cannot be upgraded` }, { cause: error });
}

async function appliedMigrations(db: Database): Promise<string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(({ name }) => name === "kysely_migration")) return [];
  const rows = await db
    .$extendTables<{ kysely_migration: { name: string } }>()
    .selectFrom("kysely_migration")
    .select("name")
    .execute();
  return rows.map(({ name }) => name);
}

/**
 * node:sqlite as Kysely's SQLite dialect wants it. Its statements fail with STORAGE_LOW or STORAGE_FAILED where the disk
 * does.
 */
function openSqlite(path: string, onUnsynced: OnUnsynced): SqliteDatabase {
  const sqlite = openFile(path);
  return {
    close: () => sqlite.close(),
    prepare: (text) => {
      const statement = onDisk(() => sqlite.prepare(text), onUnsynced);
      const run = (parameters: readonly unknown[]) =>
        onDisk(() => statement.run(...(parameters as SQLInputValue[])), onUnsynced);
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => onDisk(() => statement.all(...(parameters as SQLInputValue[])), onUnsynced),
        run: (parameters) =>
          text === "rollback" ? onRollback(() => run(parameters), UNCHANGED) : run(parameters),
        iterate: (parameters) => statement.iterate(...(parameters as SQLInputValue[])),
      };
    },
  };
}

/** What a statement answers that had nothing to do. */
const UNCHANGED = { changes: 0, lastInsertRowid: 0 };

function openFile(path: string): DatabaseSync {
  try {
    const sqlite = new DatabaseSync(path);
    sqlite.exec("pragma journal_mode = wal; pragma synchronous = full");
    return sqlite;
  } catch (cause) {
    const detail = `the database ${quote(path)} cannot be opened: ${cause instanceof Error ? cause.message : ""}`;
    throw new AppError("DATA_DIR_UNUSABLE", { detail }, { cause });
  }
}
