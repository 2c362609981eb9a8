/** Removes the guards of each fault in a copy of the project, and checks that the tests of the fault fail. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { FAULTS } from "../faults/catalogue.ts";
import { whyNoMount, whyNoStrace } from "../support/disk.ts";
import { changesOf } from "../support/guards.ts";
import { Copy } from "../support/mutants.ts";

/** What the tests of faults need to run. */
const PARTS = [
  ...["package.json", "package-lock.json", "tsconfig.json", "hardhat.config.ts"],
  ...["contracts", "scripts", "src", "test"],
];
/** Default time limit of a test in milliseconds: without its guard, a test may never end. */
const PATIENCE = 40_000;
/** Milliseconds after which a run that does not end is ended; it has no outcome then. */
const LATE = 500_000;

let copy: Copy;
beforeAll(() => void (copy = new Copy(PARTS)));
afterAll(() => copy[Symbol.dispose]());

interface Outcome {
  readonly passed: number;
  /** Titles of the tests that failed, with those of what they are part of. */
  readonly failed: readonly string[];
}

/** Runs the tests of some faults in a file of the copy, up to the first that fails. */
async function run(file: string, faults: readonly string[]): Promise<Outcome> {
  const config = file.startsWith("long/") ? "vitest.long.config.ts" : "vitest.config.ts";
  const titles = `(${faults.join("|")})[:, ]`;
  const outcome = join(copy.folder, "outcome.json");
  rmSync(outcome, { force: true });
  const args = [
    join(copy.folder, "node_modules/vitest/vitest.mjs"),
    ...["run", "--config", `scripts/config/${config}`, `test/${file}.test.ts`],
    ...["--testNamePattern", titles, "--bail", "1", "--testTimeout", String(PATIENCE)],
    ...["--reporter", "json", "--outputFile", outcome],
  ];
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("VITEST"));
  const env = { ...Object.fromEntries(inherited), TEST_SEED: String(inject("seed")) };
  // in a process group of its own, so that its children end with it
  const child = spawn(process.execPath, args, { cwd: copy.folder, env, stdio: "ignore", detached: true });
  const late = setTimeout(() => endGroup(child), LATE);
  await once(child, "exit");
  clearTimeout(late);
  endGroup(child);
  const { testResults } = JSON.parse(readFileSync(outcome, "utf8")) as {
    testResults: { assertionResults: { fullName: string; status: string }[] }[];
  };
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  return {
    passed: tests.filter(({ status }) => status === "passed").length,
    failed: tests.filter(({ status }) => status === "failed").map(({ fullName }) => fullName),
  };
}

function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error; // all of it is gone
  }
}

const NEEDS = { tmpfs: () => whyNoMount("tmpfs"), ext4: () => whyNoMount("ext4"), strace: whyNoStrace };

const protections = Object.entries(FAULTS).flatMap(([fault, { what, protections: all }]) =>
  all.map((protection, i) => {
    const why = protection.needs === undefined ? undefined : NEEDS[protection.needs]();
    const title = `${fault}, ${what}: protection ${i + 1} of ${all.length} cannot be removed unnoticed`;
    return { fault, ...protection, title: why === undefined ? title : `${title} (skipped: ${why})`, why };
  }),
);

const tried = protections.filter(({ why }) => why === undefined);
const files = [...Map.groupBy(tried, ({ test }) => test)];
it.each(files)(
  "the tests of %s pass in the unchanged copy",
  async (file, those) => {
    const { passed, failed } = await run(file, [...new Set(those.map(({ fault }) => fault))]);
    expect(failed).toEqual([]);
    expect(passed).toBeGreaterThan(0);
  },
  600_000,
);

for (const { fault, test, title, without, why } of protections)
  it.skipIf(why !== undefined)(
    title,
    async () => {
      const { failed } = await copy.changed(changesOf(without), () => run(test, [fault]));
      expect(failed[0]).toContain(fault);
    },
    600_000,
  );
