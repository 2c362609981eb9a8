import { ExponentialBackoff, handleWhen, retry } from "cockatiel";
import { PostgresAdapter, type Transaction as KyselyTransaction } from "kysely";
import { isAppError } from "../../core/errors.ts";
import type { Database } from "./database.ts";
import type { Schema } from "./schema.ts";

export type Transaction = KyselyTransaction<Schema>;
export type Work<T> = (tx: Transaction) => Promise<T>;

/** How often a transaction is tried that others were in the way of. */
const TRIES = 8; // guard: F40 tries
/** Milliseconds before the second try, about; each wait after is about twice as long. */
const FIRST_WAIT = 10;

export function isPostgres(db: Database): boolean {
  return db.getExecutor().adapter instanceof PostgresAdapter;
}

/** Reads: all of it from one moment, whatever is written meanwhile. */
export async function reading<T>(db: Database, work: Work<T>): Promise<T> {
  if (!isPostgres(db)) return await db.transaction().execute(work);
  const moment = db.transaction().setIsolationLevel("repeatable read").setAccessMode("read only");
  return await moment.execute(work);
}

/**
 * Writes, whole or not at all. Where another transaction was in the way the database has undone this one, and `work` runs
 * again from its start, so it must keep nothing from one run to the next. A commit that was not answered may have been
 * made: it is not repeated here, and the caller learns DATABASE_UNAVAILABLE.
 * @throws AppError DATABASE_UNAVAILABLE
 */
export async function writing<T>(db: Database, work: Work<T>): Promise<T> {
  if (!isPostgres(db)) return await db.transaction().execute(work);
  return await patiently.execute(() => db.transaction().setIsolationLevel("read committed").execute(work));
}

/**
 * The same, as if no other such transaction ran meanwhile: for work that decides by what is *not* there.
 * @throws AppError DATABASE_UNAVAILABLE
 */
export async function writingSerially<T>(db: Database, work: Work<T>): Promise<T> {
  if (!isPostgres(db)) return await db.transaction().execute(work);
  // guard: F40 isolation
  return await patiently.execute(() => db.transaction().setIsolationLevel("serializable").execute(work));
}

/** Tries again, after ever longer waits of random length, what the database has undone for another's sake. */
const patiently = retry(
  handleWhen((error) => isConflict(error)),
  { maxAttempts: TRIES - 1, backoff: new ExponentialBackoff({ initialDelay: FIRST_WAIT }) },
);

function isConflict(error: unknown): boolean {
  // guard: F39 conflicts alone
  return isAppError(error, "DATABASE_UNAVAILABLE") && error.fields["conflict"] === true;
}
