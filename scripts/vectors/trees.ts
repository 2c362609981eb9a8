/** Lists the cases of inclusion and consistency proofs. */
import { concat, toHex } from "../../src/core/bytes.ts";
import { hashLeaf, hashNode } from "../../src/log/hash.ts";
import { encodeBundle, encodeTile } from "../../src/log/tiles.ts";
import { TestLog } from "../../test/support/log/receipts.ts";
import { flipped, hexes, type Case } from "./case.ts";

/** A log of `size` filler entries. */
function logOf(size: number): TestLog {
  const log = new TestLog();
  log.fill(size);
  return log;
}

interface Claim {
  readonly entry: Uint8Array;
  readonly index: number;
  readonly size: number;
  readonly proof: readonly Uint8Array[];
  readonly root: Uint8Array;
}

function claim(index: number, size: number): Claim {
  const log = logOf(size);
  return { ...log.prove(index), size, root: log.root };
}
const given = ({ entry, index, size, proof, root }: Claim): Case[1] => ({
  entry: toHex(entry),
  index,
  size,
  proof: hexes(proof),
  root: toHex(root),
});

const HELD = claim(6, 11);
const held = (change: Partial<Claim>): Case[1] => given({ ...HELD, ...change });
const [FIRST = HELD.root, SECOND = HELD.root, ...REST] = HELD.proof;
const NEIGHBOUR = logOf(11).entries[7] ?? HELD.entry;
/** The children of the inner node above entries 6 and 7, and the path from there. */
const INNER = { entry: concat(hashLeaf(HELD.entry), hashLeaf(NEIGHBOUR)), proof: HELD.proof.slice(1) };

const SIXTY = new Array<Uint8Array>(60).fill(HELD.root);

export const INCLUSIONS: readonly Case[] = [
  ...(
    [
      [0, 1],
      [0, 2],
      [1, 2],
      [2, 3],
      [4, 5],
      [6, 7],
      [0, 8],
      [7, 8],
      [64, 65],
      [99, 100],
      [255, 256],
      [255, 257],
      [256, 257],
    ] as const
  ).map(([index, size]): Case => [`entry ${index} of ${size}`, given(claim(index, size))]),
  ["another entry", held({ entry: NEIGHBOUR }), "PROOF_INVALID"],
  ["a bit of the entry", held({ entry: flipped(HELD.entry, 40) }), "PROOF_INVALID"],
  ["a bit of the first hash", held({ proof: [flipped(FIRST), SECOND, ...REST] }), "PROOF_INVALID"],
  [
    "a bit of the last hash",
    held({ proof: [...HELD.proof.slice(0, -1), flipped(HELD.proof.at(-1) ?? FIRST, 31)] }),
    "PROOF_INVALID",
  ],
  ["two hashes swapped", held({ proof: [SECOND, FIRST, ...REST] }), "PROOF_INVALID"],
  ["a bit of the root", held({ root: flipped(HELD.root) }), "PROOF_INVALID"],
  ["the index beside it", held({ index: 7 }), "PROOF_INVALID"],
  ["the inner node above it as a leaf, with the leaf's path", held({ entry: INNER.entry }), "PROOF_INVALID"],
  ["the inner node above it as a leaf, with its own path", held(INNER), "PROOF_SHAPE"],
  [
    "the inner node as the only leaf of its own tree",
    given({
      entry: INNER.entry,
      index: 0,
      size: 1,
      proof: [],
      root: hashNode(hashLeaf(HELD.entry), hashLeaf(NEIGHBOUR)),
    }),
    "PROOF_INVALID",
  ],
  ["a hash too few", held({ proof: HELD.proof.slice(0, -1) }), "PROOF_SHAPE"],
  ["a hash too many", held({ proof: [...HELD.proof, HELD.root] }), "PROOF_SHAPE"],
  ["no hash", held({ proof: [] }), "PROOF_SHAPE"],
  ["a hash of 31 bytes", held({ proof: [FIRST.slice(1), SECOND, ...REST] }), "PROOF_SHAPE"],
  ["an index that is the size", held({ index: 11 }), "PROOF_SHAPE"],
  ["a tree of no entries", held({ index: 0, size: 0, proof: [] }), "PROOF_SHAPE"],
  ["a size of another depth", held({ size: 17 }), "PROOF_SHAPE"],
  ["a leaf hash of 31 bytes", { ...held({}), leaf: toHex(hashLeaf(HELD.entry).slice(1)) }, "PROOF_SHAPE"],
  ["an index below 0", held({ index: -1 }), "PROOF_SHAPE"],
  ["an index between two entries", held({ index: 6.5 }), "PROOF_SHAPE"],
  ["a size of 2^60, with as many hashes as it needs", held({ size: 2 ** 60, proof: SIXTY }), "PROOF_SHAPE"],
];

interface Growth {
  readonly first: number;
  readonly second: number;
  readonly proof: readonly Uint8Array[];
  readonly firstRoot: Uint8Array;
  readonly secondRoot: Uint8Array;
}

