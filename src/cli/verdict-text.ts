/** Presents a service's answer as text: sign, title, meaning, facts and next step. */
import { fill, type Words } from "../words/index.ts";
import {
  SIGNS,
  adviceOf,
  asOfText,
  decidingEntry,
  localTime,
  meaningOf,
  issuerName,
  notesOf,
  restsOnText,
  sentence,
  type Reader,
} from "../sdk/verify/answer-text.ts";
import type { Established, ShownEntry } from "../sdk/verify/shown.ts";
import { rows } from "./output.ts";

/** Why a file could not be checked. */
export interface IndeterminateView {
  readonly verdict: "indeterminate";
  readonly code: string;
  readonly title: string;
  readonly detail: string;
}

export function verdictLines(
  file: string,
  answer: Established | IndeterminateView,
  reader: Reader,
): string[] {
  const { words } = reader;
  const { title, means, next } = words.verdicts[answer.verdict];
  const head = `${SIGNS[answer.verdict]} ${title}  ${file}`;
  if (answer.verdict === "indeterminate") {
    const because = sentence(answer.title, reader.language);
    return [
      head,
      `  ${fill(means, { because })}`,
      `  ${answer.code}: ${answer.detail}`,
      `  → ${adviceOf(answer.code, words)}`,
    ];
  }
  const rests = [words.restsOn.label, restsOnText(answer.restsOn, answer.statedBy, reader)] as const;
  const decided = decidingEntry(answer, answer);
  return [
    head,
    `  ${meaningOf(answer, reader)}`,
    ...notesOf(answer, reader).map((note) => `  ${note}`),
    ...rows([...(decided === undefined ? [] : facts(decided, answer, reader)), rests]),
    `  → ${next}`,
    `  (${asOfText(answer, reader)})`,
  ];
}

function facts(
  entry: ShownEntry,
  { basis }: Established,
  reader: Reader,
): (readonly [label: string, value: string])[] {
  const { labels } = reader.words;
  return [
    [labels.issuer, `${issuerName(entry, reader)} (${entry.institution.id})`],
    [labels.registered, localTime(entry.recordedAt)],
    [labels.validUntil, entry.validUntil === null ? labels.noEnd : localTime(entry.validUntil)],
    [labels.documentType, entry.sceneNames?.[reader.language] ?? entry.scene],
    [labels.entry, String(entry.index)],
    ...(entry.registry === undefined ? [] : [[labels.registry, entry.registry] as const]),
    ...(basis === undefined || basis.entry === entry.index
      ? []
      : [[labels.decidedBy, basisText(basis, labels)] as const]),
    entry.digest === undefined
      ? [labels.commitment, entry.commitment ?? ""]
      : [labels.fingerprint, entry.digest],
    ...(entry.transaction === undefined ? [] : [[labels.transaction, entry.transaction] as const]),
  ];
}

/** The entry that decides the verdict, where that is not the document's own, and the key in question. */
function basisText(
  { entry, since, key }: NonNullable<Established["basis"]>,
  labels: Words["labels"],
): string {
  const base = `${labels.entry} ${entry} · ${localTime(since)}`;
  return key === undefined ? base : `${base} · ${key}`;
}
