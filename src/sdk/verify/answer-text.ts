/** Writes the meaning of an answer as sentences of a language. */
import type { Language } from "../../core/directory.ts";
import type { Reason } from "../../core/entry.ts";
import { AppError, type ErrorCode } from "../../core/errors.ts";
import { formatOfficialId } from "../../core/official-id.ts";
import { formatLocalTime } from "../../core/time.ts";
import type { RestsOn, VerdictCode } from "../../core/verdict.ts";
import type { Words } from "../../words/en.ts";
import { fill } from "../../words/fill.ts";
import type { InstitutionsResponse } from "../../wire/entries.ts";
import type { IssuerAnswer } from "../../wire/verifications.ts";
import type { OfflineAnswer } from "./offline.ts";
import { decisionsOf, type ShownAnswer, type ShownEntry } from "./shown.ts";

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
  "several-issuers": "≠",
  "not-found": "?",
  indeterminate: "⚠",
};

export interface Reader {
  readonly words: Words;
  readonly language: Language;
  /** The directory as it is now, where a service has given it. */
  readonly directory?: InstitutionsResponse | undefined;
}

/** The entry that decided; undefined for not-found and several-issuers. */
export function decidingEntry(
  { entries }: Pick<ShownAnswer, "entries">,
  { decidedBy, decidedIn }: Pick<IssuerAnswer, "decidedBy" | "decidedIn">,
): ShownEntry | undefined {
  return entries.find(({ index, registry }) => index === decidedBy && registry === decidedIn);
}

/** The sentence of a definite answer. */
export function meaningOf(answer: ShownAnswer, reader: Reader): string {
  const { withdrawal } = answer;
  const { words } = reader;
  const decided = decidingEntry(answer, answer);
  const time = timeOf(answer, decided);
  return fill(words.verdicts[answer.verdict].means, {
    time: localTime(time),
    issuer: issuerName(decided, reader),
    actor: withdrawal?.institution === 0 ? words.labels.governance : issuerName(decided, reader),
    reason: withdrawal === undefined ? "" : words.reasons[withdrawal.reason as Reason],
    successor: String(withdrawal?.successor ?? ""),
    why: standingText(answer, words),
    list: issuersText(answer, reader),
  });
}

/** Each issuer with its own verdict, of an answer that has several. */
function issuersText({ issuers = [] }: ShownAnswer, { words, language }: Reader): string {
  const each = issuers.map(({ institution, verdict }) =>
    fill(words.notes.issuerVerdict, {
      issuer: institution.names[language],
      officialId: formatOfficialId(institution),
      verdict: words.verdicts[verdict].title,
    }),
  );
  return each.join(language === "en" ? " " : "");
}

/** The time in the sentence of a verdict. */
function timeOf(answer: ShownAnswer, decided: ShownEntry | undefined): string {
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
    case "several-issuers":
    case "not-found":
      return answer.asOf.mirrorTime ?? answer.asOf.time;
  }
}

function standingText({ standing }: ShownAnswer, { notes: texts }: Words): string {
  if (standing === undefined) return "";
  const time = localTime(standing.since);
  if (standing.what === "key") return fill(texts.keyCompromised, { time });
  return fill(standing.state === "suspended" ? texts.institutionSuspended : texts.institutionWithdrawn, {
    time,
  });
}

/** Names of the keys that signed the status of an offline answer. */
function signersOf({ status }: Pick<OfflineAnswer, "status">): readonly string[] {
  return status === undefined || status instanceof AppError ? [] : status.signers.map(({ name }) => name);
}

/** Whose word an offline answer is: who signed its status, else who cosigned the checkpoint. */
export function statedOffline(answer: OfflineAnswer): readonly string[] {
  const signers = signersOf(answer);
  if (signers.length > 0) return signers;
  return answer.checkpoint.cosigners.map(({ witness }) => witness.key.name);
}

/** Warnings beside a definite answer. */
export function notesOf(answer: ShownAnswer, reader: Reader): string[] {
  const { notes: texts } = reader.words;
  return [
    ...oneOperatorNote(answer, reader),
    ...chosenNotes(answer.chosenBy, reader),
    ...(answer.lagging === true ? [texts.lagging] : []),
    ...(answer.warnings?.some(({ code }) => code === "DIGEST_OF_EMPTY_INPUT") === true
      ? [texts.emptyFile]
      : []),
    ...(answer.others === 0 ? [] : [fill(texts.others, { count: answer.others })]),
    ...decisionsOf(answer).flatMap((each) => governanceNotes(decidingEntry(answer, each), reader)),
  ];
}

/** Says what governance did that a verdict on this entry rests on. */
function governanceNotes(entry: ShownEntry | undefined, { words: { notes: texts } }: Reader): string[] {
  const { institution, correction } = entry ?? {};
  const placed = institution?.placedAdmin;
  return [
    ...(placed === undefined
      ? []
      : [fill(texts.placedAdmin, { time: localTime(placed.since), entry: placed.entry })]),
    ...(correction === undefined
      ? []
      : [fill(texts.reportCorrected, { time: localTime(correction.at), entry: correction.entry })]),
  ];
}

