/** Sets the stage of the officer's night: a service, the officer's folders, and an account without a terminal. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "csv-parse/sync";
import { announced } from "../../test/support/service/announced.ts";

const HUFU = fileURLToPath(new URL("../../src/bin/hufu.js", import.meta.url));

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class OfficerStage implements AsyncDisposable {
  /** Of everything. */
  readonly folder = mkdtempSync(join(tmpdir(), "hufu-officer-"));
  #stop: () => Promise<void> = () => Promise.resolve();

  /** The institution's service, with an embedded chain. */
  static async set(): Promise<OfficerStage> {
    const stage = new OfficerStage();
    const env = { ...stage.#env("service"), HUFU_LISTEN: "127.0.0.1:0", HUFU_CHAIN_LISTEN: "127.0.0.1:0" };
    const service = spawn(process.execPath, [HUFU, "serve"], { env, stdio: ["ignore", "pipe", "ignore"] });
    const ended = once(service, "exit");
    stage.#stop = async () => {
      service.kill("SIGTERM");
      await ended;
    };
    if (await announced(service)) return stage;
    await stage[Symbol.asyncDispose]();
    throw new Error("the service did not start");
  }

  /** A folder of the officer. */
  folderOf(name: string): string {
    const path = join(this.folder, name);
    mkdirSync(path, { recursive: true });
    return path;
  }

  /** A file in a folder. @param age minutes since it was modified; two hours unless given */
  file(folder: string, name: string, content: string | Buffer, age = 120): string {
    const path = join(folder, name);
    writeFileSync(path, content);
    const time = new Date(Date.now() - age * 60_000);
    utimesSync(path, time, time);
    return path;
  }

  /** Runs `hufu` as an account does that has a home of its own and no terminal, like that of cron. */
  async cron(...args: readonly string[]): Promise<Ran> {
    return await this.#run("cron", args);
  }

  /** The same for the account of the officer, in a script. */
  async officer(...args: readonly string[]): Promise<Ran> {
    return await this.#run("officer", args);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #run(account: string, args: readonly string[]): Promise<Ran> {
    const child = spawn(process.execPath, [HUFU, ...args], {
      env: this.#env(account),
      cwd: "/",
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    await once(child, "close");
    return { code: child.exitCode, stdout, stderr };
  }

  #env(account: string): Record<string, string> {
    return {
      PATH: "/usr/bin:/bin",
      HOME: this.folderOf(`home of ${account}`),
      HUFU_DATA_DIR: join(this.folder, "service"),
      HUFU_LOG_LEVEL: "error",
    };
  }
}

/** Rows of results, by the names of their columns. */
export function readResults(path: string): Record<string, string>[] {
  return parse(readFileSync(path), { bom: true, columns: true });
}

const SURNAMES = Array.from("赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许");
const TRADES = ["贸易", "实业", "电子", "物流", "食品", "纺织", "建材", "医药", "环保", "文化"];

/** 200 invented companies of Shenzhen, by number. */
export function companyOf(i: number): string {
  return `深圳市${SURNAMES[i % SURNAMES.length] ?? ""}氏${TRADES[Math.floor(i / SURNAMES.length) % TRADES.length] ?? ""}有限公司`;
}

/** What stands for the bytes of a report: the same for the same text. */
export function reportOf(text: string): Buffer {
  return Buffer.concat(
    Array.from({ length: 40 }, (_, i) => createHash("sha256").update(`${text} ${i}`).digest()),
  );
}
