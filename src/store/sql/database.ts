/** Opens databases on SQLite or PostgreSQL and upgrades their schema. */
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { Kysely, SqliteDialect, type SqliteDatabase } from "kysely";
import { Migrator } from "kysely/migration";
import { AppError, isAppError, quote } from "../../core/errors.ts";
import { dataOfOlderVersion, type OnUnsynced } from "../../core/storage.ts";
import { OLDER_VERSION, migrationsFor } from "./migrations/index.ts";
import { POSTGRES, SQLITE } from "./migrations/types.ts";
import { currentSchema, databaseName, isPostgresUrl, postgresDialect, type PoolLimits } from "./postgres.ts";
import type { Schema } from "./schema.ts";
import { onDisk, onRollback } from "./sqlite-faults.ts";

export type Database = Kysely<Schema>;

/** A database before it is upgraded. */
export interface FoundDatabase {
  readonly db: Database;
  /** For messages: where it is, without user and password. */
  readonly name: string;
  readonly hasTable: (name: string) => boolean;
}

/** Called before anything is written; what it throws ends the opening. */
export type Admit = (found: FoundDatabase) => Promise<void>;

/**
 * Opens a database, and creates or upgrades it. A commit is on disk when it returns. Several processes may open a database
 * of PostgreSQL at the same time: the first one upgrades it.
 * @param at a file, ":memory:", or the URL of a PostgreSQL database
 * @param options.schema PostgreSQL only: the schema of the tables, created if it does not exist
 * @param options.onUnsynced SQLite only: called when a commit could not be synced
 * @param options.admit called before the upgrade
 * @throws AppError SCHEMA_NEWER: a later version of this program has upgraded it
 * @throws AppError DATA_OF_OLDER_VERSION: an earlier one made it, which is not upgraded
 * @throws AppError DATA_DIR_UNUSABLE: it cannot be opened
 * @throws AppError DATABASE_UNAVAILABLE: PostgreSQL does not answer
 */
export async function openDatabase(
  at: string,
  options: { schema?: string; limits?: PoolLimits; onUnsynced?: OnUnsynced; admit?: Admit } = {},
): Promise<Database> {
  const { onUnsynced = () => undefined, admit } = options;
  const schema = isPostgresUrl(at) ? (options.schema ?? (await currentSchema(at))) : undefined;
  const dialect =
    schema === undefined
      ? new SqliteDialect({ database: openSqlite(at, onUnsynced) })
      : postgresDialect(at, { schema, limits: options.limits });
  const db = new Kysely<Schema>({ dialect });
  try {
    const name = schema === undefined ? quote(at) : `${databaseName(at)} (schema ${quote(schema)})`;
    await migrate(db, { name, schema, admit });
    return db;
  } catch (error) {
    await db.destroy();
    throw error;
  }
}

interface MigrationTarget {
  readonly name: string;
  /** PostgreSQL only. */
  readonly schema: string | undefined;
  readonly admit: Admit | undefined;
}

async function migrate(db: Database, { name, schema, admit }: MigrationTarget): Promise<void> {
  const migrations = migrationsFor(schema === undefined ? SQLITE : POSTGRES);
  const migrator = new Migrator({
    db,
    provider: { getMigrations: () => Promise.resolve(migrations) },
    ...(schema === undefined ? {} : { migrationTableSchema: schema }),
  });
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  const hasTable = (table: string): boolean => tables.some((it) => it.name === table && it.schema === schema);
  const applied = hasTable("kysely_migration") ? await appliedMigrations(db) : [];
  if (applied.includes(OLDER_VERSION)) throw dataOfOlderVersion(name);
  const unknown = applied.find((known) => !Object.hasOwn(migrations, known));
  if (unknown !== undefined) {
    const detail = `${name} has the schema ${quote(unknown)} of a later version; start that version, or restore a backup`;
    throw new AppError("SCHEMA_NEWER", { detail });
  }
  await admit?.({ db, name, hasTable });
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) return;
  if (isAppError(error)) throw error;
  throw new AppError("DATA_DIR_UNUSABLE", { detail: `${name} cannot be upgraded` }, { cause: error });
}

async function appliedMigrations(db: Database): Promise<string[]> {
  const rows = await db
    .$extendTables<{ kysely_migration: { name: string } }>()
    .selectFrom("kysely_migration")
    .select("name")
    .execute();
  return rows.map(({ name }) => name);
}

/**
 * Adapts node:sqlite to Kysely's SQLite dialect. Statements fail with STORAGE_LOW or STORAGE_FAILED where the disk does.
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

/** The result of a statement without effect. */
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
