/** Encodes and decodes files of directory events, which the log serves at /log/directory/<n>. */
import { sha256 } from "@noble/hashes/sha2.js";
import { equalBytes, fromBase64, toBase64 } from "../core/bytes.ts";
import type { Entry } from "../core/entry.ts";
import { AppError } from "../core/errors.ts";
import type { EntryIndex, Hash } from "../core/units.ts";

/** Directory entries of one file: number `n` has those from `256 n` on, in the order of the log. */
export const DIRECTORY_FILE = 256;

/** What a directory entry commits to. */
export interface DirectoryEvent {
  readonly index: EntryIndex;
  /** topic0 ‖ abi.encode(all parameters of the event in order, without index and recordedAt). */
  readonly event: Uint8Array;
}

/** The payload of the directory entry of an event. */
export function payloadOfEvent(event: Uint8Array): Hash {
  return sha256(event);
}

/** Whether the entry is the one that the event made. */
export function isEventOf(event: Uint8Array, { kind, payload }: Entry): boolean {
  return kind === "directory" && equalBytes(payloadOfEvent(event), payload);
}

/** One JSON object a line: index, and event in base64. */
export function formatDirectory(events: readonly DirectoryEvent[]): string {
  return events.map(({ index, event }) => `${JSON.stringify({ index, event: toBase64(event) })}\n`).join("");
}

/**
 * Reads a file of events; nothing is verified. Unknown members are ignored.
 * @throws AppError DIRECTORY_MALFORMED: a line is not such an object, indexes do not rise, or there are more than 256
 */
export function parseDirectory(file: string): DirectoryEvent[] {
  const lines = file.split("\n");
  if (lines.pop() !== "" || lines.length > DIRECTORY_FILE)
    throw malformed(`expected up to ${DIRECTORY_FILE} lines, each with its end`);
  let last = -1;
  return lines.map((line, i) => {
    const read = eventOf(line);
    if (read === undefined || read.index <= last) throw malformed(`line ${i + 1}`);
    last = read.index;
    return read;
  });
}

function eventOf(line: string): DirectoryEvent | undefined {
  try {
    const { index, event } = JSON.parse(line) as { index: unknown; event: unknown };
    const bytes = typeof event === "string" ? fromBase64(event) : undefined;
    return Number.isSafeInteger(index) && bytes ? { index: index as number, event: bytes } : undefined;
  } catch {
    return undefined;
  }
}

function malformed(detail: string): AppError {
  return new AppError("DIRECTORY_MALFORMED", { detail });
}
