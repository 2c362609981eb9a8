/** Reads a log from an operator, by the tiles and events that it serves without a key. */
import { decodeEntry, ENTRY_BYTES, ENTRY_KINDS } from "../../core/entry.ts";
import { AppError, isAppError } from "../../core/errors.ts";
import type { EntryIndex, TreeSize, UnixSeconds } from "../../core/units.ts";
import { DIRECTORY_FILE, parseDirectory } from "../../log/directory.ts";
import { formatNote, parseNote } from "../../log/note.ts";
import { formatPolicy } from "../../log/policy.ts";
import { TILE_HEIGHT, decodeBundle, tilePath, tileWidth } from "../../log/tiles.ts";
import type { LogClient } from "../http/log-client.ts";
import { requireOneLog } from "../verify/tiles.ts";
import type { LogTrust } from "../verify/trust.ts";
import type { Held, MirrorPage, MirrorSource, MirrorState } from "./ports.ts";

const BUNDLE = 2 ** TILE_HEIGHT;
/** Bundles that are requested at a time, and make one page. */
const AT_ONCE = 16;

type ServedLog = Pick<LogClient, "tile" | "checkpoint" | "directory">;

/**
 * The log as its newest checkpoint that the reader believes.
 * @throws AppError MIRROR_UNPROVEN: the operator shows no checkpoint
 * @throws AppError as `LogTrust.believe`, and those of the client
 */
export async function operatorSource(options: {
  log: ServedLog;
  trust: LogTrust;
  now: () => UnixSeconds;
}): Promise<MirrorSource> {
  const { log, trust, now } = options;
  const text = await log.checkpoint();
  if (text === undefined) throw unproven("the service shows no checkpoint of its log");
  const note = parseNote(text);
  const { origin, size, root } = await trust.believe(note);
  const policy = formatPolicy(trust.policy);
  const believed = { by: trust.kind, policy, checkpoint: formatNote(note), at: now() } as const;
  const target: MirrorState = { origin, size, root, believed };
  return {
    target,
    confirm: async (tree) => {
      await requireOneLog(tree, target, log).catch((error: unknown) => {
        if (!isAppError(error, "PROOF_INVALID")) throw error;
        const detail = `its tree of ${size} entries does not extend the ${tree.size} that are held`;
        throw new AppError("LOG_CHANGED", { detail });
      });
    },
    pages: (held) => pagesOf(log, held, size),
  };
}

async function* pagesOf(log: ServedLog, held: Held, size: TreeSize): AsyncGenerator<MirrorPage> {
  const directory = [...held.directory];
  for (let from = held.size; from < size;) {
    const end = Math.min(size, (Math.floor(from / BUNDLE) + AT_ONCE) * BUNDLE);
    const entries = await entriesOf(log, { from, end, size });
    entries.forEach((entry, i) => {
      if (entry[1] === ENTRY_KINDS.directory) directory.push(from + i);
    });
    yield { entries, events: [] };
    from = end;
  }
  for (let file = Math.floor(held.events / DIRECTORY_FILE); file * DIRECTORY_FILE < directory.length; file++)
    yield { entries: [], events: await eventsOf(log, file, directory) };
}

/** @throws AppError MIRROR_UNPROVEN, TILE_MALFORMED, ENTRY_MALFORMED */
async function entriesOf(
  log: ServedLog,
  { from, end, size }: { from: EntryIndex; end: EntryIndex; size: TreeSize },
): Promise<Uint8Array[]> {
  const first = Math.floor(from / BUNDLE);
  const bundles = Array.from({ length: Math.ceil(end / BUNDLE) - first }, async (_, i) => {
    const place = { level: "entries", index: first + i } as const;
    const bundle = { ...place, width: tileWidth(place, size) };
    const bytes = await log.tile(bundle);
    if (bytes === undefined) throw unproven(`the log does not serve ${tilePath(bundle)}`);
    return decodeBundle(bytes, bundle);
  });
  const entries = (await Promise.all(bundles)).flat().slice(from - first * BUNDLE);
  if (entries.some(({ length }) => length !== ENTRY_BYTES)) throw unproven("an entry has another length");
  for (const entry of entries) decodeEntry(entry);
  return entries;
}

/** The events of a file, of the entries that are mirrored: those in it that follow are of a larger log. */
async function eventsOf(
  log: ServedLog,
  file: number,
  directory: readonly EntryIndex[],
): Promise<MirrorPage["events"]> {
  const text = await log.directory(file);
  if (text === undefined) throw unproven(`the log does not serve the events of file ${file}`);
  const last = directory.at(-1) ?? -1;
  return parseDirectory(text).filter(({ index }) => index <= last);
}

function unproven(detail: string): AppError {
  return new AppError("MIRROR_UNPROVEN", { detail });
}
