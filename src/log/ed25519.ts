/** Verifies Ed25519 signatures by the equation without cofactor, as OpenSSL and Go's crypto/ed25519 do. */
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { concat, equalBytes } from "../core/bytes.ts";

const { Point } = ed25519;
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;

/**
 * Whether S is below the order of the group and R is the encoding of [S]B − [k]A, with k = SHA-512(R ‖ A ‖ message)
 * (RFC 8032 section 5.1.7, the check that is sufficient). With a key or an R of small order, or a key in an encoding that is
 * not canonical, nothing is valid: no signer makes such a signature.
 */
export function verifyEd25519(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean {
  if (signature.length !== SIGNATURE_BYTES || publicKey.length !== KEY_BYTES) return false;
  const [r, s] = [signature.subarray(0, KEY_BYTES), numberOf(signature.subarray(KEY_BYTES))];
  if (s >= Point.Fn.ORDER) return false;
  const a = pointOf(publicKey);
  if (a === undefined || a.isSmallOrder()) return false;
  const k = Point.Fn.create(numberOf(sha512(concat(r, publicKey, message))));
  const expected = Point.BASE.multiplyUnsafe(s).subtract(a.multiplyUnsafe(k));
  return equalBytes(expected.toBytes(), r) && !expected.isSmallOrder();
}

function pointOf(bytes: Uint8Array): InstanceType<typeof Point> | undefined {
  try {
    return Point.fromBytes(bytes);
  } catch {
    return undefined; // not a point of the curve, or not its canonical encoding
  }
}

/** Of little-endian bytes. */
function numberOf(bytes: Uint8Array): bigint {
  return bytes.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);
}
