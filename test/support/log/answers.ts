/** Makes answer notes about a log in memory: honest ones from all of its entries, which tests change. */
import { equalBytes } from "../../../src/core/bytes.ts";
import { isBoundTo, type Digest } from "../../../src/core/digest.ts";
import { decodeEntry, decodeStatus } from "../../../src/core/entry.ts";
import {
  formatAnswer,
  hashAnswered,
  type AnswerFile,
  type AnswerNote,
  type Answered,
  type AskedQuestion,
  type ClaimedEntry,
} from "../../../src/log/answer.ts";
import { hashLeaf } from "../../../src/log/hash.ts";
import { signNote, type NoteSigner } from "../../../src/log/note.ts";
import type { ProvenEntry } from "../../../src/log/proven-entry.ts";
import type { TestLog } from "./receipts.ts";

/** Seconds after the time of the log at which its answers are made. */
export const ANSWERED = 60;

export function questionOf(digest: Digest, expectedIssuer?: AskedQuestion["expectedIssuer"]): AskedQuestion {
  return { payloads: [{ ...digest, blinded: false }], expectedIssuer };
}

/** The entries of the documents of a question, and the changes of their status. */
export function entriesAbout(log: TestLog, { payloads }: AskedQuestion): number[] {
  const decoded = log.entries.map(decodeEntry);
  const isAsked = (index: number): boolean => {
    const entry = decoded[index];
    return payloads.some(
      (sought) =>
        entry?.kind === "document" &&
        sought.algorithm === entry.algorithm &&
        sought.blinded === entry.blinded &&
        equalBytes(sought.bytes, entry.payload) &&
        isBoundTo(sought, { origin: log.origin, institution: entry.institution }),
    );
  };
  return [...decoded.keys()].filter((index) => {
    const entry = decoded[index];
    return isAsked(index) || (entry?.kind === "status" && isAsked(decodeStatus(entry.payload).document));
  });
}

/** What an honest note lists, by its definition: from every entry of the log below `size`. */
export function claimed(log: TestLog, question: AskedQuestion, size = log.size): ClaimedEntry[] {
  const below = entriesAbout(log, question).filter((index) => index < size);
  const entryAt = (index: number) => decodeEntry(log.entries[index] ?? new Uint8Array());
  const documents = below.filter((index) => entryAt(index).kind === "document");
  const statusOf = (document: number): number | undefined =>
    below.findLast((index) => {
      const entry = entryAt(index);
      return entry.kind === "status" && decodeStatus(entry.payload).document === document;
    });
  return documents
    .map((index) => ({
      index,
      leaf: hashLeaf(log.entries[index] ?? new Uint8Array()),
      institution: entryAt(index).institution,
      status: statusOf(index),
    }))
    .filter(
      ({ index, institution, status }, _, all) =>
        status !== undefined ||
        !all.some((other) => other.institution === institution && other.index > index),
    );
}

/** A note of these answers, signed by the first operator. */
export function answered(
  log: TestLog,
  { questions, answers }: Answered,
  change: Partial<AnswerNote> & { by?: NoteSigner } = {},
): AnswerFile {
  const { by = log.operators[0].status, ...rest } = change;
  const { origin, size, root, time } = log;
  const hash = hashAnswered({ questions, answers });
  const text = formatAnswer({ origin, size, root, time: time + ANSWERED, hash, ...rest });
  return { note: { text, signatures: [signNote(text, by)] }, questions, answers };
}

/** All that the log has about the questions, proven under its present root. */
export function evidenceOf(log: TestLog, { questions, answers }: Answered): ProvenEntry[] {
  const listed = answers.flatMap(({ entries }) =>
    entries.flatMap(({ index, status }) => (status === undefined ? [index] : [index, status])),
  );
  const about = questions.flatMap((question) => entriesAbout(log, question));
  return [...new Set([...listed, ...about])].map((index) => log.prove(index));
}
