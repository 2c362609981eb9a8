/** Lists the cases of answer notes, and of what the log convicts their signers of. */
import { concat } from "../../src/core/bytes.ts";
import {
  formatAnswerFile,
  type AnswerFile,
  type AnsweredVerdict,
  type Answered,
  type AskedQuestion,
  type ClaimedEntry,
} from "../../src/log/answer.ts";
import { formatNote, formatVerifierKey, signNote } from "../../src/log/note.ts";
import { formatProven, type ProvenEntry } from "../../src/log/proven-entry.ts";
import type { Input } from "../../test/conformance/judge.ts";
import { ANSWERED, answered, claimed, evidenceOf, questionOf } from "../../test/support/log/answers.ts";
import { TIME } from "../../test/support/log/receipts.ts";
import { bytesOf, digestsOf, edit, hexes, type Case } from "./case.ts";
import { OPEN, PERSONAL, sampleLog } from "./sample.ts";

const NOW = TIME + ANSWERED;
const MAX_LAG = 120;
const { log, open, blinded } = sampleLog();
const again = log.document(OPEN[0]);
const foreign = log.document(OPEN[0], { institution: 2 });
const suspended = log.status({ document: open, action: "suspend", reason: "other", successor: undefined });
const revoked = log.status({
  document: again,
  action: "revoke",
  reason: "issued-in-error",
  successor: undefined,
});
const sm3 = log.document(OPEN[1]);
const sameBytes = log.document({ algorithm: "sm3", bytes: OPEN[0].bytes }, { institution: 4 });
const REPLACED = digestsOf("a report that was replaced");
const replaced = log.document(REPLACED[0]);
log.status({ document: replaced, action: "supersede", reason: "content-corrected", successor: again });
const [SHENZHEN, HONG_KONG] = log.operators;

const BOTH: AskedQuestion = {
  payloads: OPEN.map((digest) => ({ ...digest, blinded: false })),
  expectedIssuer: { jurisdiction: "CN", officialNumber: "91440300MA00000000" },
};
const entryOf = (index: number): Uint8Array => log.entries[index] ?? new Uint8Array();
const COMMITMENT: AskedQuestion = {
  payloads: [
    {
      algorithm: PERSONAL[1].algorithm,
      bytes: entryOf(blinded).slice(28, 60),
      blinded: true,
      boundTo: { institution: 1, origin: log.origin },
    },
  ],
  expectedIssuer: 1,
};
const NONE = questionOf(PERSONAL[0]);
const HONEST: Answered = {
  questions: [BOTH, COMMITMENT, NONE],
  answers: [
    { verdict: "revoked", entries: claimed(log, BOTH) },
    { verdict: "valid", entries: claimed(log, COMMITMENT) },
    { verdict: "not-found", entries: [] },
  ],
};

/** A file, as a reader of the log verifies it who asked the questions in it. */
function read(file: AnswerFile | string, change: Input = {}): Input {
  return {
    answer: typeof file === "string" ? file : formatAnswerFile(file),
    vkeys: log.operators.map(({ status: { key } }) => formatVerifierKey(key)),
    origin: log.origin,
    now: NOW,
    maxLag: MAX_LAG,
    ...change,
  };
}
const says = (change: Parameters<typeof answered>[2] = {}, lists: Answered = HONEST): AnswerFile =>
  answered(log, lists, change);
/** Another text, signed by the status key. */
function rewritten(change: (text: string) => string): AnswerFile {
  const { note, ...rest } = says();
  const text = change(note.text);
  return { ...rest, note: { text, signatures: [signNote(text, SHENZHEN.status)] } };
}
const line = (from: string | RegExp, to: string): Input => read(rewritten((text) => edit(text, from, to)));
const text = (from: string | RegExp, to: string): Input => read(edit(formatAnswerFile(says()), from, to));
const refused = (cases: Readonly<Record<string, Input>>): Case[] =>
  Object.entries(cases).map(([description, input]) => [description, input, "ANSWER_UNPROVEN"]);
const { questions, answers } = HONEST;
/** The first answer with this entry. */
const withEntry = (change: Partial<ClaimedEntry>): Answered => ({
  questions: [BOTH],
  answers: [{ verdict: "revoked", entries: [{ ...claimed(log, BOTH)[0], ...change } as ClaimedEntry] }],
});
const expecting = (expectedIssuer: number): Input =>
  read(says({}, { questions: [{ ...NONE, expectedIssuer }], answers: answers.slice(2) }));
const answering = (verdict: string): Input =>
  read(says({}, { questions: [NONE], answers: [{ verdict: verdict as AnsweredVerdict, entries: [] }] }));
const root = hexes([log.root])[0] ?? "";

