/** Reads, writes and verifies status statements. */
import { fromBase64, toBase64 } from "../core/bytes.ts";
import type { Action } from "../core/entry.ts";
import { AppError, fault, quote } from "../core/errors.ts";
import { formatTime, parseEndOfDayOrTime } from "../core/time.ts";
import type { EntryIndex, Hash, UnixSeconds } from "../core/units.ts";
import type { VerdictCode } from "../core/verdict.ts";
import { carriedBytes } from "./carried-text.ts";
import { parseSize, type Checkpoint } from "./checkpoint.ts";
import { formatNote, parseNote, verifyNote, type Note, type VerifierKey } from "./note.ts";
import { JsonReader, formatProven, translateErrors, type ProvenEntry } from "./proven-entry.ts";

/** Verdicts that a statement may assert. */
const STATED_VERDICTS = [
  "valid",
  "expired",
  "suspended",
  "revoked",
  "superseded",
  "issuer-not-in-good-standing",
] as const satisfies readonly VerdictCode[];
export type StatedVerdict = (typeof STATED_VERDICTS)[number];

/** The action of each withdrawal; the other verdicts have no status entry. */
export const ACTION_OF: Partial<Record<VerdictCode, Action>> = {
  revoked: "revoke",
  superseded: "supersede",
  suspended: "suspend",
};

/**
 * The assertion of an operator about a document at one moment (狀態聲明, format hufu/status/v1): a signed note with one line
 * per member. A status entry proves a withdrawal; its absence is only asserted.
 */
export interface StatusStatement extends Checkpoint {
  readonly time: UnixSeconds;
  /** Of the document. */
  readonly index: EntryIndex;
  /** Leaf hash of the document's entry. */
  readonly leaf: Hash;
  readonly verdict: StatedVerdict;
  /** The status entry of a withdrawal; undefined: the verdict is none. */
  readonly decidedBy: EntryIndex | undefined;
}

/** Seconds between the time of a statement and that of its checkpoint, at most. */
export const MAX_STATEMENT_AGE = 600;

const VERSION = "hufu/status/v1";
const LINES = 9;

/** The text that is signed. */
export function formatStatement(statement: StatusStatement): string {
  const { origin, size, root, time, index, leaf, verdict, decidedBy } = statement;
  const lines = [VERSION, origin, size, toBase64(root), formatTime(time), index, toBase64(leaf), verdict];
  return `${[...lines, decidedBy ?? "-"].join("\n")}\n`;
}

/** @throws AppError STATUS_STATEMENT_INVALID, with the line */
export function parseStatement(text: string): StatusStatement {
  const [
    version,
    origin = "",
    size = "",
    root = "",
    time = "",
    index = "",
    leaf = "",
    verdict = "",
    by = "",
    ...end
  ] = text.split("\n");
  if (version !== VERSION) throw invalid(`${quote(version ?? "")} is not ${VERSION}`, 1);
  if (origin === "") throw invalid("the origin is empty", 2);
  if (end.length !== 1 || end[0] !== "") throw invalid(`a statement has ${LINES} lines`, LINES + 1);
  const statement = {
    origin,
    size: sizeOf(size, 3),
    root: hashOf(root, 4),
    time: timeOf(time, 5),
    index: sizeOf(index, 6),
    leaf: hashOf(leaf, 7),
    verdict: verdictOf(verdict, 8),
    decidedBy: by === "-" ? undefined : sizeOf(by, 9),
  };
  if (statement.index >= statement.size) throw invalid("the log of that size has no such entry", 6);
  if (statement.decidedBy !== undefined && statement.decidedBy >= statement.size)
    throw invalid("the log of that size has no such entry", 9);
  if ((statement.decidedBy === undefined) !== (ACTION_OF[statement.verdict] === undefined))
    throw invalid("a status entry decides of a withdrawal, and of nothing else", 9);
  return statement;
}

/**
 * As JSON: the signed note, the checkpoint that it speaks of with its signatures, and proofs under that checkpoint: of the
 * document and, of a withdrawal, of its status entry.
 */
