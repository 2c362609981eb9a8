import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "../../src/core/bytes.ts";
import type { Hash } from "../../src/core/units.ts";
import { EMPTY_ROOT, hashLeaf } from "../../src/log/hash.ts";
import {
  assembleProof,
  consistencyRanges,
  inclusionRanges,
  nodesOf,
  verifyConsistency,
  verifyInclusion,
} from "../../src/log/proof.ts";
import { GrowingTree, frontierOf, levelWithin, type NodeId, type Range } from "../../src/log/tree.ts";
import { rootByDefinition } from "../support/log/tree.ts";
import { readVector, readVectors } from "../support/log/vectors.ts";

interface InclusionVector {
  leafIdx: number;
  treeSize: number;
  root: string;
  leafHash: string;
  proof: string[] | null;
  wantErr: boolean;
}

interface ConsistencyVector {
  size1: number;
  size2: number;
  root1: string;
  root2: string;
  proof: string[] | null;
  wantErr: boolean;
}

interface TreeVector {
  roots: Record<string, string>;
  inclusion: { index: number; size: number; leafHash: string; proof: string[] }[];
}

const base64 = (text: string): Hash => Uint8Array.from(Buffer.from(text, "base64"));
const proofOf = (proof: string[] | null): Hash[] => (proof ?? []).map(base64);

describe.each(readVectors<InclusionVector>("rfc6962/inclusion"))("$name", ({ name, vector }) => {
  const verify = (): void => {
    verifyInclusion({
      leafHash: base64(vector.leafHash),
      index: vector.leafIdx,
      size: vector.treeSize,
      proof: proofOf(vector.proof),
      root: base64(vector.root),
    });
  };
  it(`the inclusion proof of ${name} ${vector.wantErr ? "is refused" : "verifies"}`, () => {
    if (vector.wantErr) expect(verify).toThrow(/^PROOF_(SHAPE|INVALID)/);
    else expect(verify).not.toThrow();
  });
});

describe.each(readVectors<ConsistencyVector>("rfc6962/consistency"))("$name", ({ name, vector }) => {
  const verify = (): void => {
    verifyConsistency({
      first: vector.size1,
      second: vector.size2,
      proof: proofOf(vector.proof),
      firstRoot: base64(vector.root1),
      secondRoot: base64(vector.root2),
    });
  };
  it(`the consistency proof of ${name} ${vector.wantErr ? "is refused" : "verifies"}`, () => {
    if (vector.wantErr) expect(verify).toThrow(/^PROOF_(SHAPE|INVALID)/);
    else expect(verify).not.toThrow();
  });
});

/** A tree with all its nodes, as an index stores them. */
class StoredTree {
  readonly leaves: Hash[] = [];
  readonly roots: Hash[] = [EMPTY_ROOT];
  readonly #tree = new GrowingTree();
  readonly #nodes = new Map<string, Hash>();

  constructor(size: number) {
    for (let i = 0; i < size; i++) {
      const leaf = hashLeaf(Uint8Array.of(i & 0xff, i >> 8));
      this.leaves.push(leaf);
      for (const { level, index, hash } of this.#tree.append(leaf))
        this.#nodes.set(`${level}/${index}`, hash);
      this.roots.push(this.#tree.root());
    }
  }

  node({ level, index }: NodeId): Hash {
    const hash = this.#nodes.get(`${level}/${index}`);
    if (hash === undefined) throw new Error(`no node ${level}/${index}`);
    return hash;
  }

  prove(ranges: Range[]): Hash[] {
    expect(nodesOf(ranges).every((node) => this.node(node).length === 32)).toBe(true);
    return assembleProof(ranges, (node) => this.node(node));
  }

  at(size: number): Hash {
    return this.roots[size] ?? EMPTY_ROOT;
  }
}

const MAX = 300;
const stored = new StoredTree(MAX);
const flip = (hash: Hash, bit: number): Hash =>
  hash.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));

describe("a tree", () => {
  it("a tree has at every size the root of the recursive definition", () => {
    for (let size = 0; size <= MAX; size++)
      expect(stored.at(size)).toEqual(rootByDefinition(stored.leaves.slice(0, size)));
  });

  it("a tree restored from its frontier continues with the same roots", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: MAX - 1 }), (size) => {
        const tree = new GrowingTree(
          size,
          frontierOf(size).map((node) => stored.node(node)),
        );
        tree.append(stored.leaves[size] ?? EMPTY_ROOT);
        expect(tree.root()).toEqual(stored.at(size + 1));
      }),
    );
  });

  it("the split of a tree is exact near the largest sizes, where Math.log2 rounds up", () => {
    expect(levelWithin(2 ** 52 - 1)).toBe(51);
    expect(levelWithin(2 ** 52)).toBe(52);
  });
});

