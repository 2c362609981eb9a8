/** Computes commitments to digests under a salt. */
import { createSHA256, createSM3, type IHasher } from "hash-wasm";
import { concat } from "../core/bytes.ts";
import { ALGORITHMS, type Algorithm, type Binding, type Commitment, type Digest } from "../core/digest.ts";
import { SALT_BYTES } from "../core/salt.ts";

/** What a commitment is made with. */
export interface Blinder extends Binding {
  /** `SALT_BYTES` random bytes, kept secret. */
  readonly salt: Uint8Array;
}

const TAG = "hufu/blinded/v2";

/** Created once, so that `commit` is synchronous. */
const HASHERS: Readonly<Record<Algorithm, IHasher>> = {
  sha256: await createSHA256(),
  sm3: await createSM3(),
};

/**
 * HMAC, by the digest's own algorithm, under the salt, of "hufu/blinded/v2" ‖ 0x00 ‖ origin ‖ 0x00 ‖ institution (u32) ‖
 * algorithm byte ‖ digest. Without the salt it reveals nothing about the digest; an entry of another institution or log
 * with the same bytes commits to nothing.
 * @throws RangeError a salt of another length, an institution beyond 32 bits, or an origin with a zero character
 */
export function commit({ algorithm, bytes }: Digest, { salt, origin, institution }: Blinder): Commitment {
  if (salt.length !== SALT_BYTES)
    throw new RangeError(`a salt has ${SALT_BYTES} bytes, this has ${salt.length}`);
  if (institution >>> 0 !== institution || origin.includes("\0"))
    throw new RangeError("no log and institution can be written so");
  const bound = new Uint8Array(5);
  new DataView(bound.buffer).setUint32(0, institution);
  bound[4] = ALGORITHMS[algorithm];
  const message = concat(new TextEncoder().encode(`${TAG}\0${origin}\0`), bound, bytes);
  return { algorithm, bytes: hmac(HASHERS[algorithm], salt, message), blinded: true };
}

/** HMAC (RFC 2104 section 2) for a key no longer than a block. */
function hmac(hasher: IHasher, key: Uint8Array, message: Uint8Array): Uint8Array {
  const hash = (...parts: Uint8Array[]): Uint8Array =>
    hasher
      .init()
      .update(concat(...parts))
      .digest("binary");
  const pad = (byte: number): Uint8Array =>
    Uint8Array.from({ length: hasher.blockSize }, (_, i) => (key[i] ?? 0) ^ byte);
  return hash(pad(0x5c), hash(pad(0x36), message));
}
