/** Connects to PostgreSQL and translates the driver's faults and values. */
import { PostgresDialect, type PostgresPoolClient } from "kysely";
import {
  Client,
  DatabaseError,
  escapeIdentifier,
  escapeLiteral,
  Pool,
  types,
  type ClientConfig,
  type PoolClient,
} from "pg";
import { AppError, quote } from "../../core/errors.ts";

/** Connections that one process may hold, and milliseconds that a query waits for one. */
export interface PoolLimits {
  readonly max: number;
  readonly wait: number;
}

const LIMITS: PoolLimits = { max: 10, wait: 5_000 };

/** Milliseconds. A silent client loses its locks, and a silent server is not waited for. */
const STATEMENT_TIMEOUT = 30_000;
const LOCK_TIMEOUT = 10_000;
const IDLE_TIMEOUT = 15_000;
const QUERY_TIMEOUT = 35_000;

export function isPostgresUrl(at: string): boolean {
  return /^postgres(ql)?:\/\//.test(at);
}

/** Host, port and database of a URL, without the user and the password. */
export function databaseName(url: string): string {
  const { host = "", pathname = "" } = URL.parse(url) ?? {};
  return quote(`${host}${pathname}`);
}

/** Kysely's PostgreSQL dialect over a pool whose faults are AppErrors, and whose values are those of SQLite. */
export function postgresDialect(
  url: string,
  { schema, limits = LIMITS }: { schema: string; limits?: PoolLimits | undefined },
): PostgresDialect {
  const pool = new Pool({ ...clientConfig(url, limits.wait), max: limits.max });
  // a broken connection is replaced, and the query on it fails
  pool.on("error", () => undefined);
  pool.on("connect", (client) => client.on("error", () => undefined));
  const name = databaseName(url);
  const connect = async (): Promise<PostgresPoolClient> =>
    connection(await translatingFaults(name, () => pool.connect()), { name, schema });
  return new PostgresDialect({
    pool: { options: pool.options, connect, end: async () => await pool.end() },
  });
}

/** Works with a connection outside any pool, and ends it. @throws AppError DATABASE_UNAVAILABLE */
export async function withConnection<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = await connectAlone(url);
  try {
    return await translatingFaults(databaseName(url), () => work(client));
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** A connection outside any pool. @throws AppError DATABASE_UNAVAILABLE */
export async function connectAlone(url: string): Promise<Client> {
  const client = new Client(clientConfig(url, LIMITS.wait));
  client.on("error", () => undefined); // the next query reports it
  await translatingFaults(databaseName(url), () => client.connect());
  return client;
}

/** The schema in which PostgreSQL creates tables, by its settings or those of the URL. */
export async function currentSchema(url: string): Promise<string> {
  const { rows } = await withConnection(url, (client) =>
    client.query<{ schema: string | null }>("select current_schema() as schema"),
  );
  return rows[0]?.schema ?? "public";
}

/** Runs work of the driver. @throws AppError DATABASE_UNAVAILABLE instead of the driver's error for it */
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
    query_timeout: QUERY_TIMEOUT,
    types: { getTypeParser: parserOf as typeof types.getTypeParser },
  };
}

/**
 * Runs work in a transaction with the limits and the schema below. They end with it: a pool between here and the server may
 * give the session to others, and theirs to this process.
 */
export async function transacting<T>(
  client: Pick<Client, "query">,
  schema: string,
  work: () => Promise<T>,
): Promise<T> {
  await client.query(`begin; ${localSettings(schema)}`);
  try {
    const result = await work();
    await client.query("commit");
    return result;
  } catch (error) {
    if (error instanceof DatabaseError) await client.query("rollback").catch(() => undefined);
    throw error;
  }
}

/**
 * The limits of a transaction, its schema, and that a commit that returns is on disk: a weaker setting of the server is
 * overridden, a stronger one, which waits for standby servers too, is kept.
 */
function localSettings(schema: string): string {
  return `select set_config('statement_timeout', '${STATEMENT_TIMEOUT}', true),
    set_config('lock_timeout', '${LOCK_TIMEOUT}', true),
    set_config('idle_in_transaction_session_timeout', '${IDLE_TIMEOUT}', true),
    set_config('synchronous_commit',
      case current_setting('synchronous_commit') when 'off' then 'on' else current_setting('synchronous_commit') end,
      true),
    set_config('search_path', ${escapeLiteral(escapeIdentifier(schema))}, true)`;
}

/**
 * A connection of the pool. The driver sends one query at a time; concurrent ones wait. Every transaction begins with its
 * settings, and a statement outside of one has a transaction of its own.
 */
function connection(
  client: PoolClient,
  { name, schema }: { name: string; schema: string },
): PostgresPoolClient {
  let last: Promise<unknown> = Promise.resolve();
  let inTransaction = false;
  /** A statement has no answer, and may still run in an open transaction; or it came after the end of its own. */
  let isBroken = false;
  /** Why no statement is sent any more: a concurrent statement of a transaction must not outlive it. */
  let ended: { readonly error: unknown } | undefined;
  let failure: unknown = new RangeError("a statement after the end of its transaction");
  const send = async (text: string, parameters: readonly unknown[]): Promise<unknown> => {
    const alone = async (): Promise<unknown> => await client.query(text, [...parameters]);
    if (/^(?:begin|start transaction)/.test(text)) {
      inTransaction = true;
      return await client.query(`${text}; ${localSettings(schema)}`);
    }
    if (text === "rollback") ended = { error: failure };
    if (/^(?:commit|rollback)$/.test(text)) inTransaction = false;
    else if (!inTransaction) return await transacting(client, schema, alone);
    return await alone();
  };
  const sendUntilEnd = async (text: string, parameters: readonly unknown[]): Promise<unknown> => {
    try {
      if (ended !== undefined) throw ended.error; // guard: F41 ended transaction
      return await send(text, parameters);
    } catch (error) {
      isBroken ||= ended !== undefined || !(error instanceof DatabaseError);
      failure = error;
      throw error;
    }
  };
  const query = async (text: string, parameters: readonly unknown[]): Promise<unknown> => {
    const result = last.then(() => translatingFaults(name, () => sendUntilEnd(text, parameters)));
    last = result.catch(() => undefined);
    return await result;
  };
  return {
    query: query as unknown as PostgresPoolClient["query"],
    release: () => {
      ended ??= { error: failure };
      void last.then(() => client.release(isBroken));
    },
  };
}

const { INT8, NUMERIC, BYTEA } = types.builtins;

/** Whole numbers become numbers, bytes plain Uint8Arrays; all else is left to the driver. */
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

/** SQLSTATEs of transactions that the server has rolled back for a conflict with another one: they may be retried. */
const CONFLICTS = ["40001", "40P01", "55P03"];

/**
 * Classes and values of SQLSTATE for a server that cannot work: connection, authorization, resources, operator's
 * intervention, system errors, read-only servers.
 */
const UNAVAILABLE = /^(?:08|28|53|57|58|3D|40001|40P01|55P03|25006|25P03)/;

/**
 * An error without an answer of the server is a fault of the connection: refused, reset, silent, or none free in time. A
 * programming error (TypeError, RangeError) and an answer about the statement stay as they are.
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
