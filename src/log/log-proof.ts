/** Reads and writes inclusion proofs as files (c2sp.org/tlog-proof). */
import { fromBase64, toBase64 } from "../core/bytes.ts";
import { AppError, quote } from "../core/errors.ts";
import type { EntryIndex, Hash } from "../core/units.ts";
import { parseSize } from "./checkpoint.ts";
import { formatNote, parseBelow, parseNote, type Note } from "./note.ts";

/** Proves that an entry is in the log; unverified. */
export interface LogProof {
  /** Data of the application, which no signature covers. */
  readonly extra: Uint8Array | undefined;
  readonly index: EntryIndex;
  /** Hashes from the leaf up. */
  readonly proof: readonly Hash[];
  /** The signed checkpoint. */
  readonly checkpoint: Note;
}

export const MAX_PROOF_BYTES = 64 * 1024;

const FAMILY = "c2sp.org/tlog-proof@";
const VERSION = `${FAMILY}v1`;
/** Of a tree of 2^63 entries. */
export const MAX_PROOF_HASHES = 63;

/**
 * @throws AppError RECEIPT_TOO_LARGE
 * @throws AppError RECEIPT_SYNTAX: with the line
 * @throws AppError RECEIPT_VERSION: a later version
 * @throws AppError PROOF_SHAPE: an index or a tree size out of range
 */
export function parseLogProof(bytes: Uint8Array): LogProof {
  if (bytes.length > MAX_PROOF_BYTES)
    throw new AppError("RECEIPT_TOO_LARGE", {
      detail: `${bytes.length} bytes; at most ${MAX_PROOF_BYTES} are read`,
    });
  const text = decode(bytes);
  const end = text.indexOf("\n\n");
  const lines = (end < 0 ? text : text.slice(0, end)).split("\n");
  let at = 0;
  const version = lines[at++] ?? "";
  if (version !== VERSION) {
    if (/^v[1-9][0-9]*$/.test(version.slice(FAMILY.length)) && version.startsWith(FAMILY))
      throw new AppError("RECEIPT_VERSION", {
        detail: `${quote(version)} is later than ${VERSION}; upgrade this program`,
      });
    throw syntaxError(`${quote(version)} is not ${VERSION}`, 1);
  }
  let extra: Uint8Array | undefined;
  const extraText = /^extra (.*)$/.exec(lines[at] ?? "")?.[1];
  if (extraText !== undefined) {
    extra = fromBase64(extraText);
    at += 1;
    if (extra === undefined)
      throw new AppError("RECEIPT_EXTRA", { detail: "what follows extra is not base64", at: `line ${at}` });
  }
  const indexText = /^index (.*)$/.exec(lines[at] ?? "")?.[1];
  at += 1;
  if (indexText === undefined || !isNumber(indexText))
    throw syntaxError("expected the index of the entry", at);
  const index = parseInRange(indexText);
  if (lines.length - at > MAX_PROOF_HASHES)
    throw new AppError("PROOF_SHAPE", { detail: `no proof has ${lines.length - at} hashes` });
  const proof = lines.slice(at).map((line, i) => parseProofHash(line, at + i + 1, syntaxError));
  if (end < 0) throw syntaxError("no checkpoint after an empty line", lines.length);
  const checkpoint = parseBelow(lines.length + 1, () => parseNote(text.slice(end + 2)), syntaxError);
  const [, size = ""] = checkpoint.text.split("\n");
  if (isNumber(size)) parseInRange(size);
  return { extra, index, proof, checkpoint };
}

export function formatLogProof({ extra, index, proof, checkpoint }: LogProof): string {
  const lines = [
    VERSION,
    ...(extra === undefined ? [] : [`extra ${toBase64(extra)}`]),
    `index ${index}`,
    ...proof.map(toBase64),
  ];
  return `${lines.join("\n")}\n\n${formatNote(checkpoint)}`;
}

function isNumber(text: string): boolean {
  return /^(?:0|[1-9][0-9]*)$/.test(text);
}

/** @throws AppError PROOF_SHAPE: out of range */
function parseInRange(number: string): number {
  const read = parseSize(number);
  if (read === undefined)
    throw new AppError("PROOF_SHAPE", { detail: `no log has ${quote(number)} entries` });
  return read;
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw syntaxError("it is no UTF-8 text", 1);
  }
}

/** @param syntaxError makes the error, from the line at fault */
export function parseProofHash(
  line: string,
  number: number,
  syntaxError: (detail: string, line: number) => AppError,
): Hash {
  const hash = fromBase64(line);
  if (hash?.length !== 32) throw syntaxError(`${quote(line)} is no hash of 32 bytes`, number);
  return hash;
}

function syntaxError(detail: string, line: number): AppError {
  return new AppError("RECEIPT_SYNTAX", { detail, at: `line ${line}` });
}
