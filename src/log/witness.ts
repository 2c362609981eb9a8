import { fromBase64, toBase64 } from "../core/bytes.ts";
import { AppError, quote } from "../core/errors.ts";
import type { Hash, TreeSize } from "../core/units.ts";
import { parseSize, readCheckpoint, type Checkpoint } from "./checkpoint.ts";
import { formatNote, formatSignature, parseBelow, parseNote, type Note, type NoteSignature } from "./note.ts";
import { verifyConsistency } from "./proof.ts";
import { Members, translated, type Json } from "./proven-entry.ts";

/** What a witness is asked (c2sp.org/tlog-witness, add-checkpoint): to cosign a checkpoint that extends the last one. */
export interface CosignatureRequest {
  /** Of the checkpoint that the witness cosigned last; 0 = none. */
  readonly old: TreeSize;
  /** That the tree of size `old` is a prefix of the checkpoint's. */
  readonly proof: readonly Hash[];
  /** The signed checkpoint. */
  readonly note: Note;
}

/** Bytes of a request, and of what answers it. */
export const MAX_WITNESS_BYTES = 64 * 1024;

/** Of a tree of 2^63 entries. */
const MAX_HASHES = 63;

/**
 * @returns the request, with what the checkpoint says; an empty tree may have any root in it
 * @throws AppError WITNESS_REQUEST, with the line
 */
export function parseCosignatureRequest(text: string): CosignatureRequest & { checkpoint: Checkpoint } {
  const end = text.indexOf("\n\n");
  if (end < 0) throw syntax("no checkpoint after an empty line", 1);
  const [first = "", ...lines] = text.slice(0, end).split("\n");
  const old = parseSize(/^old (.*)$/.exec(first)?.[1] ?? "");
  if (old === undefined) throw syntax(`${quote(first)} is not "old" and a tree size`, 1);
  if (lines.length > MAX_HASHES) throw syntax(`no proof has ${lines.length} hashes`, 2);
  const proof = lines.map((line, i) => hashOf(line, i + 2));
  const above = lines.length + 2;
  const note = parseBelow(above, () => parseNote(text.slice(end + 2)), syntax);
  return { old, proof, note, checkpoint: parseBelow(above, () => readCheckpoint(note.text), syntax) };
}

export function formatCosignatureRequest({ old, proof, note }: CosignatureRequest): string {
  return `${[`old ${old}`, ...proof.map(toBase64)].join("\n")}\n\n${formatNote(note)}`;
}

/** What a witness answers: its signature lines. */
export function formatCosignatures(signatures: readonly NoteSignature[]): string {
  return signatures.map(formatSignature).join("");
}

/**
 * The checkpoint `text` with the signatures that a witness answered. Nothing of them is verified yet.
 * @throws AppError NOTE_SYNTAX
 */
export function parseCosignatures(lines: string, text: string): Note {
  const note = parseNote(`${text}\n${lines}`);
  if (note.text === text) return note;
  throw new AppError("NOTE_SYNTAX", { detail: "the answer is more than signature lines" });
}

/** The size of which a witness says that it cosigned it last; as text with a newline. Undefined = it is none. */
export function parseSizeAnswer(text: string): TreeSize | undefined {
  return text.endsWith("\n") ? parseSize(text.slice(0, -1)) : undefined;
}

/** That an operator has another tree: its root at a size, and its own signed checkpoint, which has that root beneath it. */
export interface SplitEvidence {
  readonly root: Hash;
  /** `old` is the size of the root. */
  readonly view: CosignatureRequest;
}

export function formatEvidence({ root, view }: SplitEvidence): Json {
  return { root: toBase64(root), view: formatCosignatureRequest(view) };
}

/**
 * Reads what {@link formatEvidence} has made, and checks that the checkpoint has the root beneath it. Who signed the
 * checkpoint is not verified here.
 * @throws AppError NOTE_SYNTAX, PROOF_SHAPE, PROOF_INVALID
 */
export function parseEvidence(value: unknown): SplitEvidence & { checkpoint: Checkpoint } {
  const members = new Members(malformed);
  const { root: encoded, view: text } = members.object(value, "split");
  const root = fromBase64(members.text(encoded, "split.root"));
  if (root?.length !== 32) throw malformed("it is no root of 32 bytes", "split.root");
  const { checkpoint, ...view } = translated(
    () => parseCosignatureRequest(members.text(text, "split.view")),
    ["WITNESS_REQUEST"],
    (detail) => malformed(detail, "split.view"),
  );
  verifyExtension({ size: view.old, root }, checkpoint, view.proof);
  return { root, view, checkpoint };
}

/**
 * Checks that one tree extends another. Every tree extends the empty one, and no proof says so.
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

function hashOf(line: string, number: number): Hash {
  const hash = fromBase64(line);
  if (hash?.length !== 32) throw syntax(`${quote(line)} is no hash of 32 bytes`, number);
  return hash;
}

function syntax(detail: string, line: number): AppError {
  return new AppError("WITNESS_REQUEST", { detail, at: `line ${line}` });
}

function malformed(detail: string, at: string): AppError {
  return new AppError("NOTE_SYNTAX", { detail, at });
}
