/** Addresses, encodes and decodes tiles and entry bundles (c2sp.org/tlog-tiles). */
import { concat } from "../core/bytes.ts";
import { AppError, quote } from "../core/errors.ts";
import type { Hash, TreeSize } from "../core/units.ts";
import { hashNode } from "./hash.ts";
import type { NodeId, Range } from "./tree.ts";

/** Levels of the tree from one level of tiles to the next, and hashes in a full tile (C2SP tlog-tiles). */
export const TILE_HEIGHT = 8;
const FULL_WIDTH = 2 ** TILE_HEIGHT;
const MAX_LEVEL = 63;
const HASH_BYTES = 32;
/** Bytes of the length prefix of each entry of a bundle. */
const LENGTH_BYTES = 2;

interface TilePosition {
  /** Among the tiles of its level, from 0. */
  readonly index: number;
  /** Hashes or entries in it: 256, or 1 to 255 in a partial tile. */
  readonly width: number;
}

/** Consecutive hashes of the tree, each the root of 256^level leaves. */
export interface HashTile extends TilePosition {
  /** 0 to 63. */
  readonly level: number;
}

/** The entries whose hashes are the tile of level 0 with the same index. */
export interface EntryBundle extends TilePosition {
  readonly level: "entries";
}

export type TileId = HashTile | EntryBundle;

/** The path beneath a log's prefix, such as `tile/0/x001/x234/067.p/112`. */
export function tilePath({ level, index, width }: TileId): string {
  const digits = String(index);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, "0");
  const elements = padded.replace(/\d{3}(?=\d)/g, "x$&/");
  return `tile/${level}/${elements}${width === FULL_WIDTH ? "" : `.p/${width}`}`;
}

const PATH = /^tile\/(entries|\d{1,2})\/((?:x\d{3}\/)*\d{3})(?:\.p\/(\d{1,3}))?$/;

/**
 * Reads a path of {@link tilePath}; each tile has one path only.
 * @throws AppError ID_FORMAT
 */
export function parseTilePath(path: string): TileId {
  const [, level = "", elements = "", partial] = PATH.exec(path) ?? [];
  const tile: TileId = {
    level: level === "entries" ? level : Number(level),
    index: Number(elements.replace(/[x/]/g, "")),
    width: partial === undefined ? FULL_WIDTH : Number(partial),
  };
  const isKnownLevel = tile.level === "entries" || tile.level <= MAX_LEVEL;
  const isValidWidth = partial === undefined || (tile.width > 0 && tile.width < FULL_WIDTH);
  if (isKnownLevel && isValidWidth && Number.isSafeInteger(tile.index) && tilePath(tile) === path)
    return tile;
  const detail = `expected the path of a tile, such as tile/0/x001/x234/067.p/112, got ${quote(path)}`;
  throw new AppError("ID_FORMAT", { detail });
}

/** The number of hashes or entries of a tile in a tree of `size`; 0 = the tree has no such tile. */
export function tileWidth({ level, index }: Omit<TileId, "width">, size: TreeSize): number {
  const hashes = Math.floor(size / FULL_WIDTH ** (level === "entries" ? 0 : level));
  return Math.max(0, Math.min(FULL_WIDTH, hashes - index * FULL_WIDTH));
}

/** The positions of a tile's hashes on their level, or of a bundle's entries. */
export function rangeOfTile({ index, width }: TilePosition): Range {
  return { start: index * FULL_WIDTH, end: index * FULL_WIDTH + width };
}

/** The complete subtrees whose roots a tile contains, from left to right. */
export function nodesOfTile(tile: HashTile): NodeId[] {
  const { start } = rangeOfTile(tile);
  const level = tile.level * TILE_HEIGHT;
  return Array.from({ length: tile.width }, (_, i) => ({ level, index: start + i }));
}

