import { Transaction, Wallet, id } from "ethers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LocalSigner, signFields, type Signer } from "../../../src/chain/keys/signer.ts";
import { fromHex } from "../../../src/core/bytes.ts";
import { AppError } from "../../../src/core/errors.ts";

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const wallet = new Wallet(id("a key that signs"));
const local = new LocalSigner(wallet);
const FIELDS = { chainId: 31_337, nonce: 7, gasLimit: 90_000n, gasPrice: 0n, value: 0, data: "0x1234" };

/** A signer that answers with what `change` makes of the right signature. */
function altered(
  change: (given: { r: Uint8Array; s: Uint8Array }) => { r: Uint8Array; s: Uint8Array },
): Signer {
  return { address: local.address, sign: async (digest) => change(await local.sign(digest)) };
}
const bytesOf = (value: bigint): Uint8Array => fromHex(value.toString(16).padStart(64, "0"));
const negated = (s: Uint8Array): Uint8Array => bytesOf(ORDER - BigInt(`0x${Buffer.from(s).toString("hex")}`));

describe("signing a transaction through the port", () => {
  const fields = fc.record({
    chainId: fc.integer({ min: 1, max: 2 ** 40 }),
    nonce: fc.nat(1_000_000),
    gasLimit: fc.bigInt({ min: 21_000n, max: 30_000_000n }),
    gasPrice: fc.bigInt({ min: 0n, max: 10n ** 12n }),
    value: fc.constant(0),
    data: fc.uint8Array({ maxLength: 64 }).map((bytes) => `0x${Buffer.from(bytes).toString("hex")}`),
  });

  it("a transaction signed through the port has the same bytes as one of the wallet", async () => {
    await fc.assert(
      fc.asyncProperty(fields, async (wanted) => {
        const { hash, raw } = await signFields(local, wanted);
        expect(raw).toBe(await wallet.signTransaction({ ...wanted, type: 0 }));
        expect(hash).toBe(Transaction.from(raw).hash);
      }),
      { numRuns: 30 },
    );
  });

  it("a high s, as a KMS or HSM may give, is normalised to the low s that chains accept", async () => {
    const high = altered(({ r, s }) => ({ r, s: negated(s) }));
    expect(await signFields(high, FIELDS)).toEqual(await signFields(local, FIELDS));
  });

  const flipped = (bytes: Uint8Array): Uint8Array => bytes.map((byte, i) => (i === 31 ? byte ^ 1 : byte));
  const other = new LocalSigner(new Wallet(id("another key")));
  it.each<[string, Signer]>([
    ["of another key", { address: local.address, sign: (digest) => other.sign(digest) }],
    ["over another digest", { address: local.address, sign: (digest) => local.sign(flipped(digest)) }],
    ["with one bit of r changed", altered(({ r, s }) => ({ r: flipped(r), s }))],
    ["with one bit of s changed", altered(({ r, s }) => ({ r, s: flipped(s) }))],
    ["of zeros", altered(() => ({ r: new Uint8Array(32), s: new Uint8Array(32) }))],
    ["of ones", altered(() => ({ r: new Uint8Array(32).fill(255), s: new Uint8Array(32).fill(255) }))],
    ["of no bytes", altered(() => ({ r: new Uint8Array(), s: new Uint8Array() }))],
    ["of 33 bytes", altered(({ r, s }) => ({ r: Uint8Array.of(0, ...r), s }))],
  ])("a signature %s is refused", async (_, signer) => {
    await expect(signFields(signer, FIELDS)).rejects.toThrowCode("SIGNER_MISMATCH");
  });

  it("an unavailable signer is asked once, and its fault is passed on", async () => {
    let asked = 0;
    const unreachable: Signer = {
      address: local.address,
      sign: () => {
        asked++;
        return Promise.reject(new AppError("SIGNER_UNAVAILABLE", { detail: "no answer within 5 s" }));
      },
    };
    await expect(signFields(unreachable, FIELDS)).rejects.toThrowCode("SIGNER_UNAVAILABLE");
    expect(asked).toBe(1);
  });
});
