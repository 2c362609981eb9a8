import { expect, inject, it } from "vitest";
import { run } from "./mutations/run.ts";

it("1,000 single mutations forge nothing, and crash nothing (test/long has a million)", () => {
  const { wrong, crashed, mutations } = run({ seed: inject("seed"), from: 0, count: 1_000 });
  expect({ wrong, crashed, mutations }).toEqual({ wrong: [], crashed: [], mutations: 1_000 });
});
