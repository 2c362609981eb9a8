import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { CHECKS } from "../conformance/mutations/checks.ts";

const ROOT = join(import.meta.dirname, "../..");
/** What the vectors and the mutations need to run. */
const PARTS = ["package.json", "src", "scripts/vectors", "test/conformance", "test/support", "test/vectors"];
/** After the vectors, so many mutations are tried. */
const MUTATIONS = 4_000;

const folders: string[] = [];
beforeAll(() => {
  for (let i = 0; i < availableParallelism(); i++) {
    const folder = mkdtempSync(join(tmpdir(), "hufu-verifier-"));
    for (const part of PARTS) cpSync(join(ROOT, part), join(folder, part), { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
    folders.push(folder);
  }
});
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** Whether the copy notices something: a code other than 0, or a crash. */
async function notices(folder: string, ...args: readonly string[]): Promise<boolean> {
  const child = join(folder, "test/conformance/mutations/child.ts");
  return await new Promise((resolve) =>
    execFile(
      process.execPath,
      ["--max-old-space-size=512", child, ...args],
      { maxBuffer: 2 ** 28, timeout: 120_000 },
      (error) => resolve(error !== null),
    ),
  );
}

type Killer = "vectors" | "mutations" | "nothing";

async function killerOf(folder: string): Promise<Killer> {
  if (await notices(folder, "vectors")) return "vectors";
  if (await notices(folder, String(inject("seed")), "0", String(MUTATIONS))) return "mutations";
  return "nothing";
}

/** The source without the check. @throws RangeError the check does not stand there exactly once */
function without(source: string, check: string, instead: string): string {
  const parts = source.split(check);
  if (parts.length !== 2) throw new RangeError(`stands there ${parts.length - 1} times: ${check}`);
  return parts.join(instead);
}

const all = Object.entries(CHECKS).flatMap(([file, checks]) =>
  checks.map(([check, instead = "false"]) => ({ file, check, instead })),
);

it("the copies are sound as they are", async () => {
  for (const folder of folders) expect(await killerOf(folder)).toBe("nothing");
}, 600_000);

it(`none of ${all.length} checks of the verifier can be taken away unnoticed`, async () => {
  const waiting = [...all];
  const counted: Record<Killer, number> = { vectors: 0, mutations: 0, nothing: 0 };
  const survivors: string[] = [];
  await Promise.all(
    folders.map(async (folder) => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const path = join(folder, "src", next.file);
        const source = readFileSync(path, "utf8");
        writeFileSync(path, without(source, next.check, next.instead));
        const killer = await killerOf(folder);
        writeFileSync(path, source);
        counted[killer] += 1;
        if (killer === "nothing") survivors.push(`${next.file}: ${next.check}`);
      }
    }),
  );
  process.stdout.write(`${JSON.stringify({ seed: inject("seed"), checks: all.length, ...counted })}\n`);
  expect(survivors).toEqual([]);
}, 3_600_000);
