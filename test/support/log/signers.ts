/** Derives note signers from names. */
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { SIGNATURE_TYPES, verifierKey, type NoteSigner } from "../../../src/log/note.ts";

/** A signer with the secret derived from `seed`. */
export function signerOf(
  name: string,
  { type = SIGNATURE_TYPES.ed25519, seed = name }: { type?: number; seed?: string } = {},
): NoteSigner {
  const secret = sha256(new TextEncoder().encode(seed));
  const key = verifierKey({ name, type, publicKey: ed25519.getPublicKey(secret) });
  return { key, sign: (message) => ed25519.sign(message, secret) };
}

export function cosignerOf(name: string): NoteSigner {
  return signerOf(name, { type: SIGNATURE_TYPES.cosignature });
}