describe("an inclusion proof", () => {
  const position = fc
    .integer({ min: 1, max: MAX })
    .chain((size) => fc.tuple(fc.nat(size - 1), fc.constant(size)));

  it("an inclusion proof verifies for every index of every size up to 130", () => {
    for (let size = 1; size <= 130; size++) {
      for (let index = 0; index < size; index++) {
        const proof = stored.prove(inclusionRanges({ index, size }));
        verifyInclusion({
          leafHash: stored.leaves[index] ?? EMPTY_ROOT,
          index,
          size,
          proof,
          root: stored.at(size),
        });
      }
    }
  });

  it("an inclusion proof fails when one bit, its order, its length, the index or the size changes", () => {
    fc.assert(
      fc.property(position, fc.nat(255), fc.nat(), ([index, size], bit, pick) => {
        const proof = stored.prove(inclusionRanges({ index, size }));
        const claim = {
          leafHash: stored.leaves[index] ?? EMPTY_ROOT,
          index,
          size,
          proof,
          root: stored.at(size),
        };
        const at = proof.length === 0 ? 0 : pick % proof.length;
        const changed = [
          { ...claim, leafHash: flip(claim.leafHash, bit) },
          { ...claim, root: flip(claim.root, bit) },
          { ...claim, proof: [...proof, claim.root] },
          { ...claim, index: size },
          { ...claim, index: -1 },
          { ...claim, index: index + 0.5 },
          ...(proof.length === 0
            ? []
            : [
                { ...claim, proof: proof.slice(1) },
                { ...claim, proof: proof.map((hash, i) => (i === at ? flip(hash, bit) : hash)) },
                { ...claim, proof: proof.map((hash, i) => (i === at ? hash.slice(1) : hash)) },
              ]),
          ...(proof.length < 2 ? [] : [{ ...claim, proof: [...proof].reverse() }]),
          ...(size < 2 ? [] : [{ ...claim, index: (index + 1) % size }]),
        ];
        for (const wrong of changed)
          expect(() => {
            verifyInclusion(wrong);
          }).toThrow(/^PROOF_/);
      }),
    );
  });

  it("an inner node does not verify as a leaf", () => {
    // the tree of two leaves is the left child of the tree of four
    const [, sibling] = stored.prove(inclusionRanges({ index: 0, size: 4 }));
    const forged = {
      leafHash: stored.at(2),
      index: 0,
      size: 2,
      proof: [sibling ?? EMPTY_ROOT],
      root: stored.at(4),
    };
    expect(() => {
      verifyInclusion(forged);
    }).not.toThrow();
    const sixtyFourBytes = new Uint8Array([...(stored.leaves[0] ?? []), ...(stored.leaves[1] ?? [])]);
    expect(() => {
      verifyInclusion({ ...forged, leafHash: hashLeaf(sixtyFourBytes) });
    }).toThrowCode("PROOF_INVALID");
  });
});

describe("a consistency proof", () => {
  const sizes = fc
    .integer({ min: 1, max: MAX })
    .chain((second) => fc.tuple(fc.integer({ min: 1, max: second }), fc.constant(second)));

  it("a consistency proof verifies for every pair of sizes up to 100", () => {
    for (let second = 1; second <= 100; second++) {
      for (let first = 1; first <= second; first++) {
        const proof = stored.prove(consistencyRanges({ first, second }));
        verifyConsistency({
          first,
          second,
          proof,
          firstRoot: stored.at(first),
          secondRoot: stored.at(second),
        });
      }
    }
  });

  it("a consistency proof fails when one bit, its length or a size changes", () => {
    fc.assert(
      fc.property(sizes, fc.nat(255), fc.nat(), ([first, second], bit, pick) => {
        const proof = stored.prove(consistencyRanges({ first, second }));
        const claim = { first, second, proof, firstRoot: stored.at(first), secondRoot: stored.at(second) };
        const changed = [
          { ...claim, firstRoot: flip(claim.firstRoot, bit) },
          { ...claim, secondRoot: flip(claim.secondRoot, bit) },
          { ...claim, proof: [...proof, claim.firstRoot] },
          { ...claim, first: 0 },
          { ...claim, first: second + 1 },
          ...proof.map((_, i) => ({ ...claim, proof: proof.filter((__, j) => i !== j) })),
          ...(proof.length === 0
            ? []
            : [
                {
                  ...claim,
                  proof: proof.map((hash, i) => (i === pick % proof.length ? flip(hash, bit) : hash)),
                },
              ]),
        ];
        for (const wrong of changed)
          expect(() => {
            verifyConsistency(wrong);
          }).toThrow(/^PROOF_/);
      }),
    );
  });
});

describe("the project's own vectors of trees", () => {
  const vector = readVector<TreeVector>("hufu/tree.json");

  it.each(vector.inclusion)(
    "the vector's proof of index $index at size $size verifies, and not for another leaf",
    ({ index, size, leafHash, proof }) => {
      const root = fromHex(vector.roots[String(size)] ?? "");
      const hashes = proof.map(fromHex);
      verifyInclusion({ leafHash: fromHex(leafHash), index, size, proof: hashes, root });
      expect(() => {
        verifyInclusion({ leafHash: flip(fromHex(leafHash), 0), index, size, proof: hashes, root });
      }).toThrowCode("PROOF_INVALID");
    },
  );

  it("the empty tree has the root of the vector", () => expect(toHex(EMPTY_ROOT)).toBe(vector.roots["0"]));
});
