import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, inject, it } from "vitest";
import { CHECKS } from "./mutations/checks.ts";
import { run } from "./mutations/run.ts";

it("1,000 single mutations forge nothing, and crash nothing (test/long has a million)", () => {
  const { wrong, crashed, mutations } = run({ seed: inject("seed"), from: 0, count: 1_000 });
  expect({ wrong, crashed, mutations }).toEqual({ wrong: [], crashed: [], mutations: 1_000 });
});

it("every check that test/long takes away from the verifier stands there, once", () => {
  const src = join(import.meta.dirname, "../../src");
  const astray = Object.entries(CHECKS).flatMap(([file, checks]) => {
    const source = readFileSync(join(src, file), "utf8");
    return checks.filter(([check]) => source.split(check).length !== 2).map(([check]) => `${file}: ${check}`);
  });
  expect(astray).toEqual([]);
});
