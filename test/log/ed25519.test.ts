import { createPublicKey, verify } from "node:crypto";
import { ed25519 } from "@noble/curves/ed25519.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concat, fromHex } from "../../src/core/bytes.ts";
import { verifyEd25519 } from "../../src/log/ed25519.ts";
import { ed25519Edges } from "../support/log/ed25519-edges.ts";

const TEXT = "on what verifiers differ";
const MESSAGE = new TextEncoder().encode(TEXT);

/** By OpenSSL. */
function byOpenssl(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean {
  const spki = concat(fromHex("302a300506032b6570032100"), publicKey);
  return verify(
    null,
    message,
    createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" }),
    signature,
  );
}

describe("an Ed25519 signature at the edges of the rules", () => {
  it.each(ed25519Edges(TEXT).map((edge) => [edge.description, edge] as const))(
    "%s: the answer is that of OpenSSL, and not of the cofactor",
    (_, { publicKey, signature, valid, withCofactor }) => {
      expect(verifyEd25519(signature, MESSAGE, publicKey)).toBe(valid);
      expect(byOpenssl(signature, MESSAGE, publicKey)).toBe(valid);
      expect(ed25519.verify(signature, MESSAGE, publicKey, { zip215: false })).toBe(withCofactor);
    },
  );

  // by zip215, S = 0 and a neutral R make one that is valid of every text
  it.each([
    ["of order 1", "0100000000000000000000000000000000000000000000000000000000000000"],
    ["of order 1, in another encoding", "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"],
    ["of order 2", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"],
    ["of order 4", "0000000000000000000000000000000000000000000000000000000000000000"],
    ["of order 8", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"],
  ])("a key %s has no valid signature, here and by OpenSSL", (_, hex) => {
    const publicKey = fromHex(hex);
    for (const r of [publicKey, concat(Uint8Array.of(1), new Uint8Array(31))]) {
      const signature = concat(r, new Uint8Array(32));
      expect(ed25519.verify(signature, MESSAGE, publicKey, { zip215: true })).toBe(true);
      for (let i = 0; i < 32; i++) {
        expect(verifyEd25519(signature, Uint8Array.of(i), publicKey)).toBe(false);
        expect(byOpenssl(signature, Uint8Array.of(i), publicKey)).toBe(false);
      }
    }
  });

  it("whatever is changed in a signature, the answer is that of OpenSSL", () => {
    const secret = new Uint8Array(32).fill(7);
    const publicKey = ed25519.getPublicKey(secret);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(63), fc.nat(255), (message, at, mask) => {
        const signature = ed25519.sign(message, secret);
        const changed = signature.with(at, (signature[at] ?? 0) ^ mask);
        expect(verifyEd25519(changed, message, publicKey)).toBe(byOpenssl(changed, message, publicKey));
        expect(verifyEd25519(changed, message, publicKey)).toBe(mask === 0);
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    ["a signature of 63 bytes", 63, 32],
    ["a signature of 65 bytes", 65, 32],
    ["a key of 31 bytes", 64, 31],
    ["a key of 33 bytes", 64, 33],
    ["no bytes at all", 0, 0],
  ])("%s is not valid", (_, signature, key) => {
    expect(verifyEd25519(new Uint8Array(signature), MESSAGE, new Uint8Array(key))).toBe(false);
  });
});
