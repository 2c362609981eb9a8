import { sha256 } from "@noble/hashes/sha2.js";
import { describe, expect, it } from "vitest";
import {
  formatAnswerFile,
  parseAnswerFile,
  readAnswers,
  verifyAnswer,
  type AnswerFile,
  type Answered,
} from "../../src/log/answer.ts";
import type { ErrorCode } from "../../src/core/errors.ts";
import { ANSWERED, answered, claimed, questionOf } from "../support/log/answers.ts";
import { TIME, TestLog } from "../support/log/receipts.ts";

const digestOf = (text: string) =>
  ({ algorithm: "sha256", bytes: sha256(new TextEncoder().encode(text)) }) as const;

const log = new TestLog();
log.fill(3);
const first = log.document(digestOf("a report"));
const second = log.document(digestOf("another"), { institution: 2 });
log.status({ document: first, action: "revoke", reason: "other", successor: undefined });
log.fill(2);

const QUESTIONS = [questionOf(digestOf("a report"), 1), questionOf(digestOf("another"))] as const;
const ANSWERS = [
  { verdict: "revoked", entries: claimed(log, QUESTIONS[0]) },
  { verdict: "valid", entries: claimed(log, QUESTIONS[1]) },
] as const;
const OTHER = { index: second, leaf: new Uint8Array(32), institution: 2 } as const;
const honest = (): AnswerFile => answered(log, { questions: QUESTIONS, answers: ANSWERS });
const keys = log.operators.map(({ status: { key } }) => ({ key }));
const MAX_LAG = 120;

const verified = (
  file: AnswerFile,
  change: Partial<Parameters<typeof verifyAnswer>[0]> = {},
): ReturnType<typeof verifyAnswer> =>
  verifyAnswer({ ...file, keys, origin: log.origin, now: TIME + ANSWERED, maxLag: MAX_LAG, ...change });

describe("an answer note", () => {
  it("is verified by the questions that were asked", () => {
    expect(verified(honest())).toMatchObject({
      size: log.size,
      root: log.root,
      time: TIME + ANSWERED,
      signers: [`${log.origin}/status/1`],
      answers: [
        { verdict: "revoked", entries: [{ index: first, institution: 1, status: 5 }] },
        { verdict: "valid", entries: [{ index: second, institution: 2, status: undefined }] },
      ],
    });
  });

  it("is read from its file as it was written", () => {
    const bytes = new TextEncoder().encode(formatAnswerFile(honest()));
    expect(parseAnswerFile(bytes)).toEqual(honest());
    expect(verified(parseAnswerFile(bytes)).answers).toEqual(ANSWERS);
  });

  const swapped = (): Answered => ({ questions: QUESTIONS, answers: ANSWERS.toReversed() });
  it.each<[string, () => AnswerFile, Partial<Parameters<typeof verifyAnswer>[0]>, ErrorCode]>([
    ["with its answers swapped", () => ({ ...honest(), ...swapped() }), {}, "ANSWER_UNPROVEN"],
    ["of other questions", honest, { questions: QUESTIONS.toReversed() }, "ANSWER_UNPROVEN"],
    [
      "of a question for another issuer",
      honest,
      { questions: [{ ...QUESTIONS[0], expectedIssuer: 2 }, QUESTIONS[1]] },
      "ANSWER_UNPROVEN",
    ],
    [
      "with one answer left out",
      () => answered(log, { questions: QUESTIONS, answers: ANSWERS.slice(1) }),
      {},
      "ANSWER_UNPROVEN",
    ],
    [
      "with another verdict",
      () => ({ ...honest(), answers: [{ ...ANSWERS[0], verdict: "valid" }, ANSWERS[1]] }),
      {},
      "ANSWER_UNPROVEN",
    ],
    ["with its text changed", () => edited(`\n${log.size}\n`, `\n${log.size + 1}\n`), {}, "ANSWER_UNPROVEN"],
    ["of another log", honest, { origin: log.origin.replace("31337", "1") }, "ANSWER_UNPROVEN"],
    ["by a key that is not trusted", honest, { keys: keys.slice(1) }, "ANSWER_UNPROVEN"],
    [
      "by a log key",
      () => answered(log, { questions: QUESTIONS, answers: ANSWERS }, { by: log.operators[0].log }),
      {},
      "ANSWER_UNPROVEN",
    ],
    [
      "by a key before its window",
      honest,
      { keys: keys.map((key) => ({ ...key, from: TIME + ANSWERED + 1 })) },
      "ANSWER_UNPROVEN",
    ],
    [
      "by a key at the end of its window",
      honest,
      { keys: keys.map((key) => ({ ...key, until: TIME + ANSWERED })) },
      "ANSWER_UNPROVEN",
    ],
    [
      "about an entry that is not below its size",
      () => answered(log, { questions: QUESTIONS, answers: ANSWERS }, { size: second }),
      {},
      "ANSWER_UNPROVEN",
    ],
    [
      "about a status before its document",
      () =>
        answered(log, {
          questions: QUESTIONS.slice(1),
          answers: [{ verdict: "revoked", entries: [{ ...OTHER, status: second }] }],
        }),
      { questions: QUESTIONS.slice(1) },
      "ANSWER_UNPROVEN",
    ],
    [
      "of another root than is known",
      honest,
      { believed: { size: log.size, root: new Uint8Array(32) } },
      "ANSWER_UNPROVEN",
    ],
    [
      "of a smaller tree than is known",
      honest,
      { believed: { size: log.size + 1, root: log.root } },
      "INDEX_STALE",
    ],
    ["that is replayed later", honest, { now: TIME + ANSWERED + MAX_LAG + 1 }, "INDEX_STALE"],
    ["from the future", honest, { now: TIME + ANSWERED - 301 }, "INDEX_STALE"],
  ])("%s is none", (_, make, change, code) => {
    expect(() => verified(make(), change)).toThrowCode(code);
  });

  function edited(from: string, to: string): AnswerFile {
    const { note, ...rest } = honest();
    expect(note.text).toContain(from);
    return { ...rest, note: { ...note, text: note.text.replace(from, to) } };
  }

  it("stands at the limits of its time, and under the checkpoint that is known", () => {
    const believed = { size: log.size, root: log.root };
    for (const now of [TIME + ANSWERED + MAX_LAG, TIME + ANSWERED - 300])
      expect(verified(honest(), { now, believed }).size).toBe(log.size);
  });

  it.each(["indeterminate", "registered", "true", null])("has no verdict %j", (verdict) => {
    expect(() => readAnswers([{ verdict, entries: [] }])).toThrowCode("ANSWER_UNPROVEN");
  });
});
