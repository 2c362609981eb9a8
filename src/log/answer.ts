/** Reads, writes and verifies answer notes: what an operator claims that its log held when it answered. */
import { sha256 } from "@noble/hashes/sha2.js";
import { equalBytes, fromBase64, toBase64, toHex } from "../core/bytes.ts";
import { canonicalJson, type CanonicalValue } from "../core/canonical-json.ts";
import { MAX_CLOCK_SKEW } from "../core/clock.ts";
import { formatDigest, parseDigest, type SoughtPayload } from "../core/digest.ts";
import { AppError, fault, quote } from "../core/errors.ts";
import { formatExpectedIssuer, parseOfficialId, type ExpectedIssuer } from "../core/official-id.ts";
import { againstClock, formatTime, parseEndOfDayOrTime } from "../core/time.ts";
import {
  MAX_INSTITUTION,
  type EntryIndex,
  type Hash,
  type InstitutionId,
  type UnixSeconds,
} from "../core/units.ts";
import { VERDICTS, type VerdictCode } from "../core/verdict.ts";
import { carriedBytes } from "./carried-text.ts";
import { isOrigin, parseSize, type Checkpoint } from "./checkpoint.ts";
import { formatNote, parseNote, verifyNote, type Note, type VerifierKey } from "./note.ts";
import type { PolicyKey } from "./policy.ts";
import { JsonReader, translateErrors } from "./proven-entry.ts";
import { isInWindow } from "./trusted-checkpoint.ts";

/** What was asked about one document. */
export interface AskedQuestion {
  /** In the order of the request: its digest or commitment first, then the further ones. */
  readonly payloads: readonly SoughtPayload[];
  /** Undefined = none was named. */
  readonly expectedIssuer: ExpectedIssuer | undefined;
}

/** An entry of the document, below the size of the note. */
export interface ClaimedEntry {
  readonly index: EntryIndex;
  readonly leaf: Hash;
  readonly institution: InstitutionId;
  /** The newest status entry about it below the size of the note; undefined: there is none. */
  readonly status: EntryIndex | undefined;
}

/** Verdicts that are signed: a fault is none, and nothing is registered without its status here. */
export type AnsweredVerdict = Exclude<VerdictCode, "indeterminate" | "registered">;

/**
 * The answer to one question. `entries` are complete: below the size of the note the log has no further entry of the document
 * that decides, of any institution, and no newer status of these. Of each institution they are the newest entry and every one
 * that a status entry names, in the order of the log.
 */
export interface ClaimedAnswer {
  readonly verdict: AnsweredVerdict;
  readonly entries: readonly ClaimedEntry[];
}

/** Questions with their answers, in one order: what the note's hash is of. */
export interface Answered {
  readonly questions: readonly AskedQuestion[];
  readonly answers: readonly ClaimedAnswer[];
}

/** An answer that is to be signed. */
export interface AnswerToSign {
  readonly question: AskedQuestion;
  readonly verdict: AnsweredVerdict;
  /** The final block by which it was judged: what the note claims is the log at its end. */
  readonly block: number;
  readonly time: UnixSeconds;
}

/** The text of a note (format hufu/answer/v1). Size and root are of the newest final tree when the answer was made. */
export interface AnswerNote extends Checkpoint {
  readonly time: UnixSeconds;
  /** SHA-256 of the canonical JSON of {questions, answers}. */
  readonly hash: Hash;
}

/** A note as its file keeps it; unverified. */
export interface AnswerFile extends Answered {
  readonly note: Note;
}

/** A verified note. */
export interface SignedAnswer extends AnswerNote, Answered {
  /** Names of the status keys that signed it. */
  readonly signers: readonly string[];
}

const VERSION = "hufu/answer/v1";
const LINES = 6;

/** The text that is signed. */
export function formatAnswer({ origin, size, root, time, hash }: AnswerNote): string {
  return `${[VERSION, origin, size, toBase64(root), formatTime(time), toBase64(hash)].join("\n")}\n`;
}

/** @throws AppError ANSWER_UNPROVEN, with the line */
export function parseAnswer(text: string): AnswerNote {
  const [version = "", origin = "", size = "", root = "", time = "", hash = "", ...end] = text.split("\n");
  if (version !== VERSION) throw invalid(`${quote(version)} is not ${VERSION}`, 1);
  if (!isOrigin(origin)) throw invalid(`${quote(origin)} is no origin`, 2);
  if (end.length !== 1 || end[0] !== "") throw invalid(`an answer note has ${LINES} lines`, LINES + 1);
  return {
    origin,
    size: parseSize(size) ?? refuse(`${quote(size)} is no size`, 3),
    root: hashOf(root, 4),
    time: timeOf(time, 5),
    hash: hashOf(hash, 6),
  };
}

