/** Presents what the log says of a kept answer note. */
import { formatDigest } from "../core/digest.ts";
import { toHex } from "../core/bytes.ts";
import { formatExpectedIssuer } from "../core/official-id.ts";
import { formatLocalTime, formatTime } from "../core/time.ts";
import type { ExitCode } from "../core/verdict.ts";
import { answerJson, type ClaimedAnswerJson, type SignedAnswer } from "../log/answer.ts";
import { formatProven } from "../log/proven-entry.ts";
import { sentence } from "../sdk/verify/answer-text.ts";
import type { JudgedAnswer } from "../sdk/verify/kept-answer.ts";
import { fill } from "../words/index.ts";
import type { Context } from "./context.ts";
import { faultJson, rows } from "./output.ts";

export interface KeptResult {
  readonly exit: ExitCode;
  readonly verdict: string;
  readonly json: object;
  readonly print: () => void;
}

const SHOWN = {
  consistent: { exit: 0, sign: "✓" },
  convicted: { exit: 1, sign: "✕" },
  "not-established": { exit: 3, sign: "⚠" },
} as const satisfies Record<JudgedAnswer["kind"], { exit: ExitCode; sign: string }>;

export function keptResult(file: string, judged: JudgedAnswer, context: Context): KeptResult {
  const { kind } = judged;
  return {
    exit: SHOWN[kind].exit,
    verdict: kind,
    json: { file, verdict: kind, ...jsonOf(judged, context) },
    print: () => context.out.print(...linesOf(file, judged, context)),
  };
}

function jsonOf(judged: JudgedAnswer, { words }: Context): object {
  if (judged.kind === "not-established") return { error: faultJson(judged.fault, words) };
  const { origin, size, root, time, signers, questions, answers } = judged.answer;
  return {
    note: { origin, size, root: toHex(root), time: formatTime(time), signers },
    answers: answers.map((answer, i) => {
      const claimed: ClaimedAnswerJson = answerJson(answer);
      return { ...askedJson(questions[i]), ...claimed };
    }),
    ...(judged.kind === "convicted" && {
      convictions: judged.convictions,
      evidence: judged.evidence.map(formatProven),
    }),
  };
}

function askedJson(question: SignedAnswer["questions"][number] | undefined): object {
  const { payloads = [], expectedIssuer } = question ?? {};
  return {
    digests: payloads.filter(({ blinded }) => !blinded).map(formatDigest),
    commitments: payloads.filter(({ blinded }) => blinded).map(formatDigest),
    expectedIssuer: expectedIssuer === undefined ? null : formatExpectedIssuer(expectedIssuer),
  };
}

function linesOf(file: string, judged: JudgedAnswer, { words, language }: Context): string[] {
  const { title, means, next } = words.keptAnswer[judged.kind];
  const head = `${SHOWN[judged.kind].sign} ${title}  ${file}`;
  if (judged.kind === "not-established") {
    const { code, fields } = judged.fault;
    const because = sentence(words.errors[code], language);
    return [head, `  ${fill(means, { because })}`, `  ${code}: ${fields.detail}`, `  → ${next}`];
  }
  const { signers, time, size } = judged.answer;
  const values = { by: signers.join(" · "), time: formatLocalTime(time), size };
  return [
    head,
    `  ${fill(means, values)}`,
    ...convictionLines(judged, words),
    ...rows(claimsOf(judged.answer, words)),
    `  → ${next}`,
  ];
}

function convictionLines(judged: JudgedAnswer, { keptAnswer }: Context["words"]): string[] {
  if (judged.kind !== "convicted") return [];
  return judged.convictions.map((each) => {
    const values = "entry" in each ? { answer: each.question + 1, entry: each.entry } : {};
    return `  ${fill(keptAnswer.convictions[each.kind], values)}`;
  });
}

/** What each answer of the note claims: of which file, which verdict, by which entries. */
function claimsOf(
  { questions, answers }: SignedAnswer,
  words: Context["words"],
): (readonly [label: string, value: string])[] {
  const { labels, keptAnswer, verdicts } = words;
  return answers.flatMap(({ verdict, entries }, i) => {
    const payloads = questions[i]?.payloads ?? [];
    const listed = entries.map(({ index, status }) =>
      status === undefined ? `${index}` : `${index} (${labels.status} ${status})`,
    );
    return [
      ...payloads.map(
        (payload) =>
          [payload.blinded ? labels.commitment : labels.fingerprint, formatDigest(payload)] as const,
      ),
      [labels.entry, `${listed.join(", ") || keptAnswer.noEntries} · ${verdicts[verdict].title}`] as const,
    ];
  });
}
