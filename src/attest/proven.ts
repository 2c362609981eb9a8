/** Reads entries of the log, and proves their inclusion. */
import { decodeEntry, type Entry } from "../core/entry.ts";
import { AppError } from "../core/errors.ts";
import type { EntryIndex, TreeSize } from "../core/units.ts";
import { assembleProof, inclusionRanges, nodesOf } from "../log/proof.ts";
import type { ProvenEntry } from "../log/proven-entry.ts";
import type { FinalLog } from "./ports.ts";

/** A document's entry: its 80 bytes, and decoded. @throws AppError ENTRY_NOT_FOUND, NOT_A_DOCUMENT */
export async function documentAt(
  log: FinalLog,
  index: EntryIndex,
): Promise<{ readonly bytes: Uint8Array; readonly entry: Entry }> {
  const bytes = await entryAt(log, index);
  const entry = decodeEntry(bytes);
  if (entry.kind === "document") return { bytes, entry };
  throw new AppError("NOT_A_DOCUMENT", { detail: `entry ${index} is a ${entry.kind}, not a document` });
}

/** An entry with its proof under the tree of `size`. @throws AppError ENTRY_NOT_FOUND */
export async function proveEntry(log: FinalLog, index: EntryIndex, size: TreeSize): Promise<ProvenEntry> {
  const ranges = inclusionRanges({ index, size });
  const entry = await entryAt(log, index);
  return { index, entry, proof: assembleProof(ranges, await log.nodes(nodesOf(ranges))) };
}

async function entryAt(log: FinalLog, index: EntryIndex): Promise<Uint8Array> {
  const bytes = await log.entry(index);
  if (bytes === undefined) throw new AppError("ENTRY_NOT_FOUND", { detail: `the log has no entry ${index}` });
  return bytes;
}