function hashOf(text: string, line: number): Hash {
  const hash = fromBase64(text);
  return hash?.length === 32 ? hash : refuse(`${quote(text)} is no hash of 32 bytes`, line);
}

/** One form of each time, so that one note has one text. */
function timeOf(text: string, line: number): UnixSeconds {
  const time = fault(() => parseEndOfDayOrTime(text, "time"));
  if (!(time instanceof AppError) && formatTime(time) === text) return time;
  return refuse(`${quote(text)} is no time in UTC such as 2026-11-21T08:30:00Z`, line);
}

/** The hash of a note: SHA-256 of the canonical JSON of both lists. */
export function hashAnswered({ questions, answers }: Answered): Hash {
  const json = { questions: questions.map(questionJson), answers: answers.map(answerJson) };
  return sha256(new TextEncoder().encode(canonicalJson(json)));
}

function questionJson({ payloads, expectedIssuer }: AskedQuestion): CanonicalValue {
  return {
    payloads: payloads.map((payload) => ({
      [payload.blinded ? "commitment" : "digest"]: formatDigest(payload),
      institution: payload.boundTo?.institution,
      origin: payload.boundTo?.origin,
    })),
    expectedIssuer: expectedIssuer === undefined ? null : formatExpectedIssuer(expectedIssuer),
  };
}

/** An answer as JSON has it: leaf hashes in hexadecimal, null for no status. */
export interface ClaimedAnswerJson {
  readonly verdict: AnsweredVerdict;
  readonly entries: {
    readonly index: EntryIndex;
    readonly leaf: string;
    readonly institution: InstitutionId;
    readonly status: EntryIndex | null;
  }[];
}

export function answerJson({ verdict, entries }: ClaimedAnswer): ClaimedAnswerJson & CanonicalValue {
  const listed = entries.map(({ index, leaf, institution, status = null }) => {
    return { index, leaf: toHex(leaf), institution, status };
  });
  return { verdict, entries: listed };
}

const FILE_VERSION = 1;
/** Bytes of the file, at most. */
export const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

/** The note with what its hash is of, as a file. */
export function formatAnswerFile({ note, questions, answers }: AnswerFile): string {
  const file = {
    v: FILE_VERSION,
    answer: formatNote(note),
    questions: questions.map(questionJson),
    answers: answers.map(answerJson),
  };
  return `${JSON.stringify(file, undefined, 2)}\n`;
}

/** Also after what {@link carriedBytes} sets right. @throws AppError ANSWER_UNPROVEN, with the member at fault */
export function parseAnswerFile(bytes: Uint8Array): AnswerFile {
  if (bytes.length > MAX_ANSWER_BYTES) throw invalid(`more than ${MAX_ANSWER_BYTES} bytes`, "answer");
  const { v, answer, questions, answers } = members.parse(carriedBytes(bytes, MAX_ANSWER_BYTES), "answer");
  if (v !== FILE_VERSION) throw invalid(`it is not of version ${FILE_VERSION}`, "v");
  return {
    note: readAnswerNote(members.text(answer, "answer")),
    questions: listOf(questions, "questions").map(questionOf),
    answers: readAnswers(answers),
  };
}

/** The signed note of an answer. @throws AppError ANSWER_UNPROVEN */
export function readAnswerNote(text: string): Note {
  return translateErrors(
    () => parseNote(text),
    ["NOTE_SYNTAX"],
    (detail) => invalid(detail, "answer"),
  );
}

/** The answers beside a note, from JSON. @throws AppError ANSWER_UNPROVEN, with the member at fault */
export function readAnswers(value: unknown): ClaimedAnswer[] {
  return listOf(value, "answers").map((each, i) => {
    const { verdict, entries } = members.object(each, `answers.${i}`);
    const known = VERDICTS.find((code) => code === verdict);
    if (known === undefined || known === "indeterminate" || known === "registered")
      throw invalid("it is no verdict of an answer", `answers.${i}.verdict`);
    return { verdict: known, entries: entriesOf(entries, `answers.${i}.entries`) };
  });
}

function entriesOf(value: unknown, member: string): ClaimedEntry[] {
  const entries = listOf(value, member).map((each) => {
    const { index, leaf, institution, status } = members.object(each, member);
    return {
      index: members.number(index, member),
      leaf: members.bytes(leaf, member, 32),
      institution: institutionOf(institution, member),
      status: status === null ? undefined : members.number(status, member),
    };
  });
  if (entries.some(({ index }, i) => index <= (entries[i - 1]?.index ?? -1)))
    throw invalid("the entries are not in the order of the log", member);
  return entries;
}

function questionOf(value: unknown, i: number): AskedQuestion {
  const at = `questions.${i}`;
  const { payloads, expectedIssuer } = members.object(value, at);
  return {
    payloads: listOf(payloads, at).map((payload) => payloadOf(payload, at)),
    expectedIssuer: expectedIssuer === null ? undefined : issuerOf(expectedIssuer, at),
  };
}

