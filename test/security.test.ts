import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..");
const page = readFileSync(join(root, "SECURITY.md"), "utf8");
const powers = page.slice(page.indexOf("## What each part"), page.indexOf("## What never leaves"));
const rows = powers.split("\n").filter((line) => /^\| (?!part |-)/.test(line));

describe("the table of powers in SECURITY.md", () => {
  it.each(rows.map((row) => [row.split("|")[1]?.trim() ?? "", row]))(
    "%s: the tests that show it exist",
    (_, row) => {
      const tests = [...row.matchAll(/`(test\/[^`]+)`/g)].map(([, path = ""]) => path);
      expect(tests).not.toEqual([]);
      expect(tests.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    },
  );

  it("there is a row for every role, key and part", () => {
    expect(rows.length).toBe(20);
  });
});
