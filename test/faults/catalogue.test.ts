/** Checks that the catalogue of faults agrees with the titles of the tests and with the marks of the guards in src. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { transpileModule } from "typescript";
import { describe, expect, it } from "vitest";
import { changesOf, guardsOf, readSources, unmarked } from "../support/guards.ts";
import { changedSources } from "../support/mutants.ts";
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
  it.each(all)("%s (%s) has a test of its own", (number) => {
    expect(titles).toContain(number);
  });

  it("every fault number in a test title is in the catalogue", () => {
    expect([...new Set(titles)].filter((number) => !Object.hasOwn(FAULTS, number))).toEqual([]);
  });
});

const sources = readSources();
const protections = Object.entries(FAULTS).flatMap(([fault, all]) =>
  all.protections.map(({ without }, i) => ({ title: `${fault}, protection ${i + 1}`, fault, without })),
);

describe("the guards", () => {
  it("the guards of the catalogue are those marked in src, each once and with the numbers of its faults", () => {
    const named = Map.groupBy(
      protections.flatMap(({ fault, without }) => without.map(([mark]) => ({ fault, mark }))),
      ({ mark }) => mark,
    );
    const faults = [...named].map(([mark, uses]) => [mark, [...new Set(uses.map(({ fault }) => fault))]]);
    const marks = guardsOf(sources).map(({ mark }) => [mark, mark.match(/\bF\d+\b/g)]);
    expect(marks.sort()).toEqual(faults.sort());
  });

  it.each(protections)("$title: without its guards the source is another, and parses", ({ without }) => {
    for (const [file, changed] of changedSources(sources, changesOf(without, sources))) {
      expect(changed).not.toBe(unmarked(sources.get(file) ?? ""));
      const { diagnostics } = transpileModule(changed, { fileName: file, reportDiagnostics: true });
      expect(diagnostics).toEqual([]);
    }
  });
});
