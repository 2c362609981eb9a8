import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, inject, it } from "vitest";
import { CHECKS } from "./mutations/checks.ts";
import { run } from "./mutations/run.ts";

it("1,000 single mutations cause no forgery and no crash (test/long has a million)", () => {
  const { wrong, crashed, mutations } = run({ seed: inject("seed"), from: 0, count: 1_000 });
  expect({ wrong, crashed, mutations }).toEqual({ wrong: [], crashed: [], mutations: 1_000 });
});

it("every check that test/long removes from the verifier is in its source once", () => {
  const src = join(import.meta.dirname, "../../src");
  const missing = Object.entries(CHECKS).flatMap(([file, checks]) => {
    const source = readFileSync(join(src, file), "utf8");
    return checks.filter(([check]) => source.split(check).length !== 2).map(([check]) => `${file}: ${check}`);
  });
  expect(missing).toEqual([]);
});
