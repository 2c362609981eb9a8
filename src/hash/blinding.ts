/** Computes commitments to digests under a salt. */
import { createSHA256, createSM3, type IHasher } from "hash-wasm";
import { concat } from "../core/bytes.ts";
import { ALGORITHMS, type Algorithm, type Commitment, type Digest } from "../core/digest.ts";
import { SALT_BYTES } from "../core/salt.ts";

/** `SALT_BYTES` random bytes, kept secret. */
export type Salt = Uint8Array;

const TAG = new TextEncoder().encode("hufu/blinded/v1\0");

/** Created once, so that `commit` is synchronous. */
const HASHERS: Readonly<Record<Algorithm, IHasher>> = {
  sha256: await createSHA256(),
  sm3: await createSM3(),
};

/**
 * HMAC, by the digest's own algorithm, of "hufu/blinded/v1" ‖ 0x00 ‖ algorithm byte ‖ digest
 * under the salt. Without the salt it reveals nothing about the digest.
 * @throws RangeError a salt of another length
 */
export function commit({ algorithm, bytes }: Digest, salt: Salt): Commitment {
  if (salt.length !== SALT_BYTES)
    throw new RangeError(`a salt has ${SALT_BYTES} bytes, this has ${salt.length}`);
  const message = concat(TAG, Uint8Array.of(ALGORITHMS[algorithm]), bytes);
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
