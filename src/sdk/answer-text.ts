/** Writes the meaning of an answer as sentences of a language. */
import type { Language } from "../core/directory.ts";
import type { Reason } from "../core/entry.ts";
import { AppError } from "../core/errors.ts";
import { formatLocalTime } from "../core/time.ts";
import type { VerdictCode } from "../core/verdict.ts";
import type { Words } from "../words/en.ts";
import { fill } from "../words/fill.ts";
import type { VerificationResponse, VerifiedEntry } from "../wire/verifications.ts";
import type { OfflineAnswer } from "./offline.ts";

/** Symbols beside the words of a verdict. */
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

/** The entry that decided; undefined for not-found. */
export function decidingEntry({ entries, decidedBy }: VerificationResponse): VerifiedEntry | undefined {
  return entries.find(({ index }) => index === decidedBy);
}

/** The sentence of a definite answer. */
export function meaningOf(answer: VerificationResponse, reader: Reader): string {
  const { withdrawal } = answer;
  const { words } = reader;
  const decided = decidingEntry(answer);
  const time = timeOf(answer, decided);
  return fill(words.verdicts[answer.verdict].means, {
    time: localTime(time),
    issuer: issuerName(decided, reader),
    actor: withdrawal?.institution === 0 ? words.labels.governance : issuerName(decided, reader),
    reason: withdrawal === undefined ? "" : words.reasons[withdrawal.reason as Reason],
    successor: String(withdrawal?.successor ?? ""),
    why: standingText(answer, words),
  });
}

/** The time in the sentence of a verdict. */
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
  const time = localTime(standing.since);
  if (standing.what === "key") return fill(texts.keyCompromised, { time });
  return fill(standing.state === "suspended" ? texts.institutionSuspended : texts.institutionWithdrawn, {
    time,
  });
}

/** Warnings beside a definite answer. */
export function notesOf(answer: VerificationResponse, reader: Reader): string[] {
  const { notes: texts } = reader.words;
  const conflicts = answer.entries.filter(({ conflict }) => conflict);
  return [
    ...(answer.lagging === true ? [texts.lagging] : []),
    ...(answer.warnings?.some(({ code }) => code === "DIGEST_OF_EMPTY_INPUT") === true
      ? [texts.emptyFile]
      : []),
    ...conflicts.map((entry) =>
      fill(texts.conflict, {
        issuer: issuerName(entry, reader),
        time: localTime(entry.recordedAt),
        entry: entry.index,
      }),
    ),
  ];
}

/** The state of the log to which an answer refers. */
export function asOfText({ asOf }: VerificationResponse, { words }: Reader): string {
  const { treeSize: size, root, block, time } = asOf;
  return fill(words.notes.asOf, { size, root, block, time: localTime(time) });
}

export function issuerName(entry: VerifiedEntry | undefined, { language }: Reader): string {
  return entry?.institution.names[language] ?? "";
}

/** A time of the wire in UTC+8. */
export function localTime(time: string): string {
  return formatLocalTime(Math.floor(Date.parse(time) / 1000));
}

/** The title of an error as a sentence. */
export function sentence(title: string, language: Language): string {
  return language === "en" ? `${title}.` : `${title}。`;
}

/** The name of the issuer, or its id with the reason why the name is not proven. */
export function offlineIssuer({ institution, entry }: OfflineAnswer, { words, language }: Reader): string {
  if (!(institution instanceof AppError)) return institution.names[language];
  return `${words.labels.issuer} ${entry.institution} (${words.errors[institution.code]}, ${institution.code})`;
}

/** The sentence of an offline answer. */
export function offlineMeaning(answer: OfflineAnswer, reader: Reader): string {
  const { words } = reader;
  const { verdict, entry, status } = answer;
  const issuer = offlineIssuer(answer, reader);
  const stated = status instanceof AppError ? undefined : status;
  const change = stated?.change;
  const since = verdict === "expired" ? entry.validUntil : (change?.entry.recordedAt ?? entry.recordedAt);
  return fill(words.verdicts[verdict].means, {
    issuer,
    time: formatLocalTime(since),
    actor: change?.entry.institution === 0 ? words.labels.governance : issuer,
    reason: change === undefined ? "" : words.reasons[change.reason],
    successor: String(change?.successor ?? ""),
    why: fill(words.notes.inQuestion, { time: formatLocalTime(stated?.time ?? 0) }),
  });
}

/** The age of the reader's policy, where it is to be told. */
export function policyAgeText(
  { policyDays }: { readonly policyDays: number | undefined },
  { words }: Reader,
): string | undefined {
  return policyDays === undefined ? undefined : fill(words.notes.policyAge, { days: policyDays });
}

/** The statement and its signers, or why it is not valid; undefined: none was given. */
export function statementText({ status }: OfflineAnswer, { words }: Reader): string | undefined {
  if (status === undefined) return undefined;
  const { notes, errors } = words;
  if (status instanceof AppError) return `${errors[status.code]} (${status.code}): ${status.fields.detail}`;
  const by = status.signers.map(({ name }) => name).join(" · ");
  const values = { by, time: formatLocalTime(status.time), entry: status.decidedBy ?? "" };
  return fill(status.change === undefined ? notes.asserted : notes.stated, values);
}