function growth(first: number, second: number): Growth {
  const log = logOf(second);
  return { first, second, proof: log.consistency(first), firstRoot: logOf(first).root, secondRoot: log.root };
}
const grown = ({ first, second, proof, firstRoot, secondRoot }: Growth): Case[1] => ({
  first,
  second,
  proof: hexes(proof),
  firstRoot: toHex(firstRoot),
  secondRoot: toHex(secondRoot),
});
const GROWN = growth(6, 11);
const growing = (change: Partial<Growth>): Case[1] => grown({ ...GROWN, ...change });

export const CONSISTENCIES: readonly Case[] = [
  ...(
    [
      [1, 1],
      [1, 2],
      [2, 3],
      [3, 7],
      [4, 7],
      [4, 8],
      [6, 8],
      [7, 7],
      [64, 100],
      [100, 257],
    ] as const
  ).map(([first, second]): Case => [`from ${first} to ${second}`, grown(growth(first, second))]),
  [
    "a bit of the first hash",
    growing({ proof: [flipped(GROWN.proof[0] ?? HELD.root), ...GROWN.proof.slice(1)] }),
    "PROOF_INVALID",
  ],
  ["a bit of the old root", growing({ firstRoot: flipped(GROWN.firstRoot) }), "PROOF_INVALID"],
  ["a bit of the new root", growing({ secondRoot: flipped(GROWN.secondRoot) }), "PROOF_INVALID"],
  [
    "the roots swapped",
    growing({ firstRoot: GROWN.secondRoot, secondRoot: GROWN.firstRoot }),
    "PROOF_INVALID",
  ],
  ["hashes in another order", growing({ proof: [...GROWN.proof].reverse() }), "PROOF_INVALID"],
  ["equal sizes with other roots", grown({ ...growth(7, 7), firstRoot: GROWN.firstRoot }), "PROOF_INVALID"],
  ["a hash too few", growing({ proof: GROWN.proof.slice(1) }), "PROOF_SHAPE"],
  ["a hash too many", growing({ proof: [...GROWN.proof, HELD.root] }), "PROOF_SHAPE"],
  ["from more to less", growing({ first: 12 }), "PROOF_SHAPE"],
  [
    "from more to less, with a hash for each step there and back",
    growing({ first: 12, proof: SIXTY.slice(0, 5) }),
    "PROOF_SHAPE",
  ],
  ["from nothing", growing({ first: 0 }), "PROOF_SHAPE"],
  ["from a size between two", growing({ first: 6.5 }), "PROOF_SHAPE"],
  [
    "to a size of 2^60, with as many hashes as it needs",
    growing({ first: 1, second: 2 ** 60, proof: SIXTY }),
    "PROOF_SHAPE",
  ],
];

const path = (text: string): Case[1] => ({ path: text });

export const TILE_PATHS: readonly Case[] = [
  ...[
    "tile/0/000",
    "tile/0/067",
    "tile/0/x001/x234/067",
    "tile/63/000.p/1",
    "tile/2/x001/000.p/255",
    "tile/entries/273.p/112",
  ].map((text): Case => [text, path(text)]),
  ...Object.entries({
    "level 64": "tile/64/000",
    "a zero before the level": "tile/00/000",
    "two digits of the index": "tile/0/00",
    "four digits of the index": "tile/0/0000",
    "an x at the end": "tile/0/x001",
    "no x before the end": "tile/0/001/000",
    "zeros before the index": "tile/0/x000/067",
    "width 0": "tile/0/000.p/0",
    "width 256": "tile/0/000.p/256",
    "a zero before the width": "tile/0/000.p/01",
    "an index beyond 2^53": "tile/0/x009/x007/x199/x254/x740/992",
    "another kind": "tile/data/000",
    "a slash before it": "/tile/0/000",
    "a slash after it": "tile/0/000/",
  }).map(([description, text]): Case => [description, path(text), "ID_FORMAT"]),
];

const HASHES = logOf(3).entries.map(hashLeaf);
const tile = (bytes: Uint8Array, width: number): Case[1] => ({ tile: toHex(bytes), width });
const bundle = (bytes: Uint8Array, width: number): Case[1] => ({ bundle: toHex(bytes), width });
const THREE = encodeBundle(logOf(3).entries);

export const TILES: readonly Case[] = [
  ["three hashes", tile(encodeTile(HASHES), 3)],
  ["a byte too few", tile(encodeTile(HASHES).slice(1), 3), "TILE_MALFORMED"],
  ["a byte too many", tile(concat(encodeTile(HASHES), Uint8Array.of(0)), 3), "TILE_MALFORMED"],
  ["a hash too few", tile(encodeTile(HASHES.slice(1)), 3), "TILE_MALFORMED"],
  ["nothing", tile(new Uint8Array(), 3), "TILE_MALFORMED"],
];

export const BUNDLES: readonly Case[] = [
  ["three entries", bundle(THREE, 3)],
  ["an entry of no bytes", bundle(encodeBundle([new Uint8Array()]), 1)],
  ["cut off in an entry", bundle(THREE.slice(0, -1), 3), "TILE_MALFORMED"],
  ["cut off in a length", bundle(concat(THREE, Uint8Array.of(0)), 3), "TILE_MALFORMED"],
  ["an entry too few", bundle(THREE, 4), "TILE_MALFORMED"],
  ["an entry too many", bundle(THREE, 2), "TILE_MALFORMED"],
  ["a length beyond the end", bundle(flipped(THREE, 0), 3), "TILE_MALFORMED"],
];
