/** Presents a service's answer as text: sign, title, meaning, facts and next step. */
import { fill, type Words } from "../words/index.ts";
import {
  SIGNS,
  asOfText,
  decidingEntry,
  localTime,
  meaningOf,
  issuerName,
  notesOf,
  sentence,
  type Reader,
} from "../sdk/verify/answer-text.ts";
import type { Indeterminate, VerificationResponse, VerifiedEntry } from "../wire/verifications.ts";
import { rows } from "./output.ts";

export function verdictLines(
  file: string,
  answer: VerificationResponse | Indeterminate,
  reader: Reader,
): string[] {
  const { words } = reader;
  const { title, means, next } = words.verdicts[answer.verdict];
  const head = `${SIGNS[answer.verdict]} ${title}  ${file}`;
  if (answer.verdict === "indeterminate") {
    const because = sentence(answer.title, reader.language);
    return [head, `  ${fill(means, { because })}`, `  ${answer.code}: ${answer.detail}`, `  → ${next}`];
  }
  const decided = decidingEntry(answer, answer);
  return [
    head,
    `  ${meaningOf(answer, reader)}`,
    ...notesOf(answer, reader).map((note) => `  ${note}`),
    ...(decided === undefined ? [] : facts(decided, answer, reader)),
    `  → ${next}`,
    `  (${asOfText(answer, reader)})`,
  ];
}

function facts(entry: VerifiedEntry, { basis }: VerificationResponse, reader: Reader): string[] {
  const { labels } = reader.words;
  return rows([
    [labels.issuer, `${issuerName(entry, reader)} (${entry.institution.id})`],
    [labels.registered, localTime(entry.recordedAt)],
    [labels.validUntil, entry.validUntil === null ? labels.noEnd : localTime(entry.validUntil)],
    [labels.documentType, entry.scene],
    [labels.entry, String(entry.index)],
    ...(entry.registry === undefined ? [] : [[labels.registry, entry.registry] as const]),
    ...(basis === undefined || basis.entry === entry.index
      ? []
      : [[labels.decidedBy, basisText(basis, labels)] as const]),
    entry.digest === undefined
      ? [labels.commitment, entry.commitment ?? ""]
      : [labels.fingerprint, entry.digest],
    ...(entry.transaction === undefined ? [] : [[labels.transaction, entry.transaction] as const]),
  ]);
}

/** The entry that decides the verdict, where that is not the document's own, and the key in question. */
function basisText(
  { entry, since, key }: NonNullable<VerificationResponse["basis"]>,
  labels: Words["labels"],
): string {
  const base = `${labels.entry} ${entry} · ${localTime(since)}`;
  return key === undefined ? base : `${base} · ${key}`;
}
