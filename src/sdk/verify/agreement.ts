/** Compares what two operators answered about one file: whether it means the same, and whether one of them is behind. */
import { AppError } from "../../core/errors.ts";
import { officialKey } from "../../core/official-id.ts";
import type { TreeSize } from "../../core/units.ts";
import { parseAnswer, type AnswerFile } from "../../log/answer.ts";
import type { Checkpoint } from "../../log/checkpoint.ts";
import type { Checked } from "./check.ts";
import type { CheckedAnswer } from "./online.ts";
import type { Established } from "./shown.ts";

export type Pair<T> = readonly [T, T];

/** What two operators established together. */
export type CheckedByTwo = Checked | Disagreement;

/** Different answers about the same entries. Neither is taken over; the notes show what each operator signed. */
export interface Disagreement {
  readonly kind: "disagreement";
  /** OPERATORS_DISAGREE */
  readonly fault: AppError;
  readonly answers: Pair<CheckedAnswer>;
  readonly notes: readonly AnswerFile[];
}

/** The tree that the note of an answer is of; undefined: it has none, since it rests on proofs alone. */
export function treeOf({ notes: [file] }: CheckedAnswer): Checkpoint | undefined {
  return file && parseAnswer(file.note.text);
}

/** Whether both answers mean the same: the verdict, what decided, and the entries of every institution. */
export function isSameAnswer([a, b]: Pair<CheckedAnswer>): boolean {
  return meaningOf(a.answer) === meaningOf(b.answer);
}

function meaningOf({ verdict, decidedBy, basis, withdrawal, issuers = [], entries }: Established): string {
  const decision = [verdict, decidedBy, basis?.rule, basis?.entry, withdrawal?.index];
  const each = issuers.map((issuer) => [
    officialKey(issuer.institution),
    issuer.verdict,
    issuer.decidedBy,
    issuer.basis?.entry,
  ]);
  const listed = entries
    .map(({ index, institution, status }) => [index, institution.id, status] as const)
    .toSorted(([first], [second]) => first - second);
  return JSON.stringify([decision, each, listed]);
}

/**
 * Whether the difference may be that one of them has seen less of the log: one answer is pending, or rests on an entry that the
 * other one's tree does not have.
 */
export function isBehind(answers: Pair<CheckedAnswer>): boolean {
  const size = Math.min(...answers.map((each) => treeOf(each)?.size ?? each.answer.asOf.treeSize));
  return answers.some(
    ({ answer }) => answer.verdict === "pending" || entriesOf(answer).some((index) => index >= size),
  );
}

/** Every entry that an answer rests on. */
function entriesOf({ entries, basis, withdrawal }: Established): readonly TreeSize[] {
  return [
    ...entries.flatMap(({ index, statuses }) => [index, ...statuses.map((status) => status.index)]),
    ...(basis === undefined ? [] : [basis.entry]),
    ...(withdrawal === undefined ? [] : [withdrawal.index]),
  ];
}

/** The newer of two answers that mean the same, with the notes of both. */
export function agreed(answers: Pair<CheckedAnswer>): CheckedAnswer {
  const [a, b] = answers;
  const newer = b.answer.asOf.treeSize > a.answer.asOf.treeSize ? b : a;
  const isProven = newer.answer.restsOn === "proof";
  const statedBy = answers.flatMap(({ answer }) => answer.statedBy);
  return {
    ...newer,
    answer: { ...newer.answer, restsOn: isProven ? "proof" : "operators", statedBy },
    notes: answers.flatMap(({ notes }) => notes),
  };
}

/**
 * Of two answers, one of which is none: a proven one stands without the other operator; anything else that one of them says is
 * not what was asked for.
 */
export function byOne(results: readonly Checked[]): Checked {
  const proven = results.find((each) => each.kind === "online" && each.answer.restsOn === "proof");
  const missing = results.find(({ kind }) => kind !== "online");
  return (
    proven ?? missing ?? { kind: "fault", fault: new AppError("ANSWER_UNPROVEN", { detail: "no answer" }) }
  );
}

/** Answers that stay different, however often both are asked. */
export function different(answers: Pair<CheckedAnswer>, isLate: boolean): CheckedByTwo {
  if (!isLate) {
    const detail = answers.map(({ answer }) => `${answer.statedBy.join(", ")}: ${answer.verdict}`).join("; ");
    const fault = new AppError("OPERATORS_DISAGREE", { detail });
    return { kind: "disagreement", fault, answers, notes: answers.flatMap(({ notes }) => notes) };
  }
  const known = answers.find(({ answer }) => answer.restsOn === "proof" || answer.verdict === "pending");
  if (known !== undefined) return known;
  const detail = "one of the two operators has not come to the entries that the other one answers by";
  return { kind: "unproven", fault: new AppError("INDEX_STALE", { detail }) };
}
