import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, inject, it } from "vitest";
import { fromHex, toHex } from "../../src/core/bytes.ts";
import { ALGORITHMS, parseDigest, type Algorithm, type Digest } from "../../src/core/digest.ts";
import { commit } from "../../src/hash/blinding.ts";
import { readVector } from "../support/log/vectors.ts";

interface Vector {
  readonly algorithm: Algorithm;
  readonly origin: string;
  readonly institution: number;
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

const SOMEWHERE = { origin: `eip155:31337:0x${"0a".repeat(20)}`, institution: 1 };
const anyBinding = fc.record({
  origin: fc.tuple(fc.nat({ max: 9 }), fc.nat({ max: 9 })).map(([a, b]) => `eip155:${a}:0x${b}`),
  institution: fc.nat({ max: 0xffff_ffff }),
});

describe("a commitment", () => {
  it.each(VECTORS)(
    "the commitment of institution $institution to $digest under $salt is that of the vector",
    ({ algorithm, origin, institution, salt, digest, commitment }) => {
      const made = commit(parseDigest(digest), { salt: fromHex(salt), origin, institution });
      expect({ ...made, bytes: toHex(made.bytes) }).toEqual({ algorithm, bytes: commitment, blinded: true });
    },
  );

  it("a commitment is HMAC of tag, log, institution, algorithm and digest, as another implementation computes it", () => {
    fc.assert(
      fc.property(anyDigest, bytes32, anyBinding, ({ algorithm, bytes }, salt, { origin, institution }) => {
        const number = Buffer.alloc(4);
        number.writeUInt32BE(institution);
        const expected = createHmac(algorithm, salt)
          .update(`hufu/blinded/v2\0${origin}\0`)
          .update(number)
          .update(Uint8Array.of(ALGORITHMS[algorithm]))
          .update(bytes)
          .digest("hex");
        expect(toHex(commit({ algorithm, bytes }, { salt, origin, institution }).bytes)).toBe(expected);
      }),
      options,
    );
  });

  it("a commitment changes with one bit of digest or salt, with the algorithm, the log and the institution", () => {
    fc.assert(
      fc.property(anyDigest, bytes32, anyBinding, fc.nat({ max: 255 }), (digest, salt, bound, bit) => {
        const { algorithm, bytes } = digest;
        const other = algorithm === "sm3" ? "sha256" : "sm3";
        const { origin, institution } = bound;
        const commitments = [
          commit(digest, { salt, ...bound }),
          commit({ algorithm, bytes: flip(bytes, bit) }, { salt, ...bound }),
          commit(digest, { salt: flip(salt, bit), ...bound }),
          commit({ algorithm: other, bytes }, { salt, ...bound }),
          commit(digest, { salt, origin: `${origin}0`, institution }),
          commit(digest, { salt, origin, institution: (institution ^ (1 << (bit & 31))) >>> 0 }),
        ].map(({ bytes: commitment }) => toHex(commitment));
        expect(new Set(commitments).size).toBe(6);
      }),
      options,
    );
  });

  const digest = { algorithm: "sha256", bytes: new Uint8Array(32).fill(1) } as const;
  it.each([0, 16, 31, 33, 64])("a salt of %i bytes is refused with a RangeError", (length) => {
    expect(() => commit(digest, { salt: new Uint8Array(length), ...SOMEWHERE })).toThrow(RangeError);
  });

  it.each([
    ["an institution of 33 bits", { institution: 2 ** 32 }],
    ["an institution below zero", { institution: -1 }],
    ["half an institution", { institution: 0.5 }],
    ["no number", { institution: NaN }],
    ["a zero in the origin, which would shift what follows", { origin: "eip155:1:0xabc\0" }],
  ])("%s is refused with a RangeError", (_, change) => {
    expect(() => commit(digest, { salt: new Uint8Array(32), ...SOMEWHERE, ...change })).toThrow(RangeError);
  });
});
