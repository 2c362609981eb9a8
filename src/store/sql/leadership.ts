/** Elects the leader among the processes that share a database and fences its writes. */
import type { Client } from "pg";
import { AppError } from "../../core/errors.ts";
import type { Leadership } from "../../core/leadership.ts";
import type { OnUnsynced } from "../../core/storage.ts";
import { openDatabase, type Admit, type Database } from "./database.ts";
import {
  connectAlone,
  currentSchema,
  databaseName,
  isPostgresUrl,
  transacting,
  translatingFaults,
} from "./postgres.ts";
import { requireSessions } from "./sessions.ts";
import type { Fence } from "./store.ts";
import { isPostgres, writing, type Transaction } from "./transaction.ts";

interface Election {
  /** The new term; undefined where another process leads. */
  win(): Promise<number | undefined>;
  /** Whether the election is still won, as far as this process knows. */
  readonly holds: boolean;
  /** Whether no other process has the database open; none can open it then while this election is won. */
  exclude(): Promise<boolean>;
  resign(): Promise<void>;
}

export interface SharedDatabase {
  readonly db: Database;
  readonly leadership: Leadership & Fence;
  /** Works while this process alone has the database open. @throws AppError DATABASE_IN_USE */
  alone<T>(work: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Location of a database: a file or URL, and with a URL the schema, if not its default one. */
export interface Place {
  readonly at: string;
  readonly schema?: string;
}

/** Milliseconds after which a leader that gives no sign of life loses the lead. */
const LEASE = 10_000;

/**
 * Opens a database as `openDatabase` does, with the election of its leader. On SQLite this process is the only candidate:
 * the folder is locked.
 * @param options.lease milliseconds after which a silent leader loses the lead; PostgreSQL only
 * @param options.onUnsynced SQLite only: called when a commit could not be synced
 * @throws AppError as `openDatabase`; DATABASE_POOLED: as `requireSessions`
 */
export async function openShared(
  { at, schema: named }: Place,
  { lease = LEASE, ...opening }: { lease?: number; onUnsynced?: OnUnsynced; admit?: Admit } = {},
): Promise<SharedDatabase> {
  if (isPostgresUrl(at)) await requireSessions(at);
  const schema = isPostgresUrl(at) ? (named ?? (await currentSchema(at))) : undefined;
  const db = await openDatabase(at, { ...opening, ...(schema !== undefined && { schema }) });
  const election =
    schema === undefined ? new OnlyCandidate(db) : new SessionElection({ url: at, schema, lease });
  const leadership = new SqlLeadership(db, election);
  const close = async (): Promise<void> => {
    await leadership.resign();
    await db.destroy();
  };
  return { db, leadership, alone: (work) => leadership.alone(work), close };
}

/**
 * Leads in numbered terms. Work that was begun under a lost term ends before this process stands for election again, so that
 * decisions of one term are never written under another.
 */
class SqlLeadership implements Leadership, Fence {
  readonly #db: Database;
  readonly #election: Election;
  #term: number | undefined;
  #working = 0;
  #standing: Promise<boolean> | undefined;

  constructor(db: Database, election: Election) {
    this.#db = db;
    this.#election = election;
  }

  get leads(): boolean {
    return this.#term !== undefined && this.#election.holds;
  }

  async lead<T>(work: () => Promise<T>): Promise<T | undefined> {
    this.#standing ??= this.#stand().finally(() => (this.#standing = undefined));
    if (!(await this.#standing)) return undefined;
    this.#working += 1;
    try {
      return await work();
    } finally {
      this.#working -= 1;
    }
  }

  async alone<T>(work: () => Promise<T>): Promise<T> {
    const done = await this.lead(async () =>
      (await this.#election.exclude()) ? { result: await work() } : undefined,
    );
    if (done !== undefined) return done.result;
    throw inUse("another process works on this database; stop every service on it, and try again");
  }

  async #stand(): Promise<boolean> {
    if (this.leads) return true;
    this.#term = undefined;
    if (this.#working > 0) return false; // guard: F12 work under way
    this.#term = await this.#election.win();
    return this.#term !== undefined;
  }

  async hold(tx: Transaction): Promise<void> {
    const row = tx.selectFrom("leadership").select("term").where("id", "=", 1);
    const { term } = await (isPostgres(this.#db) ? row.forShare() : row).executeTakeFirstOrThrow();
    if (this.#term === term) return; // guard: F12 term
    this.#term = undefined;
    throw new AppError("LEADERSHIP_LOST", { detail: `another process leads since, in term ${term}` });
  }

  async resign(): Promise<void> {
    this.#term = undefined;
    await this.#election.resign();
  }
}

function inUse(detail: string): AppError {
  return new AppError("DATABASE_IN_USE", { detail, at: "HUFU_DATABASE_URL" });
}

/** The process that has locked the data directory. */
class OnlyCandidate implements Election {
  readonly #db: Database;
  readonly holds = true;

  constructor(db: Database) {
    this.#db = db;
  }

  async win(): Promise<number> {
    return await writing(this.#db, async (tx) => {
      await tx
        .updateTable("leadership")
        .set(({ eb }) => ({ term: eb("term", "+", 1) }))
        .execute();
      return (await tx.selectFrom("leadership").select("term").executeTakeFirstOrThrow()).term;
    });
  }

  exclude(): Promise<boolean> {
    return Promise.resolve(true);
  }

  resign(): Promise<void> {
    return Promise.resolve();
  }
}

/** "hufu" and "hufo", which identify in the server's list the leader's lock and that of all who have the database open. */
const LOCK_CLASS = 0x68756675;
const OPEN_CLASS = 0x6875666f;

/**
 * Holds an advisory lock of a session on PostgreSQL, which the server releases when the session ends: with the process, with
 * the connection, and when the process was silent for the length of the lease.
 */
class SessionElection implements Election {
  readonly #url: string;
  readonly #schema: string;
  readonly #lease: number;
  #session: Client | undefined;
  #won = false;
  #heartbeat: NodeJS.Timeout | undefined;

  constructor({ url, schema, lease }: { url: string; schema: string; lease: number }) {
    this.#url = url;
    this.#schema = schema;
    this.#lease = lease;
  }

  get holds(): boolean {
    return this.#won;
  }

  async win(): Promise<number | undefined> {
    const session = await this.#connected();
    try {
      return await translatingFaults(databaseName(this.#url), () => this.#lock(session));
    } catch (error) {
      await this.resign(); // so that another process may win
      throw error;
    }
  }

  /** The session that holds the lock increments the term, so a lost session cannot. */
  async #lock(session: Client): Promise<number | undefined> {
    const { rows: attempts } = await session.query<{ won: boolean }>(
      "select pg_try_advisory_lock($1, hashtext($2)) as won",
      [LOCK_CLASS, this.#schema],
    );
    if (attempts[0]?.won !== true) return undefined; // guard: F12 advisory lock
    const { rows } = await transacting(session, this.#schema, () =>
      session.query<{ term: number }>("update leadership set term = term + 1 where id = 1 returning term"),
    );
    this.#won = this.#session === session;
    this.#scheduleHeartbeat(session);
    return this.#won ? rows[0]?.term : undefined;
  }

  async #connected(): Promise<Client> {
    if (this.#session !== undefined) return this.#session;
    const session = await connectAlone(this.#url);
    session.once("end", () => this.#forget(session));
    session.once("error", () => this.#forget(session));
    this.#session = session;
    await session.query("select set_config('idle_session_timeout', $1, false)", [String(this.#lease)]);
    if (await this.#locks(session, "pg_try_advisory_lock_shared")) return session;
    await this.resign();
    throw inUse("the database is being moved; start again once that is done");
  }

  async exclude(): Promise<boolean> {
    return this.#session !== undefined && (await this.#locks(this.#session, "pg_try_advisory_lock"));
  }

  /** Locks the list of those that have the database open. */
  async #locks(
    session: Client,
    how: "pg_try_advisory_lock" | "pg_try_advisory_lock_shared",
  ): Promise<boolean> {
    const { rows } = await session.query<{ locked: boolean }>(`select ${how}($1, hashtext($2)) as locked`, [
      OPEN_CLASS,
      this.#schema,
    ]);
    return rows[0]?.locked === true;
  }

  /** Sends signs of life while the session lasts, one at a time, as the client requires. */
  #scheduleHeartbeat(session: Client): void {
    if (this.#session !== session) return;
    const beat = async (): Promise<void> => {
      await session.query("select 1").then(
        () => this.#scheduleHeartbeat(session),
        () => this.#forget(session),
      );
    };
    this.#heartbeat = setTimeout(() => void beat(), this.#lease / 4).unref();
  }

  #forget(session: Client): void {
    if (this.#session !== session) return;
    clearTimeout(this.#heartbeat);
    this.#session = undefined;
    this.#won = false;
  }

  async resign(): Promise<void> {
    const session = this.#session;
    if (session === undefined) return;
    this.#forget(session);
    await session.end().catch(() => undefined);
  }
}
