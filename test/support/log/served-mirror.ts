/** Serves a log in memory to mirrors, as an operator does, with what a test changes of it. */
import { registry } from "../../../src/chain/registry/registry.ts";
import { decodeEntry, encodeEntry } from "../../../src/core/entry.ts";
import type { LogClient } from "../../../src/sdk/http/log-client.ts";
import { operatorSource } from "../../../src/sdk/mirror/operator-source.ts";
import type { MirrorSource } from "../../../src/sdk/mirror/ports.ts";
import { LogTrust, MemoryTrust } from "../../../src/sdk/verify/trust.ts";
import {
  DIRECTORY_FILE,
  formatDirectory,
  payloadOfEvent,
  type DirectoryEvent,
} from "../../../src/log/directory.ts";
import { formatNote } from "../../../src/log/note.ts";
import {
  encodeBundle,
  encodeTile,
  nodesOfTile,
  rangeOfTile,
  tilePath,
  type TileId,
} from "../../../src/log/tiles.ts";
import { eventPreimage } from "../contract/event-preimage.ts";
import { TIME, TestLog } from "./receipts.ts";

const GOVERNOR = `0x${"0b".repeat(20)}` as const;

/** Answers as a server gives them, by path, and what is done with each before it is served. */
export type Tamper = (path: string, answer: Uint8Array) => Uint8Array | undefined;

export class MirroredLog {
  readonly log: TestLog;
  readonly events: DirectoryEvent[] = [];
  /** Paths that were requested. */
  readonly requested: string[] = [];
  tamper: Tamper = (_, answer) => answer;

  /** @param time of its entries */
  constructor(time = TIME) {
    this.log = new TestLog({ time });
  }

  register(institution = 1): void {
    this.events.push(this.log.registration(institution, undefined, this.log.time));
  }

  /** Records a change of the directory, as an event of the contract. */
  change(name: string, args: Record<string, unknown>, institution = 0): void {
    const event = eventPreimage(registry, { name, args });
    const entry = encodeEntry({
      ...{ kind: "directory", algorithm: undefined, blinded: false, governedAdmin: false, institution },
      ...{ scene: 0, recordedAt: this.log.time, validUntil: 0, recordedBy: GOVERNOR },
      payload: payloadOfEvent(event),
    });
    this.events.push({ index: this.log.append(entry), event });
  }

  /** Its operator, to a reader with a policy. */
  async source(): Promise<MirrorSource> {
    const served = this.#served();
    const options = { name: "test", log: served, store: new MemoryTrust(), now: () => this.log.time + 10 };
    const trust = await LogTrust.open({ ...options, policy: this.log.policy() });
    return await operatorSource({ log: served, trust, now: () => this.log.time + 10 });
  }

  #served(): Pick<LogClient, "tile" | "checkpoint" | "directory" | "sizes" | "institutions"> {
    const text = async (path: string, answer: string): Promise<string | undefined> => {
      const bytes = this.#answer(path, new TextEncoder().encode(answer));
      return await Promise.resolve(bytes && new TextDecoder().decode(bytes));
    };
    return {
      tile: (tile) => Promise.resolve(this.#answer(tilePath(tile), this.#tile(tile))),
      checkpoint: () => text("checkpoint", formatNote(this.log.checkpoint(...this.log.operators))),
      directory: (file) => {
        const first = file * DIRECTORY_FILE;
        return text(`directory/${file}`, formatDirectory(this.events.slice(first, first + DIRECTORY_FILE)));
      },
      sizes: () => Promise.reject(new Error("not asked")),
      institutions: () => Promise.reject(new Error("not asked")),
    };
  }

  #answer(path: string, answer: Uint8Array): Uint8Array | undefined {
    this.requested.push(path);
    return this.tamper(path, answer);
  }

  #tile(tile: TileId): Uint8Array {
    const { start, end } = rangeOfTile(tile);
    return tile.level === "entries"
      ? encodeBundle(this.log.entries.slice(start, end))
      : encodeTile(nodesOfTile(tile).map(this.log.hashOf));
  }
}

/** Documents of the log by their payloads. */
export function payloadAt({ entries }: TestLog, index: number): Uint8Array {
  return decodeEntry(entries[index] ?? new Uint8Array()).payload;
}

/** A log of `size` entries, with registrations all along it. */
export function largeLog(size: number): MirroredLog {
  const served = new MirroredLog();
  for (let next = 0; served.log.size < size; next += Math.ceil(size / 40)) {
    served.log.fill(Math.max(0, Math.min(size - 1, next) - served.log.size));
    served.register(1 + (next % 7));
  }
  return served;
}
