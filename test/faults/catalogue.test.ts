import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FAULTS } from "./catalogue.ts";

const TESTS = join(import.meta.dirname, "..");

const titles = readdirSync(TESTS, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".test.ts") && !name.endsWith("catalogue.test.ts"))
  .flatMap((name) => [
    ...readFileSync(join(TESTS, name), "utf8").matchAll(/["'`](F\d+(?:[,/ and]+F\d+)*)[: ]/g),
  ])
  .flatMap(([, numbers]) => numbers?.match(/F\d+/g) ?? []);

describe("the faults that are injected", () => {
  const all = Object.entries(FAULTS).map(([number, { what }]) => [number, what] as const);
  it.each(all)("%s (%s) have a test of their own", (number) => {
    expect(titles).toContain(number);
  });

  it("are all known here", () => {
    expect([...new Set(titles)].filter((number) => !Object.hasOwn(FAULTS, number))).toEqual([]);
  });
});
