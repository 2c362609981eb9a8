/** Reads tiles of the log from the index. */
import type { TileSource } from "../../audit/ports.ts";
import { AppError } from "../../core/errors.ts";
import type { Hash, TreeSize } from "../../core/units.ts";
import { DIRECTORY_FILE, type DirectoryEvent } from "../../log/directory.ts";
import {
  TILE_HEIGHT,
  encodeBundle,
  encodeTile,
  rangeOfTile,
  tilePath,
  tileWidth,
  type EntryBundle,
  type HashTile,
  type TileId,
} from "../../log/tiles.ts";
import type { Database } from "../sql/database.ts";
import { decodeChange } from "./directory.ts";
import { readTrusted } from "./doubt.ts";
import { readFinalSize } from "./index-store.ts";
import { Store } from "../sql/store.ts";

export class SqlTileSource extends Store implements TileSource {
  async read(tile: TileId): Promise<Uint8Array | undefined> {
    return await readTrusted(this.db, async (tx) => {
      if (tile.width > tileWidth(tile, await readFinalSize(tx))) return undefined;
      const parts = tile.level === "entries" ? await readEntries(tx, tile) : await readHashes(tx, tile);
      if (parts.length === tile.width)
        return tile.level === "entries" ? encodeBundle(parts) : encodeTile(parts);
      const detail = `the index has ${parts.length} of the ${tile.width} parts of ${tilePath(tile)}`;
      throw new AppError("INDEX_MISMATCH", { detail });
    });
  }

  async directory({ file, size }: { file: number; size: TreeSize }): Promise<DirectoryEvent[]> {
    const first = file * DIRECTORY_FILE;
    if (!Number.isSafeInteger(first)) return [];
    return await readTrusted(this.db, async (tx) => {
      const rows = await tx
        .selectFrom("directory_change")
        .select("body")
        .where("entry", "<", Math.min(size, await readFinalSize(tx)))
        .orderBy("entry")
        .limit(DIRECTORY_FILE)
        .offset(first)
        .execute();
      return rows.map(({ body }) => decodeChange(body)).map(({ index, event }) => ({ index, event }));
    });
  }
}

async function readHashes(db: Database, tile: HashTile): Promise<Hash[]> {
  const { start, end } = rangeOfTile(tile);
  const rows = await db
    .selectFrom("node")
    .select("hash")
    .where("level", "=", tile.level * TILE_HEIGHT)
    .where("idx", ">=", start)
    .where("idx", "<", end)
    .orderBy("idx")
    .execute();
  return rows.map(({ hash }) => hash);
}

async function readEntries(db: Database, bundle: EntryBundle): Promise<Uint8Array[]> {
  const { start, end } = rangeOfTile(bundle);
  const rows = await db
    .selectFrom("entry")
    .select("bytes")
    .where("idx", ">=", start)
    .where("idx", "<", end)
    .orderBy("idx")
    .execute();
  return rows.map(({ bytes }) => bytes);
}