/** Notes beside an offline answer. */
export function offlineNotes(answer: OfflineAnswer, reader: Reader): string[] {
  const { chosenBy, entry, checkpoint } = answer;
  const age = policyAgeText(checkpoint, reader);
  return [
    ...oneOperatorNote(checkpoint, reader),
    ...chosenNotes(chosenBy, reader),
    ...(entry.governedAdmin ? [reader.words.notes.placedAdminBefore] : []),
    ...nameNow(answer, reader),
    ...(age === undefined ? [] : [age]),
  ];
}

/** Says that the policy is one for trying out. */
function oneOperatorNote({ oneOperator }: Pick<ShownAnswer, "oneOperator">, { words }: Reader): string[] {
  return oneOperator === true ? [words.notes.oneOperator] : [];
}

/** Says why the entries of some institutions alone decided. */
function chosenNotes(chosenBy: ShownAnswer["chosenBy"], { words }: Reader): string[] {
  if (chosenBy === undefined) return [];
  return [chosenBy === "caller" ? words.notes.chosenByCaller : words.notes.chosenBySetting];
}

/** The state of the log to which an answer refers. */
export function asOfText({ asOf }: ShownAnswer, { words }: Reader): string {
  const { treeSize: size, root, block, time, mirrorTime } = asOf;
  const values = { size, root, time: localTime(mirrorTime ?? time) };
  if (mirrorTime !== undefined) return fill(words.notes.asOfMirror, values);
  return block === undefined
    ? fill(words.notes.asOfLog, values)
    : fill(words.notes.asOf, { ...values, block });
}

/** What an answer rests on; an operator by its number. */
export function restsOnText(restsOn: RestsOn, statedBy: readonly string[], { words }: Reader): string {
  return fill(words.restsOn[restsOn], { operator: operatorNumbers(statedBy) });
}

/** The numbers of operators, which the names of their keys end with. */
export function operatorNumbers(names: readonly string[]): string {
  return names.map((name) => name.split("/").at(-1) ?? "").join(" · ");
}

export function issuerName(entry: ShownEntry | undefined, { language }: Reader): string {
  return entry?.institution.names[language] ?? "";
}

/** What to do about a file that could not be checked. @param code of a service, which may be a later one */
export function adviceOf(code: string, { verdicts, doubts }: Words): string {
  const known: Partial<Record<ErrorCode, string>> = doubts;
  return (Object.hasOwn(known, code) ? known[code as ErrorCode] : undefined) ?? verdicts.indeterminate.next;
}

/** A time of the wire in UTC+8. */
export function localTime(time: string): string {
  return formatLocalTime(Math.floor(Date.parse(time) / 1000));
}

/** The title of an error as a sentence. */
export function sentence(title: string, language: Language): string {
  return language === "en" ? `${title}.` : `${title}。`;
}

/** The name by the receipt, which proves it; or the id with why it is not proven. */
export function offlineIssuer({ institution, entry }: OfflineAnswer, { words, language }: Reader): string {
  if (!(institution instanceof AppError)) return institution.names[language];
  return `${words.labels.issuer} ${entry.institution} (${words.errors[institution.code]}, ${institution.code})`;
}

/** Since when the issuer is registered under that name. */
export function nameSince({ institution }: OfflineAnswer): string | undefined {
  return institution instanceof AppError ? undefined : formatLocalTime(institution.since);
}

/** The name in a service's directory, where that is another: it is the word of the service, and who holds a receipt chose its registration. */
function nameNow({ institution, checkpoint }: OfflineAnswer, reader: Reader): string[] {
  const { words, language, directory } = reader;
  if (institution instanceof AppError || directory?.registry.origin !== checkpoint.origin) return [];
  const known = directory.institutions.find(({ id }) => id === institution.institution)?.names[language];
  if (known === undefined || known === institution.names[language]) return [];
  return [fill(words.notes.nameNow, { name: known })];
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

/** The age of the reader's policy, above 90 days. */
export function policyAgeText(
  { policyDays }: { readonly policyDays: number | undefined },
  { words }: Reader,
): string | undefined {
  return policyDays === undefined ? undefined : fill(words.notes.policyAge, { days: policyDays });
}

/** The statement, its signers and what is their word, or why it is not valid; undefined: none was given. */
export function statementText({ status }: OfflineAnswer, { words }: Reader): string | undefined {
  if (status === undefined) return undefined;
  const { notes, errors } = words;
  if (status instanceof AppError) return `${errors[status.code]} (${status.code}): ${status.fields.detail}`;
  const by = operatorNumbers(signersOf({ status }));
  const values = { by, time: formatLocalTime(status.time), entry: status.decidedBy ?? "" };
  if (status.proven) return fill(notes.stated, values);
  return fill(status.change === undefined ? notes.asserted : notes.suspendedStated, values);
}
