/** Computes Merkle roots by the definition of RFC 9162, independently of src. */
import { createHash } from "node:crypto";
import type { Hash } from "../../../src/core/units.ts";

const sha256 = (...parts: Uint8Array[]): Hash => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return Uint8Array.from(hash.digest());
};

/** MTH of RFC 9162 section 2.1.1. */
export function rootByDefinition(leafHashes: readonly Hash[]): Hash {
  const n = leafHashes.length;
  const [first] = leafHashes;
  if (first === undefined) return sha256();
  if (n === 1) return first;
  let k = 1;
  while (k * 2 < n) k *= 2;
  const left = rootByDefinition(leafHashes.slice(0, k));
  return sha256(Uint8Array.of(1), left, rootByDefinition(leafHashes.slice(k)));
}

/** HASH({d}) of the same section. */
export function leafByDefinition(entry: Uint8Array): Hash {
  return sha256(Uint8Array.of(0), entry);
}
