import { beforeAll, describe, expect, it } from "vitest";
import { checkGlyphs } from "../../scripts/samples/layout/font.ts";
import { makeSamples, type Sample } from "../../scripts/samples/make.ts";

const ORIGINAL = "credit-report-tiger-hill.pdf";
const CORRECTED = "credit-report-tiger-hill-corrected.pdf";
const NAMES = [ORIGINAL, CORRECTED, "credit-report-harbour-lantern.pdf", "credit-report-kapok.pdf"];

let samples: readonly Sample[];
beforeAll(async () => void (samples = await makeSamples()));

const bytesOf = (name: string): Buffer => {
  const sample = samples.find((candidate) => candidate.name === name);
  if (sample === undefined) throw new Error(`no sample ${name}`);
  return Buffer.from(sample.bytes);
};

describe("the samples", () => {
  it("the samples have distinct names", () => {
    expect(samples.map(({ name }) => name).toSorted()).toEqual(NAMES.toSorted());
  });

  it("a second run gives samples of the same bytes", async () => {
    for (const { name, bytes } of await makeSamples()) expect(bytesOf(name).equals(bytes)).toBe(true);
  });
});

describe.each(NAMES)("%s", (name) => {
  const textOf = (): string => bytesOf(name).toString("latin1");

  it(`${name} is a complete PDF below 400 KB`, () => {
    expect(textOf()).toMatch(/^%PDF-1\.\d\n[^]*\n%%EOF\n?$/);
    expect(bytesOf(name).length).toBeLessThan(400_000);
  });

  it(`${name} has at least three pages`, () => {
    expect(textOf().match(/\/Type \/Page\b/g)?.length).toBeGreaterThanOrEqual(3);
  });

  it(`${name} embeds a subset of every font that it uses`, () => {
    const fonts = textOf().match(/\/Type \/FontDescriptor\b[^]*?>>/g) ?? [];
    expect(fonts).not.toHaveLength(0);
    for (const font of fonts) expect(font).toMatch(/\/FontName \/[A-Z]{6}\+[^]*\/FontFile[23] \d+ 0 R/);
    expect(textOf()).not.toMatch(/\/Subtype \/Type1\b/);
  });
});

describe("the corrected edition", () => {
  it("the corrected edition differs from the original", () => {
    expect(bytesOf(CORRECTED).equals(bytesOf(ORIGINAL))).toBe(false);
  });
});

describe("a character that the typeface cannot draw", () => {
  const known = new Set(Array.from("来回", (character) => character.charCodeAt(0)));

  it("a character without a usable glyph is named by the error", () => {
    expect(() => checkGlyphs(known, "来")).not.toThrow();
    expect(() => checkGlyphs(known, "来去")).toThrow("去 (U+53BB)");
    expect(() => checkGlyphs(known, "来回")).toThrow("回 (U+56DE)");
  });
});
