/** Tests what `hufu serve` prints. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Credentials } from "../../src/files/credentials.ts";

const HUFU = join(import.meta.dirname, "../../src/bin/hufu.js");

it("a start prints the sample keys but the operator's, which its file alone has", async () => {
  const folder = mkdtempSync(join(tmpdir(), "hufu-serve-"));
  const data = join(folder, "data");
  const env = { PATH: process.env["PATH"] ?? "", LANG: "C", HUFU_LISTEN: "127.0.0.1:0", HUFU_DATA_DIR: data };
  const child = spawn(process.execPath, [HUFU, "serve"], { env, stdio: ["ignore", "pipe", "pipe"] });
  let printed = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (printed += text));
  try {
    await expect.poll(() => printed).toContain("Not for production");
  } finally {
    const gone = once(child, "exit");
    child.kill("SIGTERM");
    await gone;
  }
  const path = join(data, "credentials.json");
  const { operator, ...others } = (JSON.parse(readFileSync(path, "utf8")) as Credentials).keys;
  expect(statSync(path).mode & 0o777).toBe(0o600);
  rmSync(folder, { recursive: true });
  expect(Object.keys(others)).toEqual(["issuer", "issuer2", "verifier", "auditor"]);
  for (const key of Object.values(others)) expect(printed).toContain(key);
  expect(operator).toMatch(/^hufu_/);
  expect(printed).not.toContain(operator);
});
