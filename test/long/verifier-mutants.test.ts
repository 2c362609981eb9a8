import { execFile } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { CHECKS } from "../conformance/mutations/checks.ts";
import { Copy } from "../support/mutants.ts";

/** What the vectors and the mutations need to run. */
const PARTS = ["package.json", "src", "scripts/vectors", "test/conformance", "test/support", "test/vectors"];
/** After the vectors, so many mutations are tried. */
const MUTATIONS = 4_000;

let copies: readonly Copy[];
beforeAll(() => void (copies = Array.from({ length: availableParallelism() }, () => new Copy(PARTS))));
afterAll(() => copies.forEach((copy) => copy[Symbol.dispose]()));

/** Whether the copy notices something: a code other than 0, or a crash. */
async function notices({ folder }: Copy, ...args: readonly string[]): Promise<boolean> {
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

const byVectors = (copy: Copy): Promise<boolean> => notices(copy, "vectors");
const byMutations = (copy: Copy): Promise<boolean> =>
  notices(copy, String(inject("seed")), "0", String(MUTATIONS));

const all = Object.entries(CHECKS).flatMap(([file, checks]) =>
  checks.map(([check, instead = "false"]) => ({ file, check, instead })),
);
/** Checks without which what is forged is believed: random mutations find that out alone. */
const FORGED = all.filter(({ check }) =>
  [
    "requireRoot(inclusionSteps(claim).at(-1)?.node ?? claim.leafHash, claim.root);",
    "isKnownType(key.type) && verifyEd25519(signature, message, key.publicKey)",
    "message === undefined || !isSignedBy(key, signature.subarray(8), message)",
    "isWitnessed(policy, policy.quorum, names(since))",
    "requireDocument(entry, digests, receipt);",
    "verifyEntry({ entry: extra.entry, index, proof }, checkpoint);",
    "() => verifyEntry(shown, stated)",
    " && equalBytes(payloadOfEvent(event), payload)",
  ].includes(check),
);

/** Takes each of these away in turn. @returns which of them `noticed` did not notice */
async function unnoticed(checks: typeof all, noticed: (copy: Copy) => Promise<boolean>): Promise<string[]> {
  const waiting = [...checks];
  const survivors: string[] = [];
  await Promise.all(
    copies.map(async (copy) => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const { file, check, instead } = next;
        if (!(await copy.changed([[file, check, instead]], () => noticed(copy))))
          survivors.push(`${file}: ${check}`);
      }
    }),
  );
  return survivors;
}

it("the vectors and mutations find nothing in the unchanged copies", async () => {
  for (const copy of copies) {
    expect(await byVectors(copy)).toBe(false);
    expect(await byMutations(copy)).toBe(false);
  }
}, 600_000);

it(`none of ${all.length} checks of the verifier can be removed unnoticed`, async () => {
  const survivors = await unnoticed(
    all,
    async (copy) => (await byVectors(copy)) || (await byMutations(copy)),
  );
  process.stdout.write(
    `${JSON.stringify({ seed: inject("seed"), checks: all.length, survivors: survivors.length })}\n`,
  );
  expect(survivors).toEqual([]);
}, 3_600_000);

it("mutations find every forgery that a missing check admits", async () => {
  expect(FORGED).toHaveLength(8);
  expect(await unnoticed(FORGED, byMutations)).toEqual([]);
}, 1_800_000);