export interface StatementFile {
  readonly note: Note;
  readonly checkpoint: Note;
  /** The inclusion proof of the document, from the leaf up. */
  readonly proof: readonly Hash[];
  /** The status entry. */
  readonly status: ProvenEntry | undefined;
  /** The withdrawn entry, where it is another one of the same document by the same institution. */
  readonly twin: ProvenEntry | undefined;
}

const FILE_VERSION = 1;
/** Bytes of the file, at most. */
export const MAX_STATEMENT_BYTES = 64 * 1024;

export function formatStatementFile({ note, checkpoint, proof, status, twin }: StatementFile): string {
  const file = {
    v: FILE_VERSION,
    statement: formatNote(note),
    checkpoint: formatNote(checkpoint),
    proof: proof.map(toBase64),
    ...(status && { status: formatProven(status) }),
    ...(twin && { twin: formatProven(twin) }),
  };
  return `${JSON.stringify(file, undefined, 2)}\n`;
}

/** Also after what {@link carriedBytes} sets right. @throws AppError STATUS_STATEMENT_INVALID, with the member at fault */
export function parseStatementFile(bytes: Uint8Array): StatementFile {
  if (bytes.length > MAX_STATEMENT_BYTES)
    throw invalid(`more than ${MAX_STATEMENT_BYTES} bytes`, "statement");
  const { v, statement, checkpoint, proof, status, twin } = members.parse(
    carriedBytes(bytes, MAX_STATEMENT_BYTES),
    "statement",
  );
  if (v !== FILE_VERSION) throw invalid(`it is not of version ${FILE_VERSION}`, "v");
  return {
    note: noteOf(statement, "statement"),
    checkpoint: noteOf(checkpoint, "checkpoint"),
    proof: members.hashes(proof, "proof"),
    status: status === undefined ? undefined : members.proven(status, "status"),
    twin: twin === undefined ? undefined : members.proven(twin, "twin"),
  };
}

const members = new JsonReader(invalid);

function noteOf(value: unknown, member: string): Note {
  const text = members.text(value, member);
  return translateErrors(
    () => parseNote(text),
    ["NOTE_SYNTAX"],
    (detail) => invalid(detail, member),
  );
}

/** A statement with the keys that signed it. */
export interface SignedStatement extends StatusStatement {
  readonly signers: readonly VerifierKey[];
}

/**
 * Verifies the signatures of a statement and parses it.
 * @throws AppError STATUS_STATEMENT_INVALID: not a statement, or not signed by one of the keys
 */
export function openStatement(note: Note, keys: readonly VerifierKey[]): SignedStatement {
  const signers = translateErrors(
    () => keys.filter((key) => verifyNote(note, key)),
    ["SIGNATURE_INVALID"],
    (detail) => invalid(detail, "statement"),
  );
  if (signers.length === 0) throw invalid("no status key that is trusted signed it", "statement");
  return { ...parseStatement(note.text), signers };
}

function sizeOf(text: string, line: number): number {
  const size = parseSize(text);
  if (size === undefined) throw invalid(`${quote(text)} is no index or size`, line);
  return size;
}

function hashOf(text: string, line: number): Hash {
  const hash = fromBase64(text);
  if (hash?.length !== 32) throw invalid(`${quote(text)} is no hash of 32 bytes`, line);
  return hash;
}

/** Accepts one form of each time, so that one statement has one text. */
function timeOf(text: string, line: number): UnixSeconds {
  const time = fault(() => parseEndOfDayOrTime(text, "time"));
  if (time instanceof AppError || formatTime(time) !== text)
    throw invalid(`${quote(text)} is no time in UTC such as 2026-11-21T08:30:00Z`, line);
  return time;
}

function verdictOf(text: string, line: number): StatedVerdict {
  const verdict = STATED_VERDICTS.find((known) => known === text);
  if (verdict === undefined) throw invalid(`${quote(text)} is no verdict of a statement`, line);
  return verdict;
}

/** @param where a line of the statement, or a member of the file */
function invalid(detail: string, where: number | string): AppError {
  const at = typeof where === "number" ? `line ${where}` : where;
  return new AppError("STATUS_STATEMENT_INVALID", { detail, at });
}