function payloadOf(value: unknown, at: string): SoughtPayload {
  const { digest, commitment, institution, origin } = members.object(value, at);
  const blinded = digest === undefined;
  const text = members.text(digest ?? commitment, at);
  const parsed = fault(() => parseDigest(text, { at }));
  if (parsed instanceof AppError || formatDigest(parsed) !== text)
    throw invalid(`${quote(text)} is no digest`, at);
  if (institution === undefined) return { ...parsed, blinded };
  const boundTo = {
    institution: institutionOf(institution, at),
    ...(origin === undefined ? {} : { origin: members.text(origin, at) }),
  };
  return { ...parsed, blinded, boundTo };
}

function issuerOf(value: unknown, at: string): ExpectedIssuer {
  if (typeof value === "number") return institutionOf(value, at);
  return parseOfficialId(members.text(value, at)) ?? refuse("it identifies no institution", at);
}

function institutionOf(value: unknown, at: string): InstitutionId {
  const id = members.number(value, at);
  return id >= 1 && id <= MAX_INSTITUTION ? id : refuse("it is no institution", at);
}

function listOf(value: unknown, member: string): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : refuse("it is no list", member);
}

/**
 * Verifies that the answers are what an operator signed for these questions, and that they are of now.
 * @param input.questions as the caller asked them: answers to others do not verify
 * @param input.keys status keys of the log that the reader trusts
 * @param input.origin of the log that the reader knows
 * @param input.believed the newest checkpoint of the log that the reader believes, which the note is not older than
 * @param input.now by the reader's clock
 * @param input.maxLag seconds that an answer may be old; Infinity for one that was kept
 * @throws AppError ANSWER_UNPROVEN
 * @throws AppError INDEX_STALE: it is of another time, or of a smaller tree than is known
 */
export function verifyAnswer(
  input: AnswerFile & {
    readonly keys: readonly PolicyKey[];
    readonly origin: string;
    readonly believed?: Pick<Checkpoint, "size" | "root"> | undefined;
    readonly now: UnixSeconds;
    readonly maxLag: number;
  },
): SignedAnswer {
  const { note, questions, answers, keys, origin } = input;
  const claimed = parseAnswer(note.text);
  if (claimed.origin !== origin) throw invalid("it is of another log", 2);
  const signers = signersOf(note, keys, claimed.time);
  if (signers.length === 0) throw invalid("no status key that is trusted signed it", "answer");
  if (!equalBytes(claimed.hash, hashAnswered({ questions, answers })))
    throw invalid("it was signed for other questions or answers", 6);
  requireBelow(claimed, { questions, answers });
  requireCurrent(claimed, input);
  return { ...claimed, questions, answers, signers: signers.map(({ name }) => name) };
}

/** @throws AppError ANSWER_UNPROVEN: a line of a key is false */
function signersOf(note: Note, keys: readonly PolicyKey[], time: UnixSeconds): VerifierKey[] {
  const signed = translateErrors(
    () => keys.filter(({ key }) => verifyNote(note, key)),
    ["SIGNATURE_INVALID"],
    (detail) => invalid(detail, "answer"),
  );
  return signed.filter((each) => isInWindow(each, time)).map(({ key }) => key);
}

/** One answer for each question, about entries of the tree alone, and each status is after its document. */
function requireBelow({ size }: AnswerNote, { questions, answers }: Answered): void {
  if (questions.length !== answers.length) throw invalid("there is not one answer for each question", 6);
  for (const { index, status } of answers.flatMap(({ entries }) => entries))
    if (index >= size || (status !== undefined && (status >= size || status <= index)))
      throw invalid(`a log of ${size} entries has no such entry ${index} with such a status`, 6);
}

function requireCurrent(
  { size, root, time }: AnswerNote,
  input: Pick<Parameters<typeof verifyAnswer>[0], "believed" | "now" | "maxLag">,
): void {
  const { believed, now, maxLag } = input;
  const stale = (detail: string): AppError => new AppError("INDEX_STALE", { detail });
  if (time > now + MAX_CLOCK_SKEW || time < now - maxLag)
    throw stale(`the answer is ${againstClock(time, now)}, and ${maxLag} s is the limit`);
  if (believed === undefined || size > believed.size) return;
  if (size < believed.size) throw stale(`it is of size ${size}, and the log has ${believed.size} entries`);
  if (!equalBytes(root, believed.root)) throw invalid("it is of another history of the log", 4);
}

const members = new JsonReader(invalid);

/** @param where a line of the note, or a member of the file */
function invalid(detail: string, where: number | string): AppError {
  const at = typeof where === "number" ? `line ${where}` : where;
  return new AppError("ANSWER_UNPROVEN", { detail, at });
}

function refuse(detail: string, where: number | string): never {
  throw invalid(detail, where);
}
