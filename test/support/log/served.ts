/** Serves a log in memory as an operator does: tiles, checkpoints, and the directory of its operators. */
import { KEY_PURPOSES, type Operator, type OperatorKey } from "../../../src/core/directory.ts";
import { encodeEntry } from "../../../src/core/entry.ts";
import { toHex } from "../../../src/core/bytes.ts";
import { formatTime } from "../../../src/core/time.ts";
import { formatNote, type Note } from "../../../src/log/note.ts";
import { payloadOfKey } from "../../../src/log/operator-key.ts";
import { encodeBundle, encodeTile, nodesOfTile, rangeOfTile } from "../../../src/log/tiles.ts";
import type { TrustedSource } from "../../../src/sdk/verify/trust.ts";
import type { InstitutionsResponse } from "../../../src/wire/entries.ts";
import type { TestLog } from "./receipts.ts";

const RECORDER = `0x${"0a".repeat(20)}` as const;

export class ServedTestLog implements TrustedSource {
  readonly log: TestLog;
  operators: readonly Operator[] = [];
  /** By size. */
  readonly notes = new Map<number, Note>();
  /** Of all requests, in order. */
  readonly asked: string[] = [];
  readonly #forged = new Map<number, Uint8Array>();

  constructor(log: TestLog) {
    this.log = log;
  }

  /** Signs the present size by the first operator, and cosigns it by the same. */
  sign(note: Note = this.log.checkpoint(this.log.operators[0])): Note {
    this.notes.set(this.log.size, note);
    return note;
  }

  /** Records a key in the log. @returns the key with the index of its entry */
  addKey(key: OperatorKey): OperatorKey {
    return { ...key, entry: this.log.append(entryOf(key, this.log.time)) };
  }

  /** Serves the entry of a key in the place of one that the log has. @returns the key with that index */
  forgeKey(key: OperatorKey, index: number): OperatorKey {
    this.#forged.set(index, entryOf(key, this.log.time));
    return { ...key, entry: index };
  }

  readonly tile: TrustedSource["tile"] = (tile) => {
    this.asked.push("tile");
    if (tile.level !== "entries") return Promise.resolve(encodeTile(nodesOfTile(tile).map(this.log.hashOf)));
    const { start, end } = rangeOfTile(tile);
    const entries = this.log.entries.slice(start, end);
    return Promise.resolve(encodeBundle(entries.map((entry, i) => this.#forged.get(start + i) ?? entry)));
  };

  readonly checkpoint: TrustedSource["checkpoint"] = (size = Math.max(...this.notes.keys())) => {
    this.asked.push("checkpoint");
    const note = this.notes.get(size);
    return Promise.resolve(note && formatNote(note));
  };

  readonly sizes: TrustedSource["sizes"] = (after) => {
    this.asked.push("sizes");
    return Promise.resolve({ sizes: [...this.notes.keys()].filter((size) => size > after) });
  };

  readonly institutions: TrustedSource["institutions"] = () => {
    this.asked.push("institutions");
    return Promise.resolve(directoryOf(this.operators, this.log.origin));
  };
}

function entryOf(key: OperatorKey, recordedAt: number): Uint8Array {
  return encodeEntry({
    kind: "directory",
    algorithm: undefined,
    blinded: false,
    governedAdmin: false,
    institution: 1,
    scene: 0,
    recordedAt,
    validUntil: 0,
    payload: payloadOfKey({ ...key, institution: 1, recordedBy: RECORDER }),
    recordedBy: RECORDER,
  });
}

/** A directory of these operators alone, as a service shows it. */
function directoryOf(operators: readonly Operator[], origin: string): InstitutionsResponse {
  const end = (time: number): string | null => (time === 0 ? null : formatTime(time));
  return {
    institutions: [],
    scenes: [],
    registry: { origin, paused: false, successor: null },
    operators: operators.map(({ id, name, institution, keys }) => ({
      id,
      name,
      institution: institution ?? null,
      keys: keys
        .toSorted((a, b) => KEY_PURPOSES[a.purpose] - KEY_PURPOSES[b.purpose])
        .map((key) => ({
          id: toHex(key.id),
          purpose: key.purpose,
          signatureType: key.signatureType,
          publicKey: toHex(key.publicKey),
          possession: toHex(key.possession),
          entry: key.entry,
          addedAt: formatTime(key.addedAt),
          from: end(key.from),
          until: end(key.until),
          compromisedSince: key.compromise ? formatTime(key.compromise.since) : null,
        })),
    })),
  };
}
