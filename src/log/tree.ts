/** Splits a Merkle tree into complete subtrees, and grows one from its frontier. */
import type { Hash, TreeSize } from "../core/units.ts";
import { EMPTY_ROOT, hashNode } from "./hash.ts";

/** A complete subtree: the `index`-th of its level from the left, of 2^level leaves. It never changes, so it can be stored. */
export interface NodeId {
  readonly level: number;
  readonly index: number;
}

export interface TreeNode extends NodeId {
  readonly hash: Hash;
}

/** The entries from `start` up to, but not including, `end`. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/**
 * The complete subtrees that make up `range`, from left to right. `start` is a multiple of the largest power of two
 * that fits the range, as it is for every subtree of RFC 9162.
 */
export function subtreesOf({ start, end }: Range): NodeId[] {
  const nodes: NodeId[] = [];
  for (let at = start; at < end;) {
    const level = levelWithin(end - at);
    nodes.push({ level, index: at / 2 ** level });
    at += 2 ** level;
  }
  return nodes;
}

/** The level of the largest complete tree that has at most `leaves` leaves; `Math.log2` rounds up from 2^48 on. */
export function levelWithin(leaves: number): number {
  if (leaves >= 1 && leaves < 2 ** 31) return 31 - Math.clz32(leaves);
  let level = 0;
  while (2 ** (level + 1) <= leaves) level += 1;
  return level;
}

/** The root over the subtrees of {@link subtreesOf}, given their hashes from left to right. */
export function foldSubtrees(hashes: readonly Hash[]): Hash {
  return hashes.length === 0 ? EMPTY_ROOT : hashes.reduceRight((right, left) => hashNode(left, right));
}

/** The nodes that appending needs (the frontier): the complete subtrees of a tree, from left to right. */
export function frontierOf(size: TreeSize): NodeId[] {
  return subtreesOf({ start: 0, end: size });
}

/** An append-only tree (RFC 9162 section 2.1.1) that stores only its frontier. */
export class GrowingTree {
  #size: TreeSize;
  /** Roots of the complete subtrees, largest first. */
  readonly #frontier: Hash[];

  /** @param frontier hashes of `frontierOf(size)`, in its order */
  constructor(size: TreeSize = 0, frontier: readonly Hash[] = []) {
    this.#size = size;
    this.#frontier = [...frontier];
  }

  get size(): TreeSize {
    return this.#size;
  }

  /** Appends a leaf hash and returns every node that this completes, the leaf first. */
  append(leaf: Hash): TreeNode[] {
    let node: TreeNode = { level: 0, index: this.#size, hash: leaf };
    const completed = [node];
    while (node.index % 2 === 1) {
      const left = this.#frontier.pop();
      if (left === undefined) throw new RangeError("the frontier does not fit the size");
      node = { level: node.level + 1, index: (node.index - 1) / 2, hash: hashNode(left, node.hash) };
      completed.push(node);
    }
    this.#frontier.push(node.hash);
    this.#size += 1;
    return completed;
  }

  root(): Hash {
    return foldSubtrees(this.#frontier);
  }
}
