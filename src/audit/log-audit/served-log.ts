import type { FindingCode } from "../../core/audit-codes.ts";
import { equalBytes } from "../../core/bytes.ts";
import type { Entry } from "../../core/entry.ts";
import { AppError, isAppError } from "../../core/errors.ts";
import type { Hash, TreeSize } from "../../core/units.ts";
import {
  TILE_HEIGHT,
  decodeBundle,
  decodeTile,
  tilePath,
  tileWidth,
  type EntryBundle,
  type HashTile,
  type TileId,
} from "../../log/tiles.ts";
import type { Finding } from "./findings.ts";
import type { RebuiltLog } from "./rebuilt-log.ts";

const FULL = 2 ** TILE_HEIGHT;

/**
 * Everything that a log of this size serves as tiles: the bundles in order, and after each the tiles of hashes that it
 * completes, from the lowest level up; those that are not full come last.
 */
export function* partsOf(size: TreeSize): Generator<TileId> {
  const bundles = Math.ceil(size / FULL);
  for (let index = 0; index < bundles; index++) {
    const width = tileWidth({ level: "entries", index }, size);
    yield { level: "entries", index, width };
    for (let level = 0, done = index * FULL + width; done % FULL === 0 && done > 0; level++) {
      done /= FULL;
      yield { level, index: done - 1, width: FULL };
    }
  }
  for (let level = 0, hashes = size; hashes > 0; level++, hashes = Math.floor(hashes / FULL)) {
    const index = Math.floor(hashes / FULL);
    const width = tileWidth({ level, index }, size);
    if (width > 0) yield { level, index, width };
  }
}

/** Judges what a log serves: its tiles are the hashes of its own entries, and nothing is missing. */
export class ServedLog {
  readonly #source: string;
  readonly #log: RebuiltLog;
  readonly #seen: (entry: Entry) => void;
  /** Of each level of tiles, the hashes since the last full tile. */
  readonly #hashes: Hash[][] = [];
  #tiles = 0;

  /** @param options.seen told of every entry that reads */
  constructor(options: { source: string; log: RebuiltLog; seen: (entry: Entry) => void }) {
    this.#source = options.source;
    this.#log = options.log;
    this.#seen = options.seen;
  }

  /** Tiles and bundles that were looked at. */
  get tiles(): number {
    return this.#tiles;
  }

  /**
   * Takes the parts of {@link partsOf}, in their order.
   * @param bytes undefined: the log says that it has no such tile
   * @returns what is found; without `goesOn` the entries that follow cannot be placed
   */
  take(part: TileId, bytes: Uint8Array | undefined): { findings: Finding[]; goesOn: boolean } {
    this.#tiles += 1;
    return part.level === "entries"
      ? this.#entries(part, bytes)
      : { findings: this.#tile(part, bytes), goesOn: true };
  }

  #entries(bundle: EntryBundle, bytes: Uint8Array | undefined): { findings: Finding[]; goesOn: boolean } {
    if (bytes === undefined) return { findings: [this.#finding("entries-missing", bundle)], goesOn: false };
    const entries = readable(() => decodeBundle(bytes, bundle));
    if (entries instanceof AppError) {
      const { detail } = entries.fields;
      return { findings: [this.#finding("entries-malformed", bundle, { detail })], goesOn: false };
    }
    return { findings: entries.flatMap((entry) => this.#append(entry)), goesOn: true };
  }

  #append(bytes: Uint8Array): Finding[] {
    const { nodes, entry, findings } = this.#log.append(bytes);
    for (const { level, hash } of nodes)
      if (level % TILE_HEIGHT === 0) (this.#hashes[level / TILE_HEIGHT] ??= []).push(hash);
    if (entry !== undefined) this.#seen(entry);
    return findings;
  }

  #tile(tile: HashTile, bytes: Uint8Array | undefined): Finding[] {
    const own = this.#hashes[tile.level] ?? [];
    if (tile.width === FULL) this.#hashes[tile.level] = [];
    if (bytes === undefined) return [this.#finding("tile-missing", tile)];
    const served = readable(() => decodeTile(bytes, tile));
    if (served instanceof AppError)
      return [this.#finding("tile-malformed", tile, { detail: served.fields.detail })];
    const place = own.findIndex((hash, i) => !equalBytes(hash, served[i] ?? new Uint8Array()));
    return place < 0 ? [] : [this.#finding("tile-differs", tile, { place })];
  }

  #finding(code: FindingCode, tile: TileId, values: Finding["values"] = {}): Finding {
    return { code, source: this.#source, values: { tile: tilePath(tile), ...values } };
  }
}

function readable<T>(read: () => T): T | AppError {
  try {
    return read();
  } catch (error) {
    if (isAppError(error, "TILE_MALFORMED")) return error;
    throw error;
  }
}
