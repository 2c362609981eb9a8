/** Tests what a first user of a checkout sees of the scripts of package.json. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DEMO_WORDS } from "../../scripts/demo/words.ts";

const ROOT = join(import.meta.dirname, "../..");

/** Runs a script of this checkout with nothing but Node on the path. */
function run(
  script: string,
  ...args: readonly string[]
): { status: number | null; stdout: string; stderr: string } {
  const env = { PATH: join(ROOT, "node_modules/node/bin"), LANG: "C" };
  return spawnSync(process.execPath, [join(ROOT, "scripts", script), ...args], {
    cwd: ROOT,
    env,
    encoding: "utf8",
  });
}

describe("npm run demo", () => {
  it("says what it does before it starts anything", () => {
    const missing = join(ROOT, "no such file");
    const { status, stdout, stderr } = run("demo/main.ts", "--lang", "en", missing);
    expect([status, stdout]).toEqual([1, `${DEMO_WORDS.en.starting}\n`]);
    expect(stderr).toContain(missing);
  });
});

describe("npm run measure", () => {
  it("goes on without Chromium, and says so", () => {
    expect(run("measure-page.ts")).toMatchObject({
      status: 0,
      stdout: "The page is not measured: Chromium is not installed.\n",
      stderr: "",
    });
  });
});

describe("npm in a checkout", () => {
  const npm = (...args: readonly string[]) => {
    const env = { PATH: process.env["PATH"] ?? "", HOME: folder, npm_config_offline: "true" };
    return spawnSync("npm", args, { cwd: ROOT, env, encoding: "utf8" });
  };
  const folder = mkdtempSync(join(tmpdir(), "hufu-first-run-"));

  it("shows errors and no warnings, and takes its registry from the user", () => {
    expect(npm("config", "get", "loglevel").stdout).toBe("error\n");
    const failed = npm("run", "no-such-script");
    expect([failed.status, failed.stderr]).toEqual([1, expect.stringContaining("npm error Missing script")]);
    expect(readFileSync(join(ROOT, ".npmrc"), "utf8")).not.toMatch(/^[^#]*(registry\s*=|_auth|\/\/)/m);
    rmSync(folder, { recursive: true });
  });
});
