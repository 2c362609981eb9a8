/** Assembles and verifies inclusion and consistency proofs (RFC 9162 section 2.1). */
import { equalBytes, toHex } from "../core/bytes.ts";
import { AppError } from "../core/errors.ts";
import type { EntryIndex, Hash, TreeSize } from "../core/units.ts";
import { hashNode } from "./hash.ts";
import { foldSubtrees, levelWithin, subtreesOf, type NodeId, type Range } from "./tree.ts";

/** The subtrees whose roots prove that a leaf is in a tree: PATH of RFC 9162 section 2.1.3.1, from the leaf up. */
export function inclusionRanges({ index, size }: { index: EntryIndex; size: TreeSize }): Range[] {
  requireShape(
    Number.isSafeInteger(size) && Number.isSafeInteger(index) && index >= 0 && index < size,
    "index",
    index,
  );
  const path: Range[] = [];
  for (let { start, end }: Range = { start: 0, end: size }; end - start > 1;) {
    const middle = start + splitOf(end - start);
    path.push(index < middle ? { start: middle, end } : { start, end: middle });
    if (index < middle) end = middle;
    else start = middle;
  }
  return path.reverse();
}

/** The subtrees whose roots prove that one tree is a prefix of another: PROOF of RFC 9162 section 2.1.4.1. */
export function consistencyRanges({ first, second }: { first: TreeSize; second: TreeSize }): Range[] {
  requireShape(
    Number.isSafeInteger(first) && Number.isSafeInteger(second) && first > 0 && first <= second,
    "size",
    first,
  );
  const path: Range[] = [];
  let { start, end }: Range = { start: 0, end: second };
  // the old tree is [0, first); descend to the largest complete subtree that ends where it ends
  while (end !== first) {
    const middle = start + splitOf(end - start);
    path.push(first <= middle ? { start: middle, end } : { start, end: middle });
    if (first <= middle) end = middle;
    else start = middle;
  }
  if (start !== 0) path.push({ start, end });
  return path.reverse();
}

/** Every stored node that the proof over `ranges` consists of. */
export function nodesOf(ranges: readonly Range[]): NodeId[] {
  return ranges.flatMap(subtreesOf);
}

/** The proof over `ranges`, from the nodes of {@link nodesOf}. */
export function assembleProof(ranges: readonly Range[], hashOf: (node: NodeId) => Hash): Hash[] {
  return ranges.map((range) => foldSubtrees(subtreesOf(range).map(hashOf)));
}

/**
 * Checks that `leafHash` is the leaf at `index` of the tree with `root` at `size` (RFC 9162 section 2.1.3.2).
 * @throws AppError PROOF_SHAPE: not the form of a proof for this index and size
 * @throws AppError PROOF_INVALID: the proof leads to another root
 */
export function verifyInclusion(claim: {
  leafHash: Hash;
  index: EntryIndex;
  size: TreeSize;
  proof: readonly Hash[];
  root: Hash;
}): void {
  requireRoot(inclusionSteps(claim).at(-1)?.node ?? claim.leafHash, claim.root);
}

/** One hash of a proof, and the node that it makes with the hash computed before. */
export interface InclusionStep {
  readonly side: "left" | "right";
  readonly sibling: Hash;
  readonly node: Hash;
}

/**
 * The steps of an inclusion proof, from the leaf up; the last node is the computed root.
 * @throws AppError PROOF_SHAPE
 */
export function inclusionSteps(claim: {
  leafHash: Hash;
  index: EntryIndex;
  size: TreeSize;
  proof: readonly Hash[];
}): InclusionStep[] {
  const { leafHash, index, size, proof } = claim;
  const path = pathOf(inclusionRanges({ index, size }), proof);
  if (leafHash.length !== 32) throw new AppError("PROOF_SHAPE", { detail: "a leaf hash has 32 bytes" });
  let hash = leafHash;
  return path.map(({ range, sibling }) => {
    const side = range.end <= index ? "left" : "right";
    hash = side === "left" ? hashNode(sibling, hash) : hashNode(hash, sibling);
    return { side, sibling, node: hash };
  });
}

/**
 * Checks that the tree with `firstRoot` at size `first` is a prefix of that with `secondRoot` at `second` (RFC 9162
 * section 2.1.4.2). Neither may be empty.
 * @throws AppError PROOF_SHAPE, PROOF_INVALID as {@link verifyInclusion}
 */
export function verifyConsistency(claim: {
  first: TreeSize;
  second: TreeSize;
  proof: readonly Hash[];
  firstRoot: Hash;
  secondRoot: Hash;
}): void {
  const { firstRoot, secondRoot } = claim;
  const { old, grown } = consistentRoots(claim, firstRoot);
  requireRoot(old, firstRoot);
  requireRoot(grown, secondRoot);
}

/**
 * The root at size `first` of the tree with `secondRoot` at `second`, from a consistency proof of that tree.
 * @param claim.complete stands for the root where `first` is one complete subtree, whose root no proof has
 * @throws AppError PROOF_SHAPE, PROOF_INVALID as {@link verifyInclusion}
 */
export function prefixRoot(claim: {
  first: TreeSize;
  second: TreeSize;
  proof: readonly Hash[];
  complete: Hash;
  secondRoot: Hash;
}): Hash {
  const { old, grown } = consistentRoots(claim, claim.complete);
  requireRoot(grown, claim.secondRoot);
  return old;
}

/** The two roots that a consistency proof leads to, from the root of the old tree where it is one complete subtree. */
function consistentRoots(
  { first, second, proof }: { first: TreeSize; second: TreeSize; proof: readonly Hash[] },
  complete: Hash,
): { old: Hash; grown: Hash } {
  const path = pathOf(consistencyRanges({ first, second }), proof);
  // where the old tree is one complete subtree, the proof omits its root
  const seed = path[0]?.range.end === first ? path.shift()?.sibling : complete;
  let old = seed ?? complete;
  let grown = old;
  for (const { range, sibling } of path) {
    if (range.end > first) grown = hashNode(grown, sibling);
    else {
      old = hashNode(sibling, old);
      grown = hashNode(sibling, grown);
    }
  }
  return { old, grown };
}

/** The largest power of two below `leaves`, where RFC 9162 splits a tree. */
function splitOf(leaves: number): number {
  return 2 ** levelWithin(leaves - 1);
}

/** Pairs each hash of a proof with its subtree; a proof has exactly one hash for each. */
function pathOf(ranges: readonly Range[], proof: readonly Hash[]): { range: Range; sibling: Hash }[] {
  const path = ranges.flatMap((range, i) => {
    const sibling = proof[i];
    return sibling?.length === 32 ? [{ range, sibling }] : [];
  });
  if (path.length === proof.length && path.length === ranges.length) return path;
  throw new AppError("PROOF_SHAPE", {
    detail: `expected ${ranges.length} hashes of 32 bytes, got ${proof.length}`,
  });
}

function requireShape(holds: boolean, what: string, value: number): void {
  if (!holds) throw new AppError("PROOF_SHAPE", { detail: `no proof has ${what} ${value} here` });
}

function requireRoot(computed: Hash, expected: Hash): void {
  if (equalBytes(computed, expected)) return;
  throw new AppError("PROOF_INVALID", {
    detail: `the proof leads to ${toHex(computed)}, not to ${toHex(expected)}`,
  });
}
