/** Finds out whether each connection to PostgreSQL has a session of its own. */
import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { AppError } from "../../core/errors.ts";
import { databaseName, withConnection } from "./postgres.ts";

/** "hufp", which identifies the lock in the server's list. */
const LOCK_CLASS = 0x68756670;
/** Milliseconds that the server may take to notice that a connection has ended, and between two looks. */
const PATIENCE = 10_000;
const PAUSE = 20;

const LOCK = `from pg_locks where locktype = 'advisory' and classid::bigint = $1 and objid::bigint = $2
  and database = (select oid from pg_database where datname = current_database())`;

/**
 * Refuses a pool that shares the sessions of the server among its connections (PgBouncer's pool modes transaction and
 * statement), behind which two processes would lead: a lock has to outlast the statement that takes it, and to end with its
 * connection. Whatever the size of such a pool, and whichever session it gives, one of the two fails.
 * @throws AppError DATABASE_POOLED, DATABASE_UNAVAILABLE
 */
export async function requireSessions(url: string): Promise<void> {
  const lock = [LOCK_CLASS, randomInt(2 ** 31)];
  const isKept = await withConnection(url, async (client) => {
    await client.query("select pg_try_advisory_lock($1, $2)", lock);
    const { rows } = await client.query(`select 1 ${LOCK} and pid = pg_backend_pid()`, lock);
    return rows.length > 0;
  });
  if (isKept && (await endsWithConnection(url, lock))) return; // guard: F12 own sessions
  const detail = `the database ${databaseName(url)} is behind a pool that gives a connection's session to others, so that two processes would lead: name the server itself, or a pool in session mode`;
  throw new AppError("DATABASE_POOLED", { detail, at: "HUFU_DATABASE_URL" });
}

/** Whether a lock goes with the connection that took it, which has ended. */
async function endsWithConnection(url: string, lock: readonly number[]): Promise<boolean> {
  return await withConnection(url, async (client) => {
    for (let waited = 0; waited < PATIENCE; waited += PAUSE) {
      const { rows } = await client.query<{ here: boolean }>(
        `select pid = pg_backend_pid() and pg_advisory_unlock($1, $2) as here ${LOCK}`,
        [...lock],
      );
      if (rows.length === 0) return true;
      if (rows[0]?.here === true) return false; // in the session of this connection
      await sleep(PAUSE);
    }
    return false;
  });
}
