import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Hash } from "../../src/core/units.ts";
import { hashLeaf } from "../../src/log/hash.ts";
import {
  assembleProof,
  consistencyRanges,
  inclusionRanges,
  nodesOf,
  verifyConsistency,
  verifyInclusion,
} from "../../src/log/proof.ts";
import {
  decodeBundle,
  decodeTile,
  encodeBundle,
  encodeTile,
  hashesFrom,
  nodesOfTile,
  parseTilePath,
  tilePath,
  tileWidth,
  tilesFor,
  type HashTile,
  type TileId,
} from "../../src/log/tiles.ts";
import { GrowingTree, foldSubtrees, frontierOf, type NodeId, type Range } from "../../src/log/tree.ts";
import { rootByDefinition } from "../support/log/tree.ts";

/** Enough for tiles of three levels: 273 full ones, 112 hashes more, and two levels above. */
const SIZE = 70_000;
const leaves: Hash[] = [];
const roots: Hash[] = [];
const nodes = new Map<string, Hash>();
const tree = new GrowingTree();
roots.push(tree.root());
for (let i = 0; i < SIZE; i++) {
  const leaf = hashLeaf(Uint8Array.of(i & 0xff, (i >> 8) & 0xff, i >> 16));
  leaves.push(leaf);
  for (const { level, index, hash } of tree.append(leaf)) nodes.set(`${level}/${index}`, hash);
  if (i + 1 === SIZE || (i + 1) % 7 === 0) roots[i + 1] = tree.root();
}

function stored({ level, index }: NodeId): Hash {
  const hash = nodes.get(`${level}/${index}`);
  if (hash === undefined) throw new Error(`no node ${level}/${index}`);
  return hash;
}

/** The requested tiles, decoded from their bytes as a client does. */
function fetched(wanted: readonly HashTile[]): [HashTile, Hash[]][] {
  return wanted.map((tile) => [tile, decodeTile(encodeTile(nodesOfTile(tile).map(stored)), tile)]);
}

function proveFromTiles(ranges: readonly Range[], size: number): Hash[] {
  return assembleProof(ranges, hashesFrom(fetched(tilesFor(nodesOf(ranges), size))));
}

function rootFromTiles(size: number): Hash {
  const frontier = frontierOf(size);
  return foldSubtrees(frontier.map(hashesFrom(fetched(tilesFor(frontier, size)))));
}

const flip = (hash: Hash, bit: number): Hash =>
  hash.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));

const TILES: [string, TileId][] = [
  ["tile/0/000", { level: 0, index: 0, width: 256 }],
  ["tile/0/067", { level: 0, index: 67, width: 256 }],
  ["tile/0/999", { level: 0, index: 999, width: 256 }],
  ["tile/0/x001/000", { level: 0, index: 1_000, width: 256 }],
  ["tile/0/x001/x234/067", { level: 0, index: 1_234_067, width: 256 }],
  ["tile/63/000.p/1", { level: 63, index: 0, width: 1 }],
  ["tile/2/x001/x234/067.p/255", { level: 2, index: 1_234_067, width: 255 }],
  ["tile/entries/273.p/112", { level: "entries", index: 273, width: 112 }],
  ["tile/entries/x001/x234/067", { level: "entries", index: 1_234_067, width: 256 }],
];

describe("the path of a tile", () => {
  it.each(TILES)("the path %s is written and read", (path, tile) => {
    expect(tilePath(tile)).toBe(path);
    expect(parseTilePath(path)).toEqual(tile);
  });

  it("the path of every possible tile is read as it was written", () => {
    const level = fc.oneof(fc.constant("entries" as const), fc.integer({ min: 0, max: 63 }));
    const place = { index: fc.maxSafeNat(), width: fc.integer({ min: 1, max: 256 }) };
    fc.assert(
      fc.property(fc.record({ level, ...place }), ({ level: found, ...rest }) => {
        const tile: TileId = found === "entries" ? { level: found, ...rest } : { level: found, ...rest };
        expect(parseTilePath(tilePath(tile))).toEqual(tile);
      }),
    );
  });

  it.each(
    [
      ["", "tile", "tile/", "tile/0", "tile/0/", "tile//000", "/tile/0/000", "tile/0/000/", "tile/0//000"],
      [
        "tile/00/000",
        "tile/01/000",
        "tile/64/000",
        "tile/100/000",
        "tile/-1/000",
        "tile/x0/000",
        "tile/0x1/000",
      ],
      ["tile/Entries/000", "tile/entry/000", "tile/data/000", "tile/entries", "tile/entries/0"],
      ["tile/0/0", "tile/0/00", "tile/0/0000", "tile/0/1234", "tile/0/00a", "tile/0/-01", "tile/0/+01"],
      [
        "tile/0/001/000",
        "tile/0/x001",
        "tile/0/x001/x000",
        "tile/0/x01/000",
        "tile/0/X001/000",
        "tile/0/x001x000",
      ],
      ["tile/0/x000/067", "tile/0/x000/x001/000", "tile/0/x000/000"],
      ["tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p/1000", "tile/0/000.p/-1"],
      [
        "tile/0/000.p",
        "tile/0/000.p/",
        "tile/0/000.p1",
        "tile/0/000p/1",
        "tile/0/000.p/1/",
        "tile/0/000.p/1.p/1",
      ],
      ["tile/0/٠٠٠", "tile/0/000\n", " tile/0/000", "tile/0/000.P/1", "tile/0/000?", "tile/0/%30%30%30"],
      [
        "tile/0/x009/x007/x199/x254/x740/992",
        "tile/0/x999/x999/x999/x999/x999/x999/999",
        `tile/0/${"x001/".repeat(12)}000`,
      ],
    ].flat(),
  )("the path %j is refused with ID_FORMAT", (path) => {
    expect(() => parseTilePath(path)).toThrowCode("ID_FORMAT");
  });
});

