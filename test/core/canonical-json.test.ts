import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson, type CanonicalValue } from "../../src/core/canonical-json.ts";

describe("canonical JSON", () => {
  // RFC 8785 section 3.2.3, and the values of section 3.2.2
  it("orders members by UTF-16 code units, as RFC 8785 does", () => {
    const names = ["\u20ac", "\r", "\ufb33", "1", "\u{1f600}", "\u0080", "\u00f6"];
    const value = Object.fromEntries(names.map((name) => [name, 0]));
    const expected = ["\\r", "1", "\u0080", "\u00f6", "\u20ac", "\u{1f600}", "\ufb33"];
    expect(canonicalJson(value)).toBe(`{${expected.map((name) => `"${name}":0`).join(",")}}`);
  });

  it("writes numbers, literals and texts as RFC 8785 does", () => {
    const value = {
      numbers: [333333333.33333329, 1e30, 4.5, 2e-3, 0.000000000000000000000000001, -0],
      string: '\u20ac$\u000f\nA\'B"\\\\"/',
      literals: [null, true, false],
    };
    expect(canonicalJson(value)).toBe(
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27,0],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    );
  });

  it("is one text for values that are equal, whatever the order of their members", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: "binary" }), fc.integer()), (value) => {
        const turned = Object.fromEntries(Object.entries(value).toReversed());
        expect(canonicalJson(turned)).toBe(canonicalJson(value));
        expect(JSON.parse(canonicalJson(value))).toEqual({ ...value });
      }),
    );
  });

  it("leaves out members that are undefined", () => {
    expect(canonicalJson({ b: undefined, a: [] })).toBe('{"a":[]}');
  });

  it.each<[string, CanonicalValue]>([
    ["half a character", "\ud800"],
    ["half a character in a name", { "\udc00": 1 }],
    ["a number without end", Infinity],
    ["no number", NaN],
  ])("has no form for %s", (_, value) => {
    expect(() => canonicalJson(value)).toThrow(RangeError);
  });
});
