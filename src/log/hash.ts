/** Hashes leaves and nodes of the Merkle tree. */
import { sha256 } from "@noble/hashes/sha2.js";
import type { Hash } from "../core/units.ts";

/** RFC 9162 section 2.1.1: the root of a tree without leaves is the hash of the empty string. */
export const EMPTY_ROOT: Hash = sha256(new Uint8Array());

/** RFC 9162 section 2.1.1: leaf = H(0x00 ‖ entry), node = H(0x01 ‖ left ‖ right), so a node never passes for a leaf. */
export function hashLeaf(entry: Uint8Array): Hash {
  return sha256.create().update(Uint8Array.of(0)).update(entry).digest();
}

/** See {@link hashLeaf}. */
export function hashNode(left: Hash, right: Hash): Hash {
  return sha256.create().update(Uint8Array.of(1)).update(left).update(right).digest();
}
