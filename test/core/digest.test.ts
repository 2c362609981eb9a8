import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDigest, isDigestOfEmptyInput, parseDigest, type Algorithm } from "../../src/core/digest.ts";
import type { ErrorCode } from "../../src/core/errors.ts";

const HEX = "157c303e617e6eaa3fa0ee31a255e1e98617600d47e978761bd86bc93e5d158f";

describe("the text of a digest", () => {
  it("a digest is read as it was written, in lower case", () => {
    const bytes = fc
      .uint8Array({ minLength: 32, maxLength: 32 })
      .filter((hash) => hash.some((byte) => byte !== 0));
    fc.assert(
      fc.property(
        bytes,
        fc.constantFrom<Algorithm>("sha256", "sm3"),
        fc.boolean(),
        (hash, algorithm, upper) => {
          const text = formatDigest({ algorithm, bytes: hash });
          const digits = text.slice(text.indexOf(":") + 1);
          const written = `${algorithm}:${upper ? digits.toUpperCase() : digits}`;
          expect(formatDigest(parseDigest(written))).toBe(text);
        },
      ),
    );
  });

  it("a digest without a prefix takes its algorithm from the field", () => {
    expect(formatDigest(parseDigest(HEX, { algorithm: "sm3" }))).toBe(`sm3:${HEX}`);
  });

  it.each<[string, ErrorCode, RegExp]>([
    [`sha256:${HEX.slice(1)}`, "DIGEST_LENGTH", /expected 64 hex characters for sha256, got 63/],
    [`sha256:${HEX}0`, "DIGEST_LENGTH", /got 65/],
    ["sha256:", "DIGEST_LENGTH", /got 0/],
    ["", "DIGEST_FORMAT", /expected "sha256:" or "sm3:"/],
    [HEX, "DIGEST_FORMAT", /expected "sha256:" or "sm3:"/],
    [`sha256:0x${HEX}`, "DIGEST_FORMAT", /without the prefix/],
    [`sha256:${HEX.slice(1)}g`, "DIGEST_NOT_HEX", /U\+0067 at position 63/],
    [`sha256:${HEX.slice(0, 12)}\u200b${HEX.slice(13)}`, "DIGEST_NOT_HEX", /U\+200B at position 12/],
    [`sha256:${HEX.slice(0, 63)}１`, "DIGEST_NOT_HEX", /U\+FF11/],
    [`sha256:${HEX}\n`, "DIGEST_NOT_HEX", /U\+000A at position 64/],
    [`sha256: ${HEX}`, "DIGEST_NOT_HEX", /U\+0020 at position 0/],
    ["sha256:FXwwPmF+bqo/oO4xolXh6YYXYA1H6Xh2G9hryT5dFY8=", "DIGEST_NOT_HEX", /base64/],
    ["sha256:d41d8cd98f00b204e9800998ecf8427e", "ALGORITHM_UNSUPPORTED", /32 hex characters look like MD5/],
    [
      "da39a3ee5e6b4b0d3255bfef95601890afd80709",
      "ALGORITHM_UNSUPPORTED",
      /40 hex characters look like SHA-1/,
    ],
    [`md5:${HEX}`, "ALGORITHM_UNSUPPORTED", /expected sha256 or sm3, got "md5"/],
    [`SHA256:${HEX}`, "ALGORITHM_UNSUPPORTED", /expected sha256 or sm3/],
    [`__proto__:${HEX}`, "ALGORITHM_UNSUPPORTED", /expected sha256 or sm3/],
    [`sha256:${"0".repeat(64)}`, "DIGEST_ZERO", /zeros/],
  ])("the digest %j is refused with %s", (text, code, message) => {
    expect(() => parseDigest(text)).toThrowCode(code);
    expect(() => parseDigest(text)).toThrow(message);
  });

  it("a prefix that differs from the field of the algorithm is refused", () => {
    expect(() => parseDigest(`sm3:${HEX}`, { algorithm: "sha256" })).toThrowCode("ALGORITHM_UNSUPPORTED");
  });

  it("an error quotes only a part of the digest, without control characters", () => {
    const secret = `\u001b[2J${"s".repeat(500)}`;
    expect(() => parseDigest(secret)).toThrow(/\\u\{1B\}/);
    expect(() => parseDigest(secret)).not.toThrow(/s{65}/);
  });

  it("the digest of an empty file is recognized", () => {
    const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    expect(isDigestOfEmptyInput(parseDigest(`sha256:${empty}`))).toBe(true);
    expect(isDigestOfEmptyInput(parseDigest(`sm3:${empty}`))).toBe(false);
  });
});
