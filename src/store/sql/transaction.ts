/** Runs transactions on a database, and retries those that conflict with others. */
import { ExponentialBackoff, handleWhen, retry } from "cockatiel";
import { PostgresAdapter, type Transaction as KyselyTransaction } from "kysely";
import { isAppError } from "../../core/errors.ts";
import type { Database } from "./database.ts";
import type { Schema } from "./schema.ts";

export type Transaction = KyselyTransaction<Schema>;
export type Work<T> = (tx: Transaction) => Promise<T>;

/** Attempts of a transaction that conflicts with others. */
const ATTEMPTS = 8; // guard: F40 tries
/** Milliseconds before the second attempt, about; each next wait is about twice as long. */
const FIRST_WAIT = 10;

export function isPostgres(db: Database): boolean {
  return db.getExecutor().adapter instanceof PostgresAdapter;
}

/** Reads from one snapshot. */
export async function reading<T>(db: Database, work: Work<T>): Promise<T> {
  if (!isPostgres(db)) return await db.transaction().execute(work);
  const moment = db.transaction().setIsolationLevel("repeatable read").setAccessMode("read only");
  return await moment.execute(work);
}

/**
 * Writes atomically. After a conflict with another transaction `work` runs again from its start, so it must keep no state
 * between runs. A commit without an answer may have been made, and is not retried.
 * @throws AppError DATABASE_UNAVAILABLE
 */
export async function writing<T>(db: Database, work: Work<T>): Promise<T> {
  if (!isPostgres(db)) return await db.transaction().execute(work);
  return await retrying.execute(() => db.transaction().setIsolationLevel("read committed").execute(work));
}

/**
 * Writes in isolation from other such transactions: for work that depends on the *absence* of rows.
 * @throws AppError DATABASE_UNAVAILABLE
 */
export async function writingSerially<T>(db: Database, work: Work<T>): Promise<T> {
  if (!isPostgres(db)) return await db.transaction().execute(work);
  // guard: F40 isolation
  return await retrying.execute(() => db.transaction().setIsolationLevel("serializable").execute(work));
}

/** Retries conflicts after random waits of growing length. */
const retrying = retry(
  handleWhen((error) => isConflict(error)),
  { maxAttempts: ATTEMPTS - 1, backoff: new ExponentialBackoff({ initialDelay: FIRST_WAIT }) },
);

function isConflict(error: unknown): boolean {
  // guard: F39 conflicts alone
  return isAppError(error, "DATABASE_UNAVAILABLE") && error.fields["conflict"] === true;
}