/** The tiles of a tree of `size` that the roots of its subtrees `nodes` are computed from, each once. */
export function tilesFor(nodes: readonly NodeId[], size: TreeSize): HashTile[] {
  const tiles = new Map<string, HashTile>();
  for (const node of nodes) {
    const { level, index } = locate(node);
    const tile = { level, index, width: tileWidth({ level, index }, size) };
    tiles.set(tilePath(tile), tile);
  }
  return [...tiles.values()];
}

/**
 * Looks up the roots of complete subtrees in tiles. They are unverified: compare a root with that of a checkpoint.
 * @param tiles the tiles of {@link tilesFor}, with their hashes
 * @returns a function that throws RangeError for a subtree that the tiles do not cover
 */
export function hashesFrom(
  tiles: Iterable<readonly [tile: HashTile, hashes: readonly Hash[]]>,
): (node: NodeId) => Hash {
  const known = new Map<string, readonly Hash[]>();
  for (const [{ level, index }, hashes] of tiles) known.set(`${level}/${index}`, hashes);
  return (node) => {
    const { level, index, from, count } = locate(node);
    const hashes = known.get(`${level}/${index}`)?.slice(from, from + count);
    if (hashes?.length === count) return completeRoot(hashes);
    throw new RangeError(`node ${node.index} of level ${node.level} is not covered by the tiles`);
  };
}

/** The bytes of a tile, as served. */
export function encodeTile(hashes: readonly Hash[]): Uint8Array {
  return concat(...hashes);
}

/** The hashes of a served tile. @throws AppError TILE_MALFORMED: it has another width */
export function decodeTile(bytes: Uint8Array, { width }: Pick<HashTile, "width">): Hash[] {
  if (bytes.length !== width * HASH_BYTES)
    throw malformed(`a tile of width ${width} has ${width * HASH_BYTES} bytes, not ${bytes.length}`);
  return Array.from({ length: width }, (_, i) => bytes.slice(i * HASH_BYTES, (i + 1) * HASH_BYTES));
}

/** The bytes of a bundle, as served: each entry after its length, 16 bits big-endian. @throws AppError TILE_MALFORMED: one is too long */
export function encodeBundle(entries: readonly Uint8Array[]): Uint8Array {
  return concat(...entries.flatMap((entry) => [lengthOf(entry), entry]));
}

/**
 * The entries of a served bundle.
 * @throws AppError TILE_MALFORMED: it ends within an entry, or has another width
 */
export function decodeBundle(bytes: Uint8Array, { width }: Pick<EntryBundle, "width">): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const start = at + LENGTH_BYTES;
    const end = start <= bytes.length ? start + view.getUint16(at) : start;
    if (end > bytes.length) throw malformed(`the bundle ends within entry ${entries.length} of it`);
    entries.push(bytes.slice(start, end));
    at = end;
  }
  if (entries.length === width) return entries;
  throw malformed(`a bundle of width ${width} has as many entries, not ${entries.length}`);
}

/** Locates the leaves of a subtree of up to 128 hashes: in one tile, as subtrees are aligned. */
function locate({ level, index }: NodeId): { level: number; index: number; from: number; count: number } {
  const count = 2 ** (level % TILE_HEIGHT);
  const first = index * count;
  return {
    level: Math.floor(level / TILE_HEIGHT),
    index: Math.floor(first / FULL_WIDTH),
    from: first % FULL_WIDTH,
    count,
  };
}

/** The root over a power of two of hashes. */
function completeRoot(hashes: readonly Hash[]): Hash {
  const [first, second] = hashes;
  if (first === undefined) throw new RangeError("there is no complete tree without leaves");
  if (second === undefined) return first;
  const middle = hashes.length / 2;
  return hashNode(completeRoot(hashes.slice(0, middle)), completeRoot(hashes.slice(middle)));
}

function lengthOf({ length }: Uint8Array): Uint8Array {
  if (length > 0xffff) throw malformed(`a bundle takes entries of up to 65,535 bytes, not ${length}`);
  return Uint8Array.of(length >> 8, length & 0xff);
}

function malformed(detail: string): AppError {
  return new AppError("TILE_MALFORMED", { detail });
}
