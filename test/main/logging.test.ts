/** Tests that a process goes on while its log cannot be written, wherever stderr leads. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { announced } from "../support/service/announced.ts";
import { ask } from "../support/service/service.ts";

const SRC = join(import.meta.dirname, "../../src");
const HUFU = join(SRC, "bin/hufu.js");
const NOTHING = { PATH: process.env["PATH"] ?? "" };

const folder = mkdtempSync(join(tmpdir(), "hufu-logging-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Logs as many lines of 1 KB as each line on stdin says, and answers how many were dropped so far. */
const PROCESS = `
  import { createInterface } from "node:readline";
  import { stderrLog } from ${JSON.stringify(pathToFileURL(join(SRC, "main/logging.ts")).href)};
  let dropped = 0;
  const log = await stderrLog("info", () => (dropped += 1));
  for await (const line of createInterface({ input: process.stdin })) {
    for (let i = 0; i < Number(line); i++) log.info({ text: "x".repeat(1000) }, "line");
    process.stdout.write(dropped + "\\n");
  }
  log.fatal("end");
  process.exit(7);
`;

/** A process that logs to `stderr`. */
class Logging implements AsyncDisposable {
  readonly child;
  readonly #answers;

  constructor(stderr: number | "pipe") {
    const args = ["--no-warnings", "--input-type=module", "-e", PROCESS];
    this.child = spawn(process.execPath, args, { env: NOTHING, stdio: ["pipe", "pipe", stderr] });
    this.#answers = createInterface({ input: this.child.stdout as NodeJS.ReadableStream })[
      Symbol.asyncIterator
    ]();
  }

  /** @returns lines dropped so far */
  async log(lines: number): Promise<number> {
    this.child.stdin?.write(`${lines}\n`);
    const { value } = await this.#answers.next();
    return Number(value);
  }

  /** @returns its exit code */
  async end(): Promise<unknown> {
    const gone = once(this.child, "exit");
    this.child.stdin?.end();
    return (await gone)[0] as unknown;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, "exit");
    this.child.kill("SIGKILL");
    await gone;
  }
}

/** A pipe with a name: its two ends as descriptors, of which reading does not wait. */
function pipe(name: string): { read: number; write: number } {
  const path = join(folder, name);
  execFileSync("mkfifo", [path]);
  const read = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return { read, write: openSync(path, constants.O_WRONLY) };
}

/** What is in a pipe now. */
function readAll(descriptor: number): string {
  const buffer = Buffer.alloc(1 << 16);
  let text = "";
  try {
    for (let size = 1; size > 0;) {
      size = readSync(descriptor, buffer);
      text += buffer.toString("utf8", 0, size);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
  }
  return text;
}

const messages = (text: string): { msg: string; dropped?: number }[] =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { msg: string; dropped?: number });

describe("a log that cannot be written", () => {
  it.each([
    ["on a full disk", () => openSync("/dev/full", "w")],
    [
      "in a pipe whose reader is gone",
      () => {
        const { read, write } = pipe("gone");
        closeSync(read);
        return write;
      },
    ],
  ])("%s: the process goes on, and counts what is dropped", async (_, open) => {
    const descriptor = open();
    await using logging = new Logging(descriptor);
    closeSync(descriptor);
    expect(await logging.log(10)).toBe(0); // kept for later
    expect(await logging.log(2_000)).toBeGreaterThan(1_000);
    expect(await logging.end()).toBe(7);
  });

  it("in a pipe whose reader has stopped: the process goes on, and says what was dropped once it is read", async () => {
    const { read, write } = pipe("stopped");
    await using logging = new Logging(write);
    closeSync(write);
    const dropped = await logging.log(2_000);
    expect(dropped).toBeGreaterThan(1_000);
    let text = "";
    await expect.poll(() => (text += readAll(read)), { timeout: 20_000 }).toMatch(/log lines dropped"}\n$/);
    const lines = messages(text);
    expect(lines.at(-1)).toMatchObject({ level: 40, dropped, msg: "log lines dropped" });
    expect(lines).toHaveLength(2_000 - dropped + 1);
    expect(await logging.log(1)).toBe(dropped);
    expect(await logging.end()).toBe(7);
    expect(messages(readAll(read)).map(({ msg }) => msg)).toEqual(["line", "end"]);
    closeSync(read);
  });

  it("in a socket whose reader has stopped: the process goes on, and says what was dropped once it is read", async () => {
    await using logging = new Logging("pipe");
    const dropped = await logging.log(2_000);
    expect(dropped).toBeGreaterThan(1_000);
    let text = "";
    logging.child.stderr?.setEncoding("utf8").on("data", (more: string) => (text += more));
    await expect.poll(() => text, { timeout: 20_000 }).toMatch(/log lines dropped"}\n$/);
    expect(messages(text).at(-1)).toMatchObject({ dropped });
    expect(await logging.end()).toBe(7);
  });

  it("a log that is read loses no line when the process ends", async () => {
    const path = join(folder, "log");
    const descriptor = openSync(path, "w");
    await using logging = new Logging(descriptor);
    closeSync(descriptor);
    expect(await logging.log(500)).toBe(0);
    expect(await logging.end()).toBe(7);
    const lines = messages(readFileSync(path, "utf8"));
    expect([lines.length, lines.at(-1)?.msg]).toEqual([501, "end"]);
  });

  it("a service with everything it prints on a full disk starts, answers, counts, and ends on SIGTERM", async () => {
    const full = openSync("/dev/full", "w");
    const data = join(folder, "data");
    const env = {
      ...NOTHING,
      HUFU_LISTEN: "127.0.0.1:0",
      HUFU_DATA_DIR: data,
      HUFU_LOG_LEVEL: "debug",
    };
    const child = spawn(process.execPath, [HUFU, "serve"], { env, stdio: ["ignore", "pipe", full] });
    closeSync(full);
    try {
      expect(await announced(child)).toBe(true);
      const { server } = JSON.parse(readFileSync(join(data, "credentials.json"), "utf8")) as {
        server: string;
      };
      for (let i = 0; i < 20; i++) expect((await ask(`${server}/healthz`)).status).toBe(200);
      const metrics = await (await fetch(`${server}/metrics`)).text();
      expect(metrics).toMatch(/^hufu_log_lines_dropped_total \d+$/m);
    } finally {
      const gone = once(child, "exit");
      child.kill("SIGTERM");
      expect(await gone).toEqual([0, null]);
    }
  });
});

it("every process logs through one file", () => {
  const users = readdirSync(SRC, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .filter((name) => readFileSync(join(SRC, name), "utf8").includes("pino.destination"));
  expect(users).toEqual([join("main", "logging.ts")]);
});
