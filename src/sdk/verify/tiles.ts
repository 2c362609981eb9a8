/** Makes proofs from the public tiles of a log: that an entry is in a tree, and that one tree extends another. */
import { AppError } from "../../core/errors.ts";
import type { EntryIndex, TreeSize } from "../../core/units.ts";
import {
  assembleProof,
  consistencyRanges,
  inclusionRanges,
  nodesOf,
  verifyConsistency,
} from "../../log/proof.ts";
import type { ProvenEntry } from "../../log/proven-entry.ts";
import {
  TILE_HEIGHT,
  decodeBundle,
  decodeTile,
  hashesFrom,
  rangeOfTile,
  tilePath,
  tileWidth,
  tilesFor,
  type TileId,
} from "../../log/tiles.ts";
import type { Checkpoint } from "../../log/checkpoint.ts";
import type { Range } from "../../log/tree.ts";
import type { LogClient } from "../http/log-client.ts";

type Tiles = Pick<LogClient, "tile">;

/**
 * An entry with its proof under the tree of `size`; unverified.
 * @throws AppError TILE_MALFORMED, TILE_NOT_FOUND, PROOF_SHAPE, and those of the client
 */
export async function fetchEntry(index: EntryIndex, size: TreeSize, log: Tiles): Promise<ProvenEntry> {
  const ranges = inclusionRanges({ index, size });
  const place = { level: "entries", index: Math.floor(index / 2 ** TILE_HEIGHT) } as const;
  const bundle = { ...place, width: tileWidth(place, size) };
  const [entries, proof] = await Promise.all([served(bundle, log), fetchProof(ranges, size, log)]);
  const entry = decodeBundle(entries, bundle)[index - rangeOfTile(bundle).start];
  return { entry: entry ?? new Uint8Array(), index, proof };
}

type Tree = Pick<Checkpoint, "size" | "root">;

/**
 * Checks that both are trees of one log, whichever is the larger.
 * @throws AppError PROOF_INVALID: they are not; and as {@link fetchEntry}
 */
export async function requireOneLog(a: Tree, b: Tree, log: Tiles): Promise<void> {
  const [first, second] = a.size <= b.size ? [a, b] : [b, a];
  if (first.size === 0) return;
  const ranges = consistencyRanges({ first: first.size, second: second.size });
  const proof = await fetchProof(ranges, second.size, log);
  const sizes = { first: first.size, second: second.size };
  verifyConsistency({ ...sizes, proof, firstRoot: first.root, secondRoot: second.root });
}

async function fetchProof(
  ranges: readonly Range[],
  size: TreeSize,
  log: Tiles,
): Promise<ProvenEntry["proof"]> {
  const tiles = await Promise.all(
    tilesFor(nodesOf(ranges), size).map(
      async (tile) => [tile, decodeTile(await served(tile, log), tile)] as const,
    ),
  );
  return assembleProof(ranges, hashesFrom(tiles));
}

async function served(tile: TileId, log: Tiles): Promise<Uint8Array> {
  const bytes = await log.tile(tile);
  if (bytes !== undefined) return bytes;
  throw new AppError("TILE_NOT_FOUND", { detail: `the log does not serve ${tilePath(tile)}` });
}
