import { describe, expect, it } from "vitest";
import { checksummed, parseAddress } from "../../src/core/address.ts";
import type { Address } from "../../src/core/units.ts";

/** The examples of EIP-55. */
const EXAMPLES = [
  "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
  "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
  "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
  "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
];

describe.each(EXAMPLES)("the address %s", (text) => {
  const lower = text.toLowerCase() as Address;

  it("an address is read in its checksum, in lower and in upper case", () => {
    for (const written of [text, lower, `0x${text.slice(2).toUpperCase()}`])
      expect(parseAddress(written, "admin")).toBe(lower);
    expect(checksummed(lower)).toBe(text);
  });

  it("an address with one wrong digit is refused with ADDRESS_FORMAT", () => {
    const wrong = text.replace(/\d(?=\D*$)/, (digit) => String((Number(digit) + 1) % 10));
    expect(wrong).not.toBe(text);
    expect(() => parseAddress(wrong, "admin")).toThrowCode("ADDRESS_FORMAT");
  });
});

it.each([
  ["", "ADDRESS_FORMAT"],
  ["0x12", "ADDRESS_FORMAT"],
  [`0x${"11".repeat(21)}`, "ADDRESS_FORMAT"],
  ["11".repeat(20), "ADDRESS_FORMAT"],
  [` 0x${"11".repeat(20)}`, "ADDRESS_FORMAT"],
  [`0x${"11".repeat(20)}\n`, "ADDRESS_FORMAT"],
  [`0x${"0".repeat(40)}`, "ADDRESS_ZERO"],
] as const)("%j is not an address, and is refused with %s", (text, code) => {
  expect(() => parseAddress(text, "admin")).toThrowCode(code);
});
