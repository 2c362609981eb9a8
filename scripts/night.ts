/**
 * Runs the suites that are too long for `.ci/run`: `npm run test:night`. A suite that passed for the same commit and seed
 * is not run again, unless there are uncommitted changes. TEST_SEED sets the seed; without it, the commit does.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..");
/** Long npm scripts. */
const SCRIPTS = ["mutate", "measure:index", "attack:dictionary"];

interface Suite {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
}

function listSuites(): Suite[] {
  const tests = readdirSync(join(ROOT, "test/long"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.ts"))
    .sort()
    .map((name) => `test/long/${name}`);
  const config = "scripts/config/vitest.night.config.ts";
  return [
    ...tests.map((name): Suite => ({ name, command: ["vitest", "run", "--config", config, name] })),
    ...SCRIPTS.map((name): Suite => ({ name, command: ["npm", "run", name] })),
  ];
}

const git = (...args: string[]): string => execFileSync("git", args, { cwd: ROOT, encoding: "utf8" }).trim();

const commit = git("rev-parse", "HEAD");
const isCommitted = git("status", "--porcelain") === "";
const seed = process.env["TEST_SEED"] ?? String(parseInt(commit.slice(0, 7), 16));
const state = join(ROOT, ".cache/night", commit, seed);
const marker = ({ name }: Suite): string => join(state, name.replaceAll("/", "-"));

function passes(suite: Suite): boolean {
  if (isCommitted && existsSync(marker(suite))) {
    console.log(`${suite.name}: passed before`);
    return true;
  }
  const [command, ...args] = suite.command;
  console.log(`\n=== ${suite.name}`);
  const { status } = spawnSync(command, args, {
    cwd: ROOT,
    stdio: "inherit",
    env: { ...process.env, TEST_SEED: seed },
  });
  if (status === 0 && isCommitted) writeFileSync(marker(suite), "");
  return status === 0;
}

mkdirSync(state, { recursive: true });
console.log(`commit ${commit}${isCommitted ? "" : " with changes: no result is kept"}, TEST_SEED=${seed}`);
const suites = listSuites();
const failed = suites.filter((suite) => !passes(suite));
for (const { name } of failed) console.log(`failed: ${name}`);
console.log(`${suites.length - failed.length} passed, ${failed.length} failed`);
process.exitCode = failed.length === 0 ? 0 : 1;
