/** Makes Ed25519 signatures on which verifiers differ: with points that have a component of small order. */
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { concat, fromHex } from "../../../src/core/bytes.ts";

const { Point } = ed25519;
type EdwardsPoint = InstanceType<typeof Point>;

export interface Ed25519Edge {
  readonly description: string;
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
  /** By the equation without cofactor. */
  readonly valid: boolean;
  /** By the equation with cofactor (RFC 8032 section 5.1.7). */
  readonly withCofactor: boolean;
}

/** Of order 8. */
const TORSION = Point.fromBytes(fromHex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"));
const SECRET = 0x1234_5678_9abcn;

/** Signatures of `text` by a secret that is nobody's. */
export function ed25519Edges(text: string): Ed25519Edge[] {
  const message = new TextEncoder().encode(text);
  const own = Point.BASE.multiply(SECRET);
  const mixed = own.add(TORSION);
  const sign = (
    a: EdwardsPoint,
    torsion: EdwardsPoint,
    nonce: bigint,
  ): { k: bigint; signature: Uint8Array } => {
    const [publicKey, r] = [a.toBytes(), Point.BASE.multiply(nonce).add(torsion).toBytes()];
    const k = Point.Fn.create(numberOf(sha512(concat(r, publicKey, message))));
    return { k, signature: concat(r, bytesOf(Point.Fn.create(nonce + k * SECRET))) };
  };
  /** With the first nonce whose k, by 8, leaves what is asked. */
  const where = (a: EdwardsPoint, torsion: EdwardsPoint, is: (k: bigint) => boolean): Uint8Array => {
    for (let nonce = 2n; ; nonce++) {
      const { k, signature } = sign(a, torsion, nonce);
      if (is(k % 8n)) return signature;
    }
  };
  const none = Point.ZERO;
  const edge = (
    description: string,
    a: EdwardsPoint,
    signature: Uint8Array,
    [valid, withCofactor]: readonly [boolean, boolean],
  ): Ed25519Edge => ({ description, publicKey: a.toBytes(), signature, valid, withCofactor });
  return [
    edge(
      "points without a component of small order",
      own,
      where(own, none, () => true),
      [true, true],
    ),
    edge(
      "a key with a component of small order, which k takes away",
      mixed,
      where(mixed, none, (k) => k === 0n),
      [true, true],
    ),
    edge(
      "a key with a component of small order, valid with cofactor alone",
      mixed,
      where(mixed, none, (k) => k !== 0n),
      [false, true],
    ),
    edge(
      "R with a component of small order, valid with cofactor alone",
      own,
      where(own, TORSION, () => true),
      [false, true],
    ),
    edge(
      "components of small order in R and in the key that cancel out",
      mixed,
      where(mixed, TORSION, (k) => k === 7n),
      [true, true],
    ),
    edge("R of small order, whose S has no nonce", own, smallR(own, message), [false, true]),
    {
      description: "R that is no canonical encoding",
      publicKey: own.toBytes(),
      signature: concat(fromHex(`ee${"ff".repeat(30)}7f`), new Uint8Array(32)),
      valid: false,
      withCofactor: false,
    },
  ];
}

/** R is the neutral element, and S = k times the secret. */
function smallR(a: EdwardsPoint, message: Uint8Array): Uint8Array {
  const r = Point.ZERO.toBytes();
  const k = Point.Fn.create(numberOf(sha512(concat(r, a.toBytes(), message))));
  return concat(r, bytesOf(Point.Fn.create(k * SECRET)));
}

function numberOf(bytes: Uint8Array): bigint {
  return bytes.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);
}

function bytesOf(number: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => Number((number >> BigInt(8 * i)) & 255n));
}
