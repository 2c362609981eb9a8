/** Starts PgBouncer (Debian's) before a PostgreSQL server. */
import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { freePort, UNPRIVILEGED_ID } from "./postgres.ts";

export interface Pool extends AsyncDisposable {
  /** The same database, through the pool. */
  readonly url: string;
}

/** @param settings of pgbouncer.ini, as `pool_mode` and `default_pool_size` */
export async function startPool(database: string, settings: Record<string, string>): Promise<Pool> {
  const folder = mkdtempSync(join(tmpdir(), "hufu-pool-"));
  chmodSync(folder, 0o755);
  const port = await freePort();
  const { hostname, port: server, pathname, username } = new URL(database);
  const name = pathname.slice(1);
  const all = {
    listen_addr: "127.0.0.1",
    listen_port: String(port),
    unix_socket_dir: "",
    auth_type: "any",
    server_login_retry: "1",
    ...settings,
  };
  const lines = Object.entries(all).map(([key, value]) => `${key} = ${value}`);
  const target = `${name} = host=${hostname} port=${server} dbname=${name} user=${username} password=not-shown`;
  const file = join(folder, "pgbouncer.ini");
  writeFileSync(file, ["[databases]", target, "[pgbouncer]", ...lines, ""].join("\n"), { mode: 0o644 });
  // it refuses to run as root
  const as = process.getuid?.() === 0 ? { uid: UNPRIVILEGED_ID, gid: UNPRIVILEGED_ID } : {};
  const child = spawn("pgbouncer", [file], { ...as, stdio: ["ignore", "ignore", "pipe"] });
  const failed = once(child, "error");
  const text: string[] = [];
  child.stderr.setEncoding("utf8").on("data", (line: string) => text.push(line));
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  const end = async (): Promise<void> => {
    const gone = child.exitCode === null && child.signalCode === null ? once(child, "exit") : undefined;
    child.kill("SIGKILL");
    await gone;
    process.off("exit", kill);
    rmSync(folder, { recursive: true, force: true });
  };
  const url = new URL(database);
  url.port = String(port);
  while (!(await answers(url.href))) {
    if (child.exitCode !== null) {
      await end();
      throw new Error(`pgbouncer: ${text.join("")}`);
    }
    await Promise.race([sleep(20), failed.then(([error]) => Promise.reject(error as Error))]);
  }
  return { url: url.href, [Symbol.asyncDispose]: end };
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url });
  try {
    await client.connect();
    await client.query("select 1");
    await client.end();
    return true;
  } catch {
    return false;
  }
}
