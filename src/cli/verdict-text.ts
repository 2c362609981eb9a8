import { formatLocalTime } from "../core/time.ts";
import { fill, type Words } from "../core/words/index.ts";
import type { Language } from "../core/directory.ts";
import type { Reason } from "../core/entry.ts";
import type { VerdictCode } from "../core/verdict.ts";
import type { Indeterminate, VerificationResponse, VerifiedEntry } from "../wire/verifications.ts";
import { printable, rows } from "./output.ts";

/** Signs say the same as the words beside them. */
export const SIGNS: Readonly<Record<VerdictCode, string>> = {
  valid: "✓",
  expired: "⏱",
  suspended: "⏸",
  revoked: "✕",
  superseded: "↷",
  "issuer-not-in-good-standing": "!",
  pending: "…",
  registered: "✓…",
  "not-found": "?",
  indeterminate: "⚠",
};

export interface Reader {
  readonly words: Words;
  readonly language: Language;
}

/** An answer as a person reads it: sign, title, what it means, the facts, and what to do next. */
export function verdictLines(
  file: string,
  answer: VerificationResponse | Indeterminate,
  reader: Reader,
): string[] {
  const { words } = reader;
  const { title, means, next } = words.verdicts[answer.verdict];
  const head = `${SIGNS[answer.verdict]} ${title}  ${printable(file)}`;
  if (answer.verdict === "indeterminate") {
    const because = sentence(answer.title, reader.language);
    return [head, `  ${fill(means, { because })}`, `  ${answer.code}: ${answer.detail}`, `  → ${next}`];
  }
  const decided = answer.entries.find(({ index }) => index === answer.decidedBy);
  return [
    head,
    `  ${fill(means, meaning(answer, decided, reader))}`,
    ...notes(answer, reader).map((note) => `  ${note}`),
    ...(decided === undefined ? [] : facts(decided, answer, reader)),
    `  → ${next}`,
    `  (${asOfText(answer, reader)})`,
  ];
}

function meaning(
  answer: VerificationResponse,
  decided: VerifiedEntry | undefined,
  reader: Reader,
): Record<string, string> {
  const { withdrawal } = answer;
  const { words } = reader;
  const time = timeOf(answer, decided);
  return {
    time: local(time),
    issuer: nameOf(decided, reader),
    actor: withdrawal?.institution === 0 ? words.labels.governance : nameOf(decided, reader),
    reason: withdrawal === undefined ? "" : words.reasons[withdrawal.reason as Reason],
    successor: String(withdrawal?.successor ?? ""),
    why: standingText(answer, words),
  };
}

/** The time that a verdict's sentence is about. */
function timeOf(answer: VerificationResponse, decided: VerifiedEntry | undefined): string {
  switch (answer.verdict) {
    case "valid":
    case "pending":
    case "registered":
    case "issuer-not-in-good-standing":
      return decided?.recordedAt ?? answer.asOf.time;
    case "expired":
      return decided?.validUntil ?? answer.asOf.time;
    case "suspended":
    case "revoked":
    case "superseded":
      return answer.withdrawal?.recordedAt ?? answer.asOf.time;
    case "not-found":
      return answer.asOf.time;
  }
}

function standingText({ standing }: VerificationResponse, { notes: texts }: Words): string {
  if (standing === undefined) return "";
  const time = local(standing.since);
  if (standing.what === "key") return fill(texts.keyCompromised, { time });
  return fill(standing.state === "suspended" ? texts.institutionSuspended : texts.institutionWithdrawn, {
    time,
  });
}

function notes(answer: VerificationResponse, reader: Reader): string[] {
  const { notes: texts } = reader.words;
  const conflicts = answer.entries.filter(({ conflict }) => conflict);
  return [
    ...(answer.lagging === true ? [texts.lagging] : []),
    ...(answer.warnings?.some(({ code }) => code === "DIGEST_OF_EMPTY_INPUT") === true
      ? [texts.emptyFile]
      : []),
    ...conflicts.map((entry) =>
      fill(texts.conflict, {
        issuer: nameOf(entry, reader),
        time: local(entry.recordedAt),
        entry: entry.index,
      }),
    ),
  ];
}

function facts(entry: VerifiedEntry, { basis }: VerificationResponse, reader: Reader): string[] {
  const { labels } = reader.words;
  return rows([
    [labels.issuer, `${nameOf(entry, reader)} (${entry.institution.id})`],
    [labels.registered, local(entry.recordedAt)],
    [labels.validUntil, entry.validUntil === null ? labels.noEnd : local(entry.validUntil)],
    [labels.documentType, entry.scene],
    [labels.entry, String(entry.index)],
    ...(entry.registry === undefined ? [] : [[labels.registry, entry.registry] as const]),
    ...(basis === undefined || basis.entry === entry.index
      ? []
      : [[labels.decidedBy, basisText(basis, labels)] as const]),
    entry.digest === undefined
      ? [labels.commitment, entry.commitment ?? ""]
      : [labels.fingerprint, entry.digest],
    [labels.transaction, entry.transaction],
  ]);
}

/** The entry that a verdict rests on, where that is not the document's own; and the key in question. */
function basisText(
  { entry, since, key }: NonNullable<VerificationResponse["basis"]>,
  labels: Words["labels"],
): string {
  const base = `${labels.entry} ${entry} · ${local(since)}`;
  return key === undefined ? base : `${base} · ${key}`;
}

function asOfText({ asOf }: VerificationResponse, { words }: Reader): string {
  const { treeSize: size, root, block, time } = asOf;
  return fill(words.notes.asOf, { size, root, block, time: local(time) });
}

function nameOf(entry: VerifiedEntry | undefined, { language }: Reader): string {
  return entry?.institution.names[language] ?? "";
}

/** A time of the wire as people in Shenzhen and Hong Kong read it. */
export function local(time: string): string {
  return formatLocalTime(Math.floor(Date.parse(time) / 1000));
}

function sentence(title: string, language: Language): string {
  return language === "en" ? `${title}.` : `${title}。`;
}