describe("the tiles of a tree", () => {
  /** All tiles of a tree by their definition: partial ones at the right edge alone. */
  function tilesOfTree(size: number): HashTile[] {
    const tiles: HashTile[] = [];
    for (let level = 0; level <= 63; level++) {
      for (let index = 0; ; index++) {
        const width = tileWidth({ level, index }, size);
        if (width === 0) break;
        tiles.push({ level, index, width });
      }
    }
    return tiles;
  }

  it("a tree of 70,000 leaves has the tiles of the specification's example", () => {
    const tiles = tilesOfTree(SIZE);
    const full = (level: number): number =>
      tiles.filter((tile) => tile.level === level && tile.width === 256).length;
    expect([full(0), full(1), full(2)]).toEqual([273, 1, 0]);
    expect(tiles.filter(({ width }) => width < 256)).toEqual([
      { level: 0, index: 273, width: 112 },
      { level: 1, index: 1, width: 17 },
      { level: 2, index: 0, width: 1 },
    ]);
    expect(tileWidth({ level: "entries", index: 273 }, SIZE)).toBe(112);
  });

  it("a tree of 256 leaves has a full tile and one of width 1 above it", () => {
    expect(tilesOfTree(256)).toEqual([
      { level: 0, index: 0, width: 256 },
      { level: 1, index: 0, width: 1 },
    ]);
  });

  it("a tree without leaves has no tiles, and one of one leaf has one", () => {
    expect(tilesOfTree(0)).toEqual([]);
    expect(tilesOfTree(1)).toEqual([{ level: 0, index: 0, width: 1 }]);
  });

  it("the widths of tiles are exact at the largest tree size", () => {
    const size = Number.MAX_SAFE_INTEGER;
    expect(tileWidth({ level: 6, index: 0 }, size)).toBe(31);
    expect(tileWidth({ level: 7, index: 0 }, size)).toBe(0);
    expect(tileWidth({ level: 63, index: 0 }, size)).toBe(0);
    expect(tileWidth({ level: 0, index: size }, size)).toBe(0);
    expect(tileWidth({ level: 0, index: 2 ** 45 - 1 }, size)).toBe(255);
  });

  it("tiles contain the Merkle tree hashes of the definition", () => {
    const tile = { level: 1, index: 1, width: 17 };
    const hashes = nodesOfTile(tile).map(stored);
    const expected = hashes.map((_, i) =>
      rootByDefinition(leaves.slice((256 + i) * 256, (256 + i + 1) * 256)),
    );
    expect(hashes).toEqual(expected);
    expect(nodesOfTile({ level: 2, index: 0, width: 1 }).map(stored)).toEqual([
      rootByDefinition(leaves.slice(0, 65_536)),
    ]);
  });
});

