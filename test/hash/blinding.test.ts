import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, inject, it } from "vitest";
import { fromHex, toHex } from "../../src/core/bytes.ts";
import { ALGORITHMS, parseDigest, type Algorithm, type Digest } from "../../src/core/digest.ts";
import { commit } from "../../src/hash/blinding.ts";
import { readVector } from "../support/log/vectors.ts";

interface Vector {
  readonly algorithm: Algorithm;
  readonly salt: string;
  readonly digest: string;
  readonly commitment: string;
}
const VECTORS = readVector<Vector[]>("hufu/blinding.json");

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const anyDigest: fc.Arbitrary<Digest> = fc.record({
  algorithm: fc.constantFrom<Algorithm>("sha256", "sm3"),
  bytes: bytes32,
});
const options = { seed: inject("seed") };

/** Changes one bit. */
function flip(bytes: Uint8Array, bit: number): Uint8Array {
  return bytes.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
}

describe("a commitment", () => {
  it.each(VECTORS)(
    "the commitment to $digest under $salt is that of the vector",
    ({ algorithm, salt, digest, commitment }) => {
      const made = commit(parseDigest(digest), fromHex(salt));
      expect({ ...made, bytes: toHex(made.bytes) }).toEqual({ algorithm, bytes: commitment, blinded: true });
    },
  );

  it("a commitment is HMAC of tag, algorithm and digest, as another implementation computes it", () => {
    fc.assert(
      fc.property(anyDigest, bytes32, ({ algorithm, bytes }, salt) => {
        const hmac = createHmac(algorithm, salt).update("hufu/blinded/v1\0");
        const expected = hmac.update(Uint8Array.of(ALGORITHMS[algorithm])).update(bytes).digest("hex");
        expect(toHex(commit({ algorithm, bytes }, salt).bytes)).toBe(expected);
      }),
      options,
    );
  });

  it("a commitment changes with one bit of the digest or the salt, and with the algorithm", () => {
    fc.assert(
      fc.property(anyDigest, bytes32, fc.nat({ max: 255 }), (digest, salt, bit) => {
        const { algorithm, bytes } = digest;
        const other = algorithm === "sm3" ? "sha256" : "sm3";
        const commitments = [
          commit(digest, salt),
          commit({ algorithm, bytes: flip(bytes, bit) }, salt),
          commit(digest, flip(salt, bit)),
          commit({ algorithm: other, bytes }, salt),
        ].map(({ bytes: commitment }) => toHex(commitment));
        expect(new Set(commitments).size).toBe(4);
      }),
      options,
    );
  });

  it.each([0, 16, 31, 33, 64])("a salt of %i bytes is refused with a RangeError", (length) => {
    const digest = { algorithm: "sha256", bytes: new Uint8Array(32).fill(1) } as const;
    expect(() => commit(digest, new Uint8Array(length))).toThrow(RangeError);
  });
});
