/** Tests the tiles that the index serves: they lead to the root of the contract and never change. */
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { toHex } from "../../../src/core/bytes.ts";
import type { Hash, TreeSize } from "../../../src/core/units.ts";
import { hashLeaf } from "../../../src/log/hash.ts";
import {
  decodeBundle,
  decodeTile,
  hashesFrom,
  tilePath,
  tilesFor,
  type HashTile,
} from "../../../src/log/tiles.ts";
import { foldSubtrees, frontierOf } from "../../../src/log/tree.ts";
import { SqlTileSource } from "../../../src/store/index/tiles.ts";
import { TestClock } from "../../support/clock.ts";
import { ModelChain, type Change } from "../../support/chain/model-chain.ts";
import { openStack, type Stack } from "../../support/stack/stack.ts";

const FINALITY = 4;
const clock = new TestClock();
let chain: ModelChain;
let stack: Stack;
let source: SqlTileSource;

beforeEach(async () => {
  chain = new ModelChain(FINALITY);
  stack = await openStack({ chain, clock });
  source = new SqlTileSource(stack.db);
});
afterEach(async () => await stack[Symbol.asyncDispose]());

/** The contract's tree at the newest final block. */
async function finalTree(): Promise<{ size: TreeSize; root: Hash }> {
  const { final } = await chain.heads();
  return await chain.treeAt(final?.number ?? 0);
}

async function hashesOf(tile: HashTile): Promise<Hash[]> {
  const bytes = await source.read(tile);
  if (bytes === undefined) throw new Error(`there is no ${tilePath(tile)}`);
  return decodeTile(bytes, tile);
}

async function rootFromTiles(size: TreeSize): Promise<Hash> {
  const frontier = frontierOf(size);
  const tiles: [HashTile, Hash[]][] = [];
  for (const tile of tilesFor(frontier, size)) tiles.push([tile, await hashesOf(tile)]);
  return foldSubtrees(frontier.map(hashesFrom(tiles)));
}

describe("tiles", () => {
  it("tiles of three levels lead to the contract's root, and bundles to the tiles' hashes", async () => {
    chain.mine({ kind: "institution" });
    chain.mine({ kind: "documents", count: 600 });
    for (let i = 0; i < FINALITY; i++) chain.mine();
    await stack.sync();
    const { size, root } = await finalTree();
    expect(size).toBe(601);
    expect(await rootFromTiles(size)).toEqual(root);
    for (const [index, width] of [
      [0, 256],
      [1, 256],
      [1, 255],
      [2, 89],
      [2, 1],
    ] as const) {
      const bundle = await source.read({ level: "entries", index, width });
      const entries = decodeBundle(bundle ?? new Uint8Array(), { width });
      expect(entries.every(({ length }) => length === 80)).toBe(true);
      expect(entries.map(hashLeaf)).toEqual(await hashesOf({ level: 0, index, width }));
    }
    expect(await hashesOf({ level: 1, index: 0, width: 2 })).toHaveLength(2);
    const beyond = [
      { level: 0, index: 2, width: 90 },
      { level: 0, index: 2, width: 256 },
      { level: 0, index: 3, width: 1 },
      { level: 1, index: 0, width: 3 },
      { level: 2, index: 0, width: 1 },
      { level: 63, index: 0, width: 1 },
      { level: 0, index: Number.MAX_SAFE_INTEGER, width: 1 },
      { level: "entries", index: 2, width: 90 },
      { level: "entries", index: 3, width: 1 },
    ] as const;
    for (const tile of beyond) expect([tile, await source.read(tile)]).toEqual([tile, undefined]);
  });

  it("no tile is served before a block is final", async () => {
    expect(await source.read({ level: 0, index: 0, width: 1 })).toBeUndefined();
    chain.mine({ kind: "documents", count: 3 });
    await stack.sync();
    expect(await source.read({ level: 0, index: 0, width: 1 })).toBeUndefined();
    expect(await source.read({ level: "entries", index: 0, width: 1 })).toBeUndefined();
  });

  it("served tiles stay the same through any reorg above the final block", async () => {
    const change: fc.Arbitrary<Change> = fc.record({
      kind: fc.constant("documents" as const),
      count: fc.integer({ min: 1, max: 9 }),
    });
    const blocks = fc.array(fc.array(change, { maxLength: 2 }), { maxLength: 6 });
    const step = fc.record({ mined: blocks, dropped: fc.nat(FINALITY - 1), after: blocks });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 4 }), async (steps) => {
        chain = new ModelChain(FINALITY);
        chain.mine({ kind: "documents", count: 250 }); // tiles become full meanwhile
        await using following = await openStack({ chain, clock });
        source = new SqlTileSource(following.db);
        const given = new Map<string, string>();
        const look = async (): Promise<void> => {
          await following.sync();
          const { size, root } = await finalTree();
          expect(await rootFromTiles(size)).toEqual(root);
          for (const level of [0, "entries"] as const) {
            for (let index = 0; index * 256 < size + 2; index++) {
              for (const width of [1, 100, 255, 256, (size % 256) - 1, size % 256, (size % 256) + 1]) {
                if (width < 1) continue;
                const tile = { level, index, width };
                const bytes = await source.read(tile);
                expect([tile, bytes !== undefined]).toEqual([tile, index * 256 + width <= size]);
                if (bytes === undefined) continue;
                const before = given.get(tilePath(tile)) ?? toHex(bytes);
                expect(toHex(bytes)).toBe(before);
                given.set(tilePath(tile), before);
              }
            }
          }
        };
        for (const { mined, dropped, after } of steps) {
          for (const changes of mined) chain.mine(...changes);
          await look();
          const height = chain.height;
          chain.drop(dropped);
          for (const changes of after) chain.mine(...changes);
          while (chain.height < height) chain.mine();
          await look();
        }
      }),
      { numRuns: 10 },
    );
  });
});

describe("nothing is given", () => {
  beforeEach(async () => {
    chain.mine({ kind: "documents", count: 5 });
    for (let i = 0; i < FINALITY; i++) chain.mine();
    await stack.sync();
    expect(await rootFromTiles(5)).toEqual((await finalTree()).root);
  });
  const tiles = [
    { level: 0, index: 0, width: 5 },
    { level: "entries", index: 0, width: 5 },
  ] as const;

  it("no tile is served after a reorg of a final block", async () => {
    chain.drop(FINALITY + 1);
    while (chain.height < 10) chain.mine({ kind: "documents", count: 1 });
    await expect(stack.sync()).rejects.toThrowCode("REORG_BELOW_FINAL");
    for (const tile of tiles) await expect(source.read(tile)).rejects.toThrowCode("REORG_BELOW_FINAL");
  });

  it("no tile is served while the index is in doubt, whether it exists or not", async () => {
    await stack.store.raiseDoubt({ code: "INDEX_MISMATCH", detail: "a test", since: clock.now() });
    for (const tile of [...tiles, { level: 9, index: 0, width: 1 }])
      await expect(source.read(tile)).rejects.toThrowCode("INDEX_MISMATCH");
  });

  it("no tile is served where a row is missing", async () => {
    await stack.db.deleteFrom("node").where("idx", "=", 2).where("level", "=", 0).execute();
    await stack.db.deleteFrom("entry").where("idx", "=", 2).execute();
    for (const tile of tiles) {
      await expect(source.read(tile)).rejects.toThrowCode("INDEX_MISMATCH");
      expect(await source.read({ ...tile, width: 2 })).toBeDefined();
    }
  });
});
