/** Signs notes with an Ed25519 secret that this process holds. */
import { createPrivateKey, createPublicKey, sign, type KeyObject } from "node:crypto";
import { concat, fromHex } from "../core/bytes.ts";
import { verifierKey, type NoteSigner } from "../log/note.ts";

/** Prefix of the 32 bytes of an Ed25519 secret in PKCS #8 (RFC 8410 section 7). */
const PKCS8 = fromHex("302e020100300506032b657004220420");

/** @param seed 32 bytes, the Ed25519 secret (RFC 8032) */
export function localNoteSigner(
  seed: Uint8Array,
  { name, type }: { name: string; type: number },
): NoteSigner {
  const key = secretKey(seed);
  return {
    key: verifierKey({ name, type, publicKey: publicBytes(key) }),
    sign: (message) => Uint8Array.from(sign(null, message, key)),
  };
}

/** The 32 bytes of the public key. */
export function publicKeyOf(seed: Uint8Array): Uint8Array {
  return publicBytes(secretKey(seed));
}

function secretKey(seed: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.from(concat(PKCS8, seed)), format: "der", type: "pkcs8" });
}

function publicBytes(key: KeyObject): Uint8Array {
  const { x = "" } = createPublicKey(key).export({ format: "jwk" });
  return Uint8Array.from(Buffer.from(x, "base64url"));
}
