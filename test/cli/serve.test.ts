/** Tests what `hufu serve` prints. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import type { Credentials } from "../../src/files/credentials.ts";
import { readable } from "../../src/main/logging.ts";

const HUFU = join(import.meta.dirname, "../../src/bin/hufu.js");
const printed = { stdout: "", stderr: "" };

let folder: string;
let data: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "hufu-serve-"));
  data = join(folder, "data");
  const env = {
    PATH: process.env["PATH"] ?? "",
    LANG: "C",
    HUFU_LISTEN: "127.0.0.1:0",
    HUFU_DATA_DIR: data,
    HUFU_PORT: "tcp://10.0.0.7:3000",
    HUFU_SERVICE_HOST: "10.0.0.7",
  };
  const child = spawn(process.execPath, [HUFU, "serve"], { env, stdio: ["ignore", "pipe", "pipe"] });
  for (const name of ["stdout", "stderr"] as const)
    child[name].setEncoding("utf8").on("data", (text: string) => (printed[name] += text));
  const gone = once(child, "close");
  try {
    await vi.waitUntil(() => printed.stdout.includes("next, in another terminal"), { timeout: 50_000 });
  } finally {
    child.kill("SIGTERM");
    await gone;
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

it("a start prints no API key: the owner's credentials.json alone has them", () => {
  const path = join(data, "credentials.json");
  const { keys } = JSON.parse(readFileSync(path, "utf8")) as Credentials;
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(Object.keys(keys)).toEqual(["issuer", "issuer2", "verifier", "auditor", "operator"]);
  for (const key of Object.values(keys)) expect(printed.stdout + printed.stderr).not.toContain(key);
  expect(printed.stdout).toContain(path);
});

it("a start ends in the page's address and the next command", () => {
  const { server } = JSON.parse(readFileSync(join(data, "credentials.json"), "utf8")) as Credentials;
  expect(printed.stdout.trimEnd().split("\n").slice(-2)).toEqual([
    `open ${server}`,
    "next, in another terminal: npx hufu anchor FILE --scene enterprise-credit-report",
  ]);
});

it("without a terminal each line of the log is JSON, and one names what Kubernetes has set", () => {
  const lines = printed.stderr
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.filter(({ names }) => names !== undefined)).toMatchObject([
    { msg: "names of others passed over", names: ["HUFU_PORT", "HUFU_SERVICE_HOST"] },
  ]);
});

it("on a terminal each line of the log is a sentence with its fields, and no control character of them acts", async () => {
  const format = await readable();
  const time = Date.now();
  const text = format(`${JSON.stringify({ level: 30, time, pid: 7, size: 22, msg: "entries indexed" })}\n`);
  expect(text).toMatch(/^\[\d\d:\d\d:\d\d\] INFO: entries indexed \{"size":22\}\n$/);
  const stack = "Error: a\u001b[2Jb\n    at c\u009b2J";
  const hostile = format(
    `${JSON.stringify({ level: 50, time, err: { type: "Error", message: "a", stack }, msg: "x\u001b[2J" })}\n`,
  );
  expect(hostile).toContain("ERROR: x");
  expect(hostile).not.toMatch(/[\u001b\u009b]/);
});
