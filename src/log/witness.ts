/** Reads and writes the requests, answers and split-view evidence of witnesses (c2sp.org/tlog-witness). */
import { fromBase64, toBase64 } from "../core/bytes.ts";
import { AppError, quote } from "../core/errors.ts";
import type { Hash, TreeSize } from "../core/units.ts";
import { formatCheckpoint, parseSize, readCheckpoint, type Checkpoint } from "./checkpoint.ts";
import { MAX_PROOF_HASHES, parseProofHash } from "./log-proof.ts";
import { formatNote, formatSignature, parseBelow, parseNote, type Note, type NoteSignature } from "./note.ts";
import { verifyConsistency } from "./proof.ts";
import { JsonReader, translateErrors, type JsonObject } from "./proven-entry.ts";

/** Asks a witness to cosign a checkpoint that extends the last one (add-checkpoint). */
export interface CosignatureRequest {
  /** Of the checkpoint that the witness cosigned last; 0 = none. */
  readonly old: TreeSize;
  /** Of consistency from size `old` to the checkpoint. */
  readonly proof: readonly Hash[];
  /** The signed checkpoint. */
  readonly note: Note;
}

/** Bytes of a request or an answer, at most. */
export const MAX_WITNESS_BYTES = 64 * 1024;

/**
 * @returns the request with its parsed checkpoint: three lines, in which an empty tree may have any root
 * @throws AppError WITNESS_REQUEST, with the line
 */
export function parseCosignatureRequest(text: string): CosignatureRequest & { checkpoint: Checkpoint } {
  const end = text.indexOf("\n\n");
  if (end < 0) throw syntaxError("no checkpoint after an empty line", 1);
  const [first = "", ...lines] = text.slice(0, end).split("\n");
  const old = parseSize(/^old (.*)$/.exec(first)?.[1] ?? "");
  if (old === undefined) throw syntaxError(`${quote(first)} is not "old" and a tree size`, 1);
  if (lines.length > MAX_PROOF_HASHES) throw syntaxError(`no proof has ${lines.length} hashes`, 2);
  const proof = lines.map((line, i) => parseProofHash(line, i + 2, syntaxError));
  const above = lines.length + 2;
  const note = parseBelow(above, () => parseNote(text.slice(end + 2)), syntaxError);
  const checkpoint = parseBelow(above, () => readCheckpoint(note.text), syntaxError);
  if (note.text !== formatCheckpoint(checkpoint))
    throw syntaxError("a checkpoint that is to be cosigned has three lines", above + 4);
  return { old, proof, note, checkpoint };
}

export function formatCosignatureRequest({ old, proof, note }: CosignatureRequest): string {
  return `${[`old ${old}`, ...proof.map(toBase64)].join("\n")}\n\n${formatNote(note)}`;
}

/** The answer of a witness. */
export function formatCosignatures(signatures: readonly NoteSignature[]): string {
  return signatures.map(formatSignature).join("");
}

/**
 * The checkpoint `text` with the signatures of an answer, which are not verified here.
 * @throws AppError NOTE_SYNTAX
 */
export function parseCosignatures(lines: string, text: string): Note {
  const note = parseNote(`${text}\n${lines}`);
  if (note.text === text) return note;
  throw new AppError("NOTE_SYNTAX", { detail: "the answer is more than signature lines" });
}

/** The size that a witness cosigned last, from its answer, a number and a newline. Undefined = another text. */
export function parseSizeAnswer(text: string): TreeSize | undefined {
  return text.endsWith("\n") ? parseSize(text.slice(0, -1)) : undefined;
}

/** Evidence that an operator has another tree: its root at a size, and its signed checkpoint, which extends that root. */
export interface SplitEvidence {
  readonly root: Hash;
  /** `old` is the size of the root. */
  readonly view: CosignatureRequest;
}

export function formatEvidence({ root, view }: SplitEvidence): JsonObject {
  return { root: toBase64(root), view: formatCosignatureRequest(view) };
}

/**
 * Reads the output of {@link formatEvidence}, and checks that the checkpoint extends the root. The signatures of the
 * checkpoint are not verified here.
 * @throws AppError NOTE_SYNTAX, PROOF_SHAPE, PROOF_INVALID
 */
export function parseEvidence(value: unknown): SplitEvidence & { checkpoint: Checkpoint } {
  const members = new JsonReader(malformed);
  const { root: encoded, view: text } = members.object(value, "split");
  const root = fromBase64(members.text(encoded, "split.root"));
  if (root?.length !== 32) throw malformed("it is no root of 32 bytes", "split.root");
  const { checkpoint, ...view } = translateErrors(
    () => parseCosignatureRequest(members.text(text, "split.view")),
    ["WITNESS_REQUEST"],
    (detail) => malformed(detail, "split.view"),
  );
  verifyExtension({ size: view.old, root }, checkpoint, view.proof);
  return { root, view, checkpoint };
}

/**
 * Checks that one tree extends another. Every tree extends the empty one, without a proof.
 * @throws AppError PROOF_SHAPE, PROOF_INVALID
 */
export function verifyExtension(
  before: { readonly size: TreeSize; readonly root: Hash },
  { size, root }: Pick<Checkpoint, "size" | "root">,
  proof: readonly Hash[],
): void {
  if (before.size > 0)
    verifyConsistency({ first: before.size, second: size, proof, firstRoot: before.root, secondRoot: root });
  else if (proof.length > 0)
    throw new AppError("PROOF_SHAPE", { detail: "nothing proves that a tree extends the empty one" });
}

function syntaxError(detail: string, line: number): AppError {
  return new AppError("WITNESS_REQUEST", { detail, at: `line ${line}` });
}

function malformed(detail: string, at: string): AppError {
  return new AppError("NOTE_SYNTAX", { detail, at });
}
