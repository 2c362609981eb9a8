/** Tests what signals do to a service: sent to its process, and to the launcher that an older Node runs. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { announced } from "../support/service/announced.ts";

const BIN = join(import.meta.dirname, "../../src/bin");

let folder: string;
let child: ChildProcess | undefined;
let log = "";
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "hufu-signals-"))));
afterEach(() => {
  if (child !== undefined && !hasExited(child)) child.kill("SIGKILL");
  const service = servingPid();
  if (service !== undefined && isRunning(service)) process.kill(service, "SIGKILL");
  rmSync(folder, { recursive: true });
});

/** Runs a file of `src/bin`. */
function run(file: string, args: readonly string[]): ChildProcess {
  const env = {
    PATH: process.env["PATH"] ?? "",
    LANG: "C",
    HUFU_LISTEN: "127.0.0.1:0",
    HUFU_DATA_DIR: folder,
  };
  log = "";
  child = spawn(process.execPath, [join(BIN, file), ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (log += text));
  return child;
}

async function serve(file: string): Promise<ChildProcess> {
  const started = run(file, ["serve"]);
  expect([await announced(started), log]).toEqual([true, expect.any(String)]);
  return started;
}

/** Of the process that holds the data directory. */
function servingPid(): number | undefined {
  try {
    return Number(readFileSync(join(folder, "lock.pid"), "utf8"));
  } catch {
    return undefined;
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const hasExited = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode !== null || signalCode !== null;
const lines = (text: string): number => log.split("\n").filter((line) => line.includes(text)).length;

describe.each(["hufu.js", "launch.js"])("a service without TLS that is run by %s", (file) => {
  it("ignores SIGHUP with one line, stops at SIGTERM, and logs one line for its start and one for its stop", async () => {
    const service = await serve(file);
    const pid = servingPid() ?? 0;
    service.kill("SIGHUP");
    await expect.poll(() => lines("hang-up ignored")).toBe(1);
    expect([hasExited(service), isRunning(pid)]).toEqual([false, true]);
    const gone = once(service, "close");
    service.kill("SIGTERM");
    expect(await gone).toEqual([0, null]);
    expect(isRunning(pid)).toBe(false);
    expect([lines("service started"), lines("service stopped"), lines("hang-up")]).toEqual([1, 1, 1]);
    expect(log).toContain('"signal":"SIGTERM"');
  });
});

describe("the launcher", () => {
  it("its service ends with it, also where nothing could be forwarded", async () => {
    const launcher = await serve("launch.js");
    const pid = servingPid() ?? 0;
    expect(pid).not.toBe(launcher.pid);
    launcher.kill("SIGKILL");
    await expect.poll(() => isRunning(pid)).toBe(false);
    await expect.poll(() => lines("service stopped")).toBe(1);
  });

  it("it exits with the code of the command", async () => {
    expect(await once(run("launch.js", ["hash", join(folder, "none")]), "exit")).toEqual([2, null]);
  });

  it("it ends by the signal that its service ends by", async () => {
    const launcher = await serve("launch.js");
    const pid = servingPid() ?? 0;
    const gone = once(launcher, "exit");
    launcher.kill("SIGUSR2");
    expect(await gone).toEqual([null, "SIGUSR2"]);
    expect(isRunning(pid)).toBe(false);
  });
});
