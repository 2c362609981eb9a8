import { concat } from "../core/bytes.ts";
import { AppError, quote } from "../core/errors.ts";
import type { Hash, TreeSize } from "../core/units.ts";
import { hashNode } from "./hash.ts";
import type { NodeId, Range } from "./tree.ts";

/** Levels of the tree from one level of tiles to the next, and hashes in a full tile (C2SP tlog-tiles). */
export const TILE_HEIGHT = 8;
const FULL = 2 ** TILE_HEIGHT;
const MAX_LEVEL = 63;
const HASH_BYTES = 32;
/** Bytes of the length that stands before each entry of a bundle. */
const LENGTH_BYTES = 2;

interface Place {
  /** Position among the tiles of its level, from 0. */
  readonly index: number;
  /** Hashes or entries in it: 256, or 1 to 255 in a partial tile. */
  readonly width: number;
}

/** Consecutive hashes of the tree, each the root of 256^level leaves. */
export interface HashTile extends Place {
  /** 0 to 63. */
  readonly level: number;
}

/** The entries whose hashes are the tile of level 0 with the same index. */
export interface EntryBundle extends Place {
  readonly level: "entries";
}

export type TileId = HashTile | EntryBundle;

/** The path beneath a log's prefix, such as `tile/0/x001/x234/067.p/112`. */
export function tilePath({ level, index, width }: TileId): string {
  const digits = String(index);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, "0");
  const elements = padded.replace(/\d{3}(?=\d)/g, "x$&/");
  return `tile/${level}/${elements}${width === FULL ? "" : `.p/${width}`}`;
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
    width: partial === undefined ? FULL : Number(partial),
  };
  const known = tile.level === "entries" || tile.level <= MAX_LEVEL;
  const wide = partial === undefined || (tile.width > 0 && tile.width < FULL);
  if (known && wide && Number.isSafeInteger(tile.index) && tilePath(tile) === path) return tile;
  const detail = `expected the path of a tile, such as tile/0/x001/x234/067.p/112, got ${quote(path)}`;
  throw new AppError("ID_FORMAT", { detail });
}

/** How many hashes or entries the tile at this place has in a tree of `size`; 0 = it has no such tile. */
export function tileWidth({ level, index }: Omit<TileId, "width">, size: TreeSize): number {
  const hashes = Math.floor(size / FULL ** (level === "entries" ? 0 : level));
  return Math.max(0, Math.min(FULL, hashes - index * FULL));
}

/** Which of their level the hashes of a tile are, or which entries a bundle holds. */
export function rangeOfTile({ index, width }: Place): Range {
  return { start: index * FULL, end: index * FULL + width };
}

/** The complete subtrees whose roots a tile holds, from left to right. */
export function nodesOfTile(tile: HashTile): NodeId[] {
  const { start } = rangeOfTile(tile);
  const level = tile.level * TILE_HEIGHT;
  return Array.from({ length: tile.width }, (_, i) => ({ level, index: start + i }));
}

/** The tiles of a tree of `size` from which the roots of its subtrees `nodes` follow, each once. */
export function tilesFor(nodes: readonly NodeId[], size: TreeSize): HashTile[] {
  const tiles = new Map<string, HashTile>();
  for (const node of nodes) {
    const { level, index } = placeOf(node);
    const tile = { level, index, width: tileWidth({ level, index }, size) };
    tiles.set(tilePath(tile), tile);
  }
  return [...tiles.values()];
}

/**
 * The root of any complete subtree that the given tiles cover. It is as much to be believed as the tiles are: compare
 * a root that follows with that of a checkpoint.
 * @param tiles as {@link tilesFor} names them, with their hashes
 * @returns a look-up, which throws RangeError for a subtree that they do not cover
 */
export function hashesFrom(
  tiles: Iterable<readonly [tile: HashTile, hashes: readonly Hash[]]>,
): (node: NodeId) => Hash {
  const known = new Map<string, readonly Hash[]>();
  for (const [{ level, index }, hashes] of tiles) known.set(`${level}/${index}`, hashes);
  return (node) => {
    const { level, index, from, count } = placeOf(node);
    const hashes = known.get(`${level}/${index}`)?.slice(from, from + count);
    if (hashes?.length === count) return completeRoot(hashes);
    throw new RangeError(`node ${node.index} of level ${node.level} is not covered by the tiles`);
  };
}

/** A tile as it is served. */
export function encodeTile(hashes: readonly Hash[]): Uint8Array {
  return concat(...hashes);
}

/** The hashes of a tile as it was served. @throws AppError TILE_MALFORMED: it is not of this width */
export function decodeTile(bytes: Uint8Array, { width }: Pick<HashTile, "width">): Hash[] {
  if (bytes.length !== width * HASH_BYTES)
    throw malformed(`a tile of width ${width} has ${width * HASH_BYTES} bytes, not ${bytes.length}`);
  return Array.from({ length: width }, (_, i) => bytes.slice(i * HASH_BYTES, (i + 1) * HASH_BYTES));
}

/** Entries as they are served: each after its length, 16 bits big-endian. @throws AppError TILE_MALFORMED: one is longer */
export function encodeBundle(entries: readonly Uint8Array[]): Uint8Array {
  return concat(...entries.flatMap((entry) => [lengthOf(entry), entry]));
}

/**
 * The entries of a bundle as it was served.
 * @throws AppError TILE_MALFORMED: it ends within an entry, or does not hold as many as its width says
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

/** Where the leaves of a subtree of up to 128 hashes stand: in one tile, as subtrees are aligned. */
function placeOf({ level, index }: NodeId): { level: number; index: number; from: number; count: number } {
  const count = 2 ** (level % TILE_HEIGHT);
  const first = index * count;
  return {
    level: Math.floor(level / TILE_HEIGHT),
    index: Math.floor(first / FULL),
    from: first % FULL,
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
