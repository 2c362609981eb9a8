/** Checks the tiles and bundles that a log serves against the hashes of its own entries. */
import type { FindingCode } from "../../core/audit-codes.ts";
import { equalBytes } from "../../core/bytes.ts";
import type { Entry } from "../../core/entry.ts";
import { AppError, fault } from "../../core/errors.ts";
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
 * Every tile of a log of this size: the bundles in order, and after each the tiles of hashes that it completes, from the
 * lowest level up; partial tiles come last.
 */
export function* tileIdsOf(size: TreeSize): Generator<TileId> {
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

export class ServedLog {
  readonly #source: string;
  readonly #log: RebuiltLog;
  readonly #onEntry: (entry: Entry) => void;
  /** Of each level of tiles, the hashes since the last full tile. */
  readonly #hashes: Hash[][] = [];
  #tiles = 0;

  /** @param options.onEntry called with every entry that can be decoded */
  constructor(options: { source: string; log: RebuiltLog; onEntry: (entry: Entry) => void }) {
    this.#source = options.source;
    this.#log = options.log;
    this.#onEntry = options.onEntry;
  }

  /** Tiles and bundles that were checked. */
  get tiles(): number {
    return this.#tiles;
  }

  /**
   * Checks one tile; they come in the order of {@link tileIdsOf}.
   * @param bytes undefined: the log answers that it has no such tile
   * @returns without `canContinue` the entries that follow cannot be placed
   */
  check(tile: TileId, bytes: Uint8Array | undefined): { findings: Finding[]; canContinue: boolean } {
    this.#tiles += 1;
    return tile.level === "entries"
      ? this.#checkEntries(tile, bytes)
      : { findings: this.#checkTile(tile, bytes), canContinue: true };
  }

  #checkEntries(
    bundle: EntryBundle,
    bytes: Uint8Array | undefined,
  ): { findings: Finding[]; canContinue: boolean } {
    if (bytes === undefined)
      return { findings: [this.#finding("entries-missing", bundle)], canContinue: false };
    const entries = fault(() => decodeBundle(bytes, bundle));
    if (entries instanceof AppError) {
      const { detail } = entries.fields;
      return { findings: [this.#finding("entries-malformed", bundle, { detail })], canContinue: false };
    }
    return { findings: entries.flatMap((entry) => this.#append(entry)), canContinue: true };
  }

  #append(bytes: Uint8Array): Finding[] {
    const { nodes, entry, findings } = this.#log.append(bytes);
    for (const { level, hash } of nodes)
      if (level % TILE_HEIGHT === 0) (this.#hashes[level / TILE_HEIGHT] ??= []).push(hash);
    if (entry !== undefined) this.#onEntry(entry);
    return findings;
  }

  #checkTile(tile: HashTile, bytes: Uint8Array | undefined): Finding[] {
    const own = this.#hashes[tile.level] ?? [];
    if (tile.width === FULL) this.#hashes[tile.level] = [];
    if (bytes === undefined) return [this.#finding("tile-missing", tile)];
    const served = fault(() => decodeTile(bytes, tile));
    if (served instanceof AppError)
      return [this.#finding("tile-malformed", tile, { detail: served.fields.detail })];
    const place = own.findIndex((hash, i) => !equalBytes(hash, served[i] ?? new Uint8Array()));
    return place < 0 ? [] : [this.#finding("tile-differs", tile, { place })];
  }

  #finding(code: FindingCode, tile: TileId, values: Finding["values"] = {}): Finding {
    return { code, source: this.#source, values: { tile: tilePath(tile), ...values } };
  }
}
