import { PostgresDialect, type PostgresPoolClient } from "kysely";
import { Client, DatabaseError, Pool, types, type ClientConfig, type PoolClient } from "pg";
import { AppError, quote } from "../../core/errors.ts";

/** How many connections one process may hold for its queries, and the milliseconds that a query waits for one. */
export interface PoolLimits {
  readonly max: number;
  readonly wait: number;
}

const LIMITS: PoolLimits = { max: 10, wait: 5_000 };

/** Milliseconds. A client that stops answering lets go of its locks, and a server that does so is not waited for. */
const STATEMENT = 30_000;
const LOCK = 10_000;
const IDLE_IN_TRANSACTION = 15_000;
const ANSWER = 35_000;

export function isPostgresUrl(at: string): boolean {
  return /^postgres(ql)?:\/\//.test(at);
}

/** Host, port and database of a URL, as they may be shown: nothing of who connects. */
export function databaseName(url: string): string {
  const { host = "", pathname = "" } = URL.parse(url) ?? {};
  return quote(`${host}${pathname}`);
}

/** Kysely's PostgreSQL dialect over a pool whose faults are AppErrors, and whose values are those that SQLite gives. */
export function postgresDialect(
  url: string,
  { schema, limits = LIMITS }: { schema?: string | undefined; limits?: PoolLimits | undefined } = {},
): PostgresDialect {
  const pool = new Pool({ ...clientConfig(url, limits.wait), max: limits.max });
  // a connection that breaks is replaced, and the query that meets it says so
  pool.on("error", () => undefined);
  pool.on("connect", (client) => client.on("error", () => undefined));
  const name = databaseName(url);
  const ready = new WeakSet<PoolClient>();
  const connect = async (): Promise<PostgresPoolClient> => {
    const client = await translatingFaults(name, () => pool.connect());
    try {
      if (!ready.has(client)) await translatingFaults(name, () => prepare(client, schema));
    } catch (error) {
      client.release(true);
      throw error;
    }
    ready.add(client);
    return oneAtATime(client, name);
  };
  return new PostgresDialect({
    pool: { options: pool.options, connect, end: async () => await pool.end() },
  });
}

/** A connection of its own, outside any pool. @throws AppError DATABASE_UNAVAILABLE */
export async function connectAlone(url: string, schema?: string): Promise<Client> {
  const client = new Client(clientConfig(url, LIMITS.wait));
  client.on("error", () => undefined); // whoever uses it next is told
  await translatingFaults(databaseName(url), async () => {
    await client.connect();
    await prepare(client, schema);
  });
  return client;
}

/** Runs work of the driver. @throws AppError DATABASE_UNAVAILABLE in place of what means that */
export async function translatingFaults<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toFault(name, error);
  }
}

function clientConfig(connectionString: string, wait: number): ClientConfig {
  return {
    connectionString,
    application_name: "hufu",
    keepAlive: true,
    connectionTimeoutMillis: wait, // guard: F41 wait for a connection
    query_timeout: ANSWER,
    types: { getTypeParser: parserOf as typeof types.getTypeParser },
  };
}

/**
 * Sets what a session of ours relies on. A commit that returns is on disk: a server that was told otherwise is overruled
 * for these sessions, and one that waits for more than its own disk is left to do so.
 */
async function prepare(client: Pick<Client, "query">, schema: string | undefined): Promise<void> {
  await client.query(
    `select set_config('statement_timeout', $1, false), set_config('lock_timeout', $2, false),
       set_config('idle_in_transaction_session_timeout', $3, false),
       set_config('synchronous_commit',
         case current_setting('synchronous_commit') when 'off' then 'on' else current_setting('synchronous_commit') end,
         false),
       set_config('search_path', coalesce($4, current_setting('search_path')), false)`,
    [String(STATEMENT), String(LOCK), String(IDLE_IN_TRANSACTION), schema ?? null],
  );
}

/** The driver sends one query at a time over a connection; those that come meanwhile wait here. */
function oneAtATime(client: PoolClient, name: string): PostgresPoolClient {
  let last: Promise<unknown> = Promise.resolve();
  const query = async (text: string, parameters: readonly unknown[]): Promise<unknown> => {
    const result = last.then(() => translatingFaults(name, () => client.query(text, [...parameters])));
    last = result.catch(() => undefined);
    return await result;
  };
  return {
    query: query as unknown as PostgresPoolClient["query"],
    release: (destroy?: boolean) => client.release(destroy),
  };
}

const { INT8, NUMERIC, BYTEA } = types.builtins;

/** Whole numbers as numbers, bytes as plain Uint8Array; everything else as the driver has it. */
function parserOf(type: Parameters<typeof types.getTypeParser>[0]): unknown {
  if (type === INT8 || type === NUMERIC) return wholeNumber;
  if (type === BYTEA) return (text: string) => Uint8Array.from(Buffer.from(text.slice(2), "hex"));
  return types.getTypeParser(type, "text");
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`the database holds ${text}, beyond 2^53`);
  return value;
}

/** Another transaction was in the way, and the server has undone this one: it may be tried again whatever it does. */
const CONFLICTS = ["40001", "40P01", "55P03"];

/**
 * Classes of SQLSTATE, and states, that say that the server cannot do what it is asked: connection, resources, operator's
 * intervention, its own system, one that only reads. Whoever may not connect has no database either.
 */
const UNAVAILABLE = /^(?:08|28|53|57|58|3D|40001|40P01|55P03|25006|25P03)/;

/**
 * What is not the server's answer is the connection's fault: refused, reset, silent, or none free in time. A fault of
 * our own (TypeError, RangeError) and an answer about the statement stay as they are.
 */
function toFault(name: string, error: unknown): unknown {
  if (error instanceof AppError || error instanceof TypeError || error instanceof RangeError) return error;
  const answered = error instanceof DatabaseError;
  const code = (error as { code?: string }).code ?? "";
  if (answered && !UNAVAILABLE.test(code)) return error; // guard: F38 database unavailable
  const why = code === "" ? "no connection" : code;
  const conflict = answered && CONFLICTS.includes(code);
  return new AppError(
    "DATABASE_UNAVAILABLE",
    { detail: `the database ${name} does not do its work (${why})`, conflict },
    { cause: error },
  );
}