describe("roots and proofs from tiles alone", () => {
  const size = fc.oneof(
    fc.integer({ min: 1, max: SIZE }),
    fc.integer({ min: 1, max: 600 }),
    fc.integer({ min: 65_500, max: 65_600 }),
  );

  it("tiles give the root of every size", () => {
    for (let at = 0; at <= SIZE; at += 7 * 123) expect([at, rootFromTiles(at)]).toEqual([at, roots[at]]);
    expect(rootFromTiles(SIZE)).toEqual(roots[SIZE]);
  });

  it("tiles give the inclusion proofs that stored nodes give", () => {
    const position = size.chain((found) => fc.tuple(fc.nat(found - 1), fc.constant(found)));
    fc.assert(
      fc.property(position, ([index, found]) => {
        const ranges = inclusionRanges({ index, size: found });
        const proof = proveFromTiles(ranges, found);
        expect(proof).toEqual(assembleProof(ranges, stored));
        const leafHash = stored({ level: 0, index });
        verifyInclusion({ leafHash, index, size: found, proof, root: rootFromTiles(found) });
      }),
    );
  });

  it("tiles give the consistency proofs that stored nodes give", () => {
    const sizes = size.chain((second) => fc.tuple(fc.integer({ min: 1, max: second }), fc.constant(second)));
    fc.assert(
      fc.property(sizes, ([first, second]) => {
        const ranges = consistencyRanges({ first, second });
        const proof = proveFromTiles(ranges, second);
        expect(proof).toEqual(assembleProof(ranges, stored));
        const between = { firstRoot: rootFromTiles(first), secondRoot: rootFromTiles(second) };
        verifyConsistency({ first, second, proof, ...between });
      }),
    );
  });

  it("a frontier needs no tile twice, and none beyond the tree of its size", () => {
    fc.assert(
      fc.property(size, (found) => {
        const tiles = tilesFor(frontierOf(found), found);
        expect(new Set(tiles.map(tilePath)).size).toBe(tiles.length);
        expect(tiles.length).toBeLessThanOrEqual(3);
        for (const tile of tiles) expect(tileWidth(tile, found)).toBe(tile.width);
      }),
    );
  });

  it("the root changes with any bit of any tile", () => {
    const frontier = frontierOf(SIZE);
    const tiles = fetched(tilesFor(frontier, SIZE));
    expect(tiles.map(([{ width }]) => width)).toEqual([1, 17, 112]);
    fc.assert(
      fc.property(fc.nat(2), fc.nat(), fc.nat(255), (which, pick, bit) => {
        const changed = tiles.map(([tile, hashes], i): [HashTile, Hash[]] => {
          const at = pick % tile.width;
          return [tile, hashes.map((hash, j) => (i === which && j === at ? flip(hash, bit) : hash))];
        });
        expect(foldSubtrees(frontier.map(hashesFrom(changed)))).not.toEqual(roots[SIZE]);
      }),
    );
  });

  it("a node that the tiles do not cover gives a RangeError", () => {
    const hashOf = hashesFrom(fetched([{ level: 0, index: 0, width: 5 }]));
    expect(hashOf({ level: 2, index: 0 })).toEqual(stored({ level: 2, index: 0 }));
    for (const node of [
      { level: 0, index: 5 },
      { level: 1, index: 2 },
      { level: 3, index: 0 },
      { level: 8, index: 0 },
      { level: 0, index: 256 },
    ])
      expect(() => hashOf(node)).toThrow(RangeError);
  });
});

describe("the bytes of a tile", () => {
  it("a tile is encoded as its hashes, one after the other", () => {
    const hashes = leaves.slice(0, 3);
    expect(encodeTile(hashes)).toEqual(new Uint8Array(hashes.flatMap((hash) => [...hash])));
    expect(decodeTile(encodeTile(hashes), { width: 3 })).toEqual(hashes);
    expect(decodeTile(encodeTile(leaves.slice(0, 256)), { width: 256 })).toHaveLength(256);
  });

  it.each([0, 32, 63, 65, 96])("a tile of %d bytes is refused for a width of two hashes", (length) => {
    expect(() => decodeTile(new Uint8Array(length), { width: 2 })).toThrowCode("TILE_MALFORMED");
  });
});

describe("an entry bundle", () => {
  it("a bundle has each entry after its length", () => {
    const entries = [new Uint8Array(80).fill(1), Uint8Array.of(), new Uint8Array(258).fill(2)];
    const bundle = encodeBundle(entries);
    expect([...bundle.slice(0, 3)]).toEqual([0, 80, 1]);
    expect([...bundle.slice(82, 87)]).toEqual([0, 0, 1, 2, 2]);
    expect(decodeBundle(bundle, { width: 3 })).toEqual(entries);
  });

  it("a bundle is read as it was written, at any offset in memory", () => {
    const entry = fc.uint8Array({ maxLength: 300 });
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 256 }), fc.nat(9), (entries, offset) => {
        const bundle = encodeBundle(entries);
        const within = new Uint8Array(bundle.length + offset + 3);
        within.set(bundle, offset);
        const view = within.subarray(offset, offset + bundle.length);
        expect(decodeBundle(view, { width: entries.length })).toEqual(entries);
      }),
    );
  });

  it("a bundle that is cut, too long or of another width is refused with TILE_MALFORMED", () => {
    const bundle = encodeBundle([new Uint8Array(80), new Uint8Array(80)]);
    for (let length = 0; length < bundle.length; length++)
      expect(() => decodeBundle(bundle.slice(0, length), { width: 2 })).toThrowCode("TILE_MALFORMED");
    for (const more of [[0], [0, 0], [0, 1], [0, 1, 7]]) {
      const longer = new Uint8Array([...bundle, ...more]);
      expect(() => decodeBundle(longer, { width: 2 })).toThrowCode("TILE_MALFORMED");
    }
    for (const width of [1, 3]) expect(() => decodeBundle(bundle, { width })).toThrowCode("TILE_MALFORMED");
  });

  it("an entry that is too long for its length field is refused with TILE_MALFORMED", () => {
    const longest = new Uint8Array(65_535);
    expect(decodeBundle(encodeBundle([longest]), { width: 1 })).toEqual([longest]);
    expect(() => encodeBundle([new Uint8Array(65_536)])).toThrowCode("TILE_MALFORMED");
  });
});