export const ANSWER_NOTES: readonly Case[] = [
  ["three questions and their answers", read(says())],
  ["by another operator", read(says({ by: HONG_KONG.status }))],
  [
    "signed by two operators",
    read({
      ...says(),
      note: {
        text: says().note.text,
        signatures: log.operators.map(({ status }) => signNote(says().note.text, status)),
      },
    }),
  ],
  ["as old as the reader allows", read(says(), { now: NOW + MAX_LAG })],
  ["as far ahead as the reader allows", read(says(), { now: NOW - 300 })],
  ["under the checkpoint that the reader believes", read(says(), { size: log.size, root })],
  ["beyond the checkpoint that the reader believes", read(says(), { size: log.size - 1, root })],
  ["an unknown member", text('"v": 1', '"more": [], "v": 1')],
  ["without answers", read(says({}, { questions: [], answers: [] }))],
  ["older than the reader allows", read(says(), { now: NOW + MAX_LAG + 1 }), "INDEX_STALE"],
  ["from the future", read(says(), { now: NOW - 301 }), "INDEX_STALE"],
  ["of a smaller tree than the reader knows", read(says(), { size: log.size + 1, root }), "INDEX_STALE"],
  ...refused({
    "of another root than the reader knows": read(says(), {
      size: log.size,
      root: hexes([bytesOf("r")])[0] ?? "",
    }),
    "of another log": read(says(), { origin: log.origin.replace("31337", "31338") }),
    "of another log, whose keys have the same name": line(log.origin, log.origin.replace("31337", "31338")),
    "by a key that is not trusted": read(says(), { vkeys: [formatVerifierKey(HONG_KONG.status.key)] }),
    "by a log key": read(says({ by: SHENZHEN.log })),
    "a false signature of a known key": read({
      ...says(),
      note: {
        ...says().note,
        signatures: rewritten((signed) => edit(signed, "\n72\n", "\n73\n")).note.signatures,
      },
    }),
    "by a key before its window": read(says(), { from: NOW + 1 }),
    "by a key at the end of its window": read(says(), { until: NOW }),
    "two answers swapped": read({
      ...says(),
      answers: [answers[1], answers[0], answers[2]].flatMap((each) => each ?? []),
    }),
    "two questions swapped": read({ ...says(), questions: questions.toReversed() }),
    "another verdict": text('"revoked"', '"valid"'),
    "another leaf": text(/"leaf": "../, '"leaf": "00'),
    "another expected issuer": text('"expectedIssuer": null', '"expectedIssuer": 2'),
    "an answer left out": read(says({}, { questions, answers: answers.slice(1) })),
    "an answer too many": read(says({}, { questions: questions.slice(1), answers })),
    "an entry that is not below its size": read(says({}, withEntry({ index: log.size, status: undefined }))),
    "a status that is not below its size": read(says({}, withEntry({ status: log.size }))),
    "a status before its document": read(says({}, withEntry({ status: open }))),
    "the version of another format": line("answer/v1", "status/v1"),
    "an origin that is none": { ...line(log.origin, "log"), origin: "log" },
    "a size that is none": line("\n72\n", "\n072\n"),
    "a root of 31 bytes": line(/\n72\n[^\n]*/, `\n72\n${btoa("x".repeat(31))}`),
    "a time with fractions": line("Z\n", ".5Z\n"),
    "a time of another zone": line("Z\n", "+00:00\n"),
    "a date alone": line(/T[^\n]*Z/, ""),
    "a hash that is none": line(/[^\n]*\n$/, "hash\n"),
    "a line more": line(/$/, "more\n"),
    "a line less": line(/[^\n]*\n$/, ""),
    "a note without its file": read(formatNote(says().note)),
    "another version": text('"v": 1', '"v": 2'),
    "a member twice": text('"v": 1', '"v": 1, "v": 1'),
    "a note that is none": text("\\n\\n", "\\n"),
    "questions that are no list": read(
      edit(formatAnswerFile(says({}, { questions: [], answers: [] })), '"questions": []', '"questions": {}'),
    ),
    "a question that is no object": text(/"questions": \[/, '"questions": [1, '),
    "a digest in upper case": text("sha256:fa6e", "sha256:FA6E"),
    "a digest that is none": text("sha256:fa6e", "sha256:"),
    "an issuer that is none": text('"expectedIssuer": 1', '"expectedIssuer": "1"'),
    "institution 0": expecting(0),
    "an institution beyond 32 bits": expecting(2 ** 32),
    "a verdict that none answers": answering("registered"),
    "the verdict indeterminate": answering("indeterminate"),
    "entries out of order": read(
      says(
        {},
        { questions: [BOTH], answers: [{ verdict: "revoked", entries: claimed(log, BOTH).toReversed() }] },
      ),
    ),
    "an index that is none": text(/"index": \d+/, '"index": -1'),
    "a leaf in upper case": text(/"leaf": "(..)/, '"leaf": "AB'),
  }),
];

/** A note of one question and its answer, with all that the log has about it, which `change` alters. */
function tried(
  question: AskedQuestion,
  claim: { verdict: AnsweredVerdict; entries: readonly ClaimedEntry[] },
  change: (evidence: readonly ProvenEntry[]) => readonly ProvenEntry[] = (evidence) => evidence,
): Input {
  const lists = { questions: [question], answers: [claim] };
  const evidence = change(evidenceOf(log, lists)).map((proven) => JSON.stringify(formatProven(proven)));
  return { ...read(answered(log, lists)), evidence };
}
const ONE = { ...BOTH, expectedIssuer: 1 };
const list = claimed(log, ONE);
const without = (index: number): ClaimedEntry[] => list.filter((entry) => entry.index !== index);
const changed = (index: number, change: Partial<ClaimedEntry>): ClaimedEntry[] =>
  list.map((entry) => (entry.index === index ? { ...entry, ...change } : entry));
const lie = (verdict: AnsweredVerdict, entries: readonly ClaimedEntry[] = list): Input =>
  tried(ONE, { verdict, entries });

function superseded(verdict: AnsweredVerdict): Input {
  const question = questionOf(REPLACED[0], 1);
  return tried(question, { verdict, entries: claimed(log, question) });
}

export const CONVICTIONS: readonly Case[] = [
  ["an honest answer convicts of nothing", lie("revoked")],
  ["an older entry of an institution may be left out", lie("revoked", list)],
  ["a hidden revocation", lie("valid", changed(again, { status: undefined }))],
  ["a hidden entry with its revocation", lie("valid", without(again))],
  ["a hidden newest entry, by another algorithm", lie("revoked", without(sm3))],
  ["a hidden entry of another institution", lie("revoked", without(foreign))],
  ["an older status in the place of the newest", lie("suspended", changed(again, { status: suspended }))],
  ["a status of another document", lie("revoked", changed(open, { status: revoked }))],
  ["another leaf than the log has", lie("revoked", changed(foreign, { leaf: bytesOf("leaf") }))],
  ["an entry of another institution than it has", lie("revoked", changed(foreign, { institution: 3 }))],
  [
    "an entry of another document",
    tried({ ...COMMITMENT, expectedIssuer: undefined }, { verdict: "valid", entries: list }),
  ],
  ["a status that is a document", lie("revoked", changed(again, { status: sm3 }))],
  ["valid, of what is revoked", lie("valid")],
  ["superseded, of what is revoked", lie("superseded")],
  ["not found, of what the expected issuer has recorded", lie("not-found", list)],
  [
    "not found, of what another issuer has recorded",
    tried({ ...ONE, expectedIssuer: 3 }, { verdict: "not-found", entries: list }),
  ],
  [
    "not found by official number, which does not say which institution it is",
    tried(BOTH, { verdict: "not-found", entries: list }),
  ],
  [
    "a commitment that is bound to another institution",
    tried(
      {
        ...COMMITMENT,
        payloads: COMMITMENT.payloads.map((payload) => ({ ...payload, boundTo: { institution: 2 } })),
      },
      { verdict: "valid", entries: [] },
      () => [log.prove(blinded)],
    ),
  ],
  [
    "an open entry with the bytes of a commitment",
    tried(
      { payloads: [{ ...OPEN[0], blinded: true, boundTo: { institution: 1 } }], expectedIssuer: undefined },
      { verdict: "valid", entries: [] },
      () => [log.prove(again)],
    ),
  ],
  [
    "entries of other documents, one with the same bytes by another algorithm",
    tried(ONE, { verdict: "revoked", entries: list }, (evidence) => [
      ...evidence,
      ...[sameBytes, replaced, blinded].map((index) => log.prove(index)),
    ]),
  ],
  ["superseded, and by what is pending revoked", superseded("revoked")],
  ["superseded", superseded("superseded")],
  ["valid, of what is superseded", superseded("valid")],
  [
    "what is not proven under the root of the note",
    tried(ONE, { verdict: "valid", entries: [] }, ([first, ...rest]) => [
      { entry: entryOf(foreign), index: first?.index ?? 0, proof: first?.proof ?? [] },
      ...rest,
    ]),
    "PROOF_INVALID",
  ],
  [
    "an entry that is none",
    tried(ONE, { verdict: "valid", entries: [] }, () => [
      { ...log.prove(again), entry: concat(Uint8Array.of(9), entryOf(again).subarray(1)) },
    ]),
    "ENTRY_MALFORMED",
  ],
];
