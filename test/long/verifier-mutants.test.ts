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

const byVectors = (folder: string): Promise<boolean> => notices(folder, "vectors");
const byMutations = (folder: string): Promise<boolean> =>
  notices(folder, String(inject("seed")), "0", String(MUTATIONS));

/** The source without the check. @throws RangeError the check does not stand there exactly once */
function without(source: string, check: string, instead: string): string {
  const parts = source.split(check);
  if (parts.length !== 2) throw new RangeError(`stands there ${parts.length - 1} times: ${check}`);
  return parts.join(instead);
}

const all = Object.entries(CHECKS).flatMap(([file, checks]) =>
  checks.map(([check, instead = "false"]) => ({ file, check, instead })),
);
/** Checks without which what is forged is believed: random mutations find that out alone. */
const FORGED = all.filter(({ check }) =>
  [
    "requireRoot(inclusionSteps(claim).at(-1)?.node ?? claim.leafHash, claim.root);",
    "return ed25519.verify(signature, message, key.publicKey, { zip215: false });",
    "message === undefined || !isSignedBy(key, signature.subarray(8), message)",
    "!isWitnessed(policy, policy.quorum, names)",
    "requireDocument(entry, digests, extra.salt);",
    "provenEntry({ entry: extra.entry, index, proof }, checkpoint);",
    "provenEntry(status, stated)",
    " || !equalBytes(sha256(event), entry.payload)",
  ].includes(check),
);

/** Takes each of these away in turn. @returns which of them `noticed` did not notice */
async function unnoticed(
  checks: typeof all,
  noticed: (folder: string) => Promise<boolean>,
): Promise<string[]> {
  const waiting = [...checks];
  const survivors: string[] = [];
  await Promise.all(
    folders.map(async (folder) => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const path = join(folder, "src", next.file);
        const source = readFileSync(path, "utf8");
        writeFileSync(path, without(source, next.check, next.instead));
        if (!(await noticed(folder))) survivors.push(`${next.file}: ${next.check}`);
        writeFileSync(path, source);
      }
    }),
  );
  return survivors;
}

it("the copies are sound as they are", async () => {
  for (const folder of folders) {
    expect(await byVectors(folder)).toBe(false);
    expect(await byMutations(folder)).toBe(false);
  }
}, 600_000);

it(`none of ${all.length} checks of the verifier can be taken away unnoticed`, async () => {
  const survivors = await unnoticed(
    all,
    async (folder) => (await byVectors(folder)) || (await byMutations(folder)),
  );
  process.stdout.write(
    `${JSON.stringify({ seed: inject("seed"), checks: all.length, survivors: survivors.length })}\n`,
  );
  expect(survivors).toEqual([]);
}, 3_600_000);

it("what is forged without a check is found by mutations alone", async () => {
  expect(FORGED).toHaveLength(8);
  expect(await unnoticed(FORGED, byMutations)).toEqual([]);
}, 1_800_000);
