import type { Client } from "pg";
import { AppError } from "../../core/errors.ts";
import type { Leadership } from "../../core/leadership.ts";
import type { OnUnsynced } from "../../core/storage.ts";
import { openDatabase, type Database } from "./database.ts";
import { connectAlone, isPostgresUrl, databaseName, translatingFaults } from "./postgres.ts";
import type { Fence } from "./store.ts";
import { isPostgres, writing, type Transaction } from "./transaction.ts";

/** How the one process is found. */
interface Election {
  /** The new term, or undefined where another process leads. */
  win(): Promise<number | undefined>;
  /** Whether what was won is still ours, as far as can be told from here. */
  readonly holds: boolean;
  resign(): Promise<void>;
}

/** A database with the lead among the processes that share it. */
export interface SharedDatabase {
  readonly db: Database;
  readonly leadership: Leadership & Fence;
  close(): Promise<void>;
}

/** Where a database is: a file or URL, and with a URL the schema, if not its usual one. */
export interface Place {
  readonly at: string;
  readonly schema?: string;
}

/** Milliseconds after which a leader that says nothing has lost the lead. */
const LEASE = 10_000;

/**
 * Opens a database as `openDatabase` does, with the lead in it. On SQLite this process has it: nobody else is let into
 * the folder.
 * @param options.lease milliseconds after which a leader that says nothing has lost the lead; PostgreSQL only
 * @param options.onUnsynced SQLite only: told when a commit could not be synced
 * @throws AppError as `openDatabase`
 */
export async function openShared(
  { at, ...rest }: Place,
  { lease = LEASE, onUnsynced }: { lease?: number; onUnsynced?: OnUnsynced } = {},
): Promise<SharedDatabase> {
  const db = await openDatabase(at, { ...rest, ...(onUnsynced === undefined ? {} : { onUnsynced }) });
  const election = isPostgresUrl(at)
    ? new SessionElection({ url: at, lease, ...rest })
    : new OnlyCandidate(db);
  const leadership = new SqlLeadership(db, election);
  const close = async (): Promise<void> => {
    await leadership.resign();
    await db.destroy();
  };
  return { db, leadership, close };
}

/**
 * The lead, numbered by terms. What was begun under a lost term ends before this process stands for election again, so
 * nothing that was decided under one term is ever written under another.
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

/** The process that has the data directory for itself. */
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

  resign(): Promise<void> {
    return Promise.resolve();
  }
}

/** "hufu", for whoever looks at the server's locks. */
const LOCK_CLASS = 0x68756675;

/**
 * A lock of a session on PostgreSQL, which the server takes back when the session ends: with the process, with the
 * connection, and when the process has said nothing for the length of the lease.
 */
class SessionElection implements Election {
  readonly #url: string;
  readonly #schema: string | undefined;
  readonly #lease: number;
  #session: Client | undefined;
  #won = false;
  #signs: NodeJS.Timeout | undefined;

  constructor({ url, schema, lease }: { url: string; schema?: string; lease: number }) {
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
      return await translatingFaults(databaseName(this.#url), () => this.#take(session));
    } catch (error) {
      await this.resign(); // so that another may try
      throw error;
    }
  }

  /** The term is counted up by the session that has the lock: where it is gone, so is the right to. */
  async #take(session: Client): Promise<number | undefined> {
    const { rows: tried } = await session.query<{ won: boolean }>(
      "select pg_try_advisory_lock($1, hashtext(current_schema())) as won",
      [LOCK_CLASS],
    );
    if (tried[0]?.won !== true) return undefined; // guard: F12 advisory lock
    const { rows } = await session.query<{ term: number }>(
      "update leadership set term = term + 1 where id = 1 returning term",
    );
    this.#won = this.#session === session;
    this.#giveSigns(session);
    return this.#won ? rows[0]?.term : undefined;
  }

  async #connected(): Promise<Client> {
    if (this.#session !== undefined) return this.#session;
    const session = await connectAlone(this.#url, this.#schema);
    session.once("end", () => this.#gone(session));
    session.once("error", () => this.#gone(session));
    this.#session = session;
    await session.query("select set_config('idle_session_timeout', $1, false)", [String(this.#lease)]);
    return session;
  }

  /** Signs of life, for as long as the session is there; one at a time, as the client wants it. */
  #giveSigns(session: Client): void {
    if (this.#session !== session) return;
    const sign = async (): Promise<void> => {
      await session.query("select 1").then(
        () => this.#giveSigns(session),
        () => this.#gone(session),
      );
    };
    this.#signs = setTimeout(() => void sign(), this.#lease / 4).unref();
  }

  #gone(session: Client): void {
    if (this.#session !== session) return;
    clearTimeout(this.#signs);
    this.#session = undefined;
    this.#won = false;
  }

  async resign(): Promise<void> {
    const session = this.#session;
    if (session === undefined) return;
    this.#gone(session);
    await session.end().catch(() => undefined);
  }
}
