/** Tests that a cell that is safe in a spreadsheet is read as it was. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { escapeFormula, readCell } from "../../src/core/csv.ts";
import { visible } from "../../src/core/visible.ts";

const written = (text: string): string => visible(escapeFormula(text));

describe("a cell", () => {
  it.each([
    "-2026/001",
    "+85212345678",
    "@branch-7",
    "=1",
    "＝1",
    "'=1",
    "''-1",
    "'plain",
    "a\u3000b",
    "a\u200bb",
    "\\u{41}",
  ])("%j is read as it was written", (text) => expect(readCell(written(text))).toBe(text));

  it("any text without spaces around it is read as it was written", () => {
    const texts = fc
      .string({ unit: "grapheme" })
      .filter((text) => text === text.trim() && !text.includes("\\u{"));
    fc.assert(fc.property(texts, (text) => readCell(written(text)) === text));
  });

  it("no written text is a formula", () => {
    fc.assert(fc.property(fc.string(), (text) => !/^[=+\-@＝＋－＠]/u.test(escapeFormula(text))));
  });
});
