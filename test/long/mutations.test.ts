import { expect, inject, it } from "vitest";
import { sized } from "../support/scale.ts";
import { mutate } from "../support/mutations.ts";

const MUTATIONS = sized({ short: 20_000, full: 1_000_000 });

it(`${MUTATIONS} single mutations of receipts, proofs, checkpoints, statements and entries forge nothing`, async () => {
  const seed = inject("seed");
  const { wrong, crashed, ...counted } = await mutate({ seed, count: MUTATIONS });
  process.stdout.write(
    `${JSON.stringify({ seed, ...counted, wrong: wrong.length, crashed: crashed.length })}\n`,
  );
  expect({ wrong: wrong.slice(0, 5), crashed: crashed.slice(0, 5) }).toEqual({ wrong: [], crashed: [] });
  expect(counted.mutations).toBe(MUTATIONS);
  expect(Object.keys(counted.of).sort()).toEqual([
    "checkpoints",
    "entries",
    "proofs",
    "receipts",
    "statements",
  ]);
  expect(Object.keys(counted.kinds).sort()).toEqual(
    ["another chain", "another registry", "byte", "field", "length", "order"].sort(),
  );
  const harmless = Object.values(counted.harmless).reduce((sum, count) => sum + count, 0);
  expect(harmless).toBeGreaterThan(MUTATIONS / 100); // some of what is changed says nothing
  expect(harmless).toBeLessThan(MUTATIONS / 5);
}, 7_200_000);
