/** Turns the answer of a check into the texts, facts and tone that the page shows, and into the CSV report. */
import { formatDigest } from "../core/digest.ts";
import type { Action, Reason } from "../core/entry.ts";
import { AppError, ERRORS, type ErrorCode } from "../core/errors.ts";
import { csvLine, escapeFormula } from "../core/csv.ts";
import { officialKey, type OfficialId } from "../core/official-id.ts";
import { formatLocalTime, formatTime } from "../core/time.ts";
import { VERDICTS, type RestsOn, type VerdictCode } from "../core/verdict.ts";
import { fill } from "../words/fill.ts";
import type { Checked } from "../sdk/verify/check.ts";
import {
  SIGNS,
  adviceOf,
  asOfText,
  decidingEntry,
  localTime,
  meaningOf,
  issuerName,
  nameSince,
  notesOf,
  offlineIssuer,
  offlineMeaning,
  offlineNotes,
  policyAgeText,
  restsOnText,
  statedOffline,
  sentence,
  statementText,
  type Reader,
} from "../sdk/verify/answer-text.ts";
import { restsOnOffline, type OfflineAnswer } from "../sdk/verify/offline.ts";
import type { ShownAnswer, ShownEntry } from "../sdk/verify/shown.ts";
import type { InstitutionsResponse } from "../wire/entries.ts";
import type { IssuerAnswer } from "../wire/verifications.ts";
import type { Item } from "./session.ts";

/** Colour class of an answer; the sign and the text carry the same meaning. */
type Tone = "good" | "caution" | "bad" | "wait" | "unknown";

export interface Fact {
  readonly label: string;
  readonly value: string;
}

interface Event {
  readonly time: string;
  readonly text: string;
}

export interface AnswerView {
  /** Undefined: a fault of the input, which is not a verdict. */
  readonly verdict: VerdictCode | undefined;
  readonly tone: Tone;
  readonly sign: string;
  readonly title: string;
  readonly means: string;
  readonly notes: readonly string[];
  readonly facts: readonly Fact[];
  /** Oldest first; undefined: nothing is known. */
  readonly history: readonly Event[] | undefined;
  readonly next: string;
  /** In English, for the operator of the service. */
  readonly detail: string | undefined;
  /** Whose word it is, or that it is proven; undefined: nothing is answered. */
  readonly restsOn: { readonly code: RestsOn; readonly text: string } | undefined;
  /** The checkpoint that the answer is true of. */
  readonly asOf: string | undefined;
  /** Index of the deciding entry. */
  readonly entry: number | undefined;
  /** Why the entries of some institutions alone decided. */
  readonly chosenBy: ShownAnswer["chosenBy"];
  /** Of an answer with several issuers. */
  readonly issuers: readonly NamedIssuer[];
}

/** An institution that a document may name. */
export type NamedIssuer = OfficialId & Pick<IssuerAnswer["institution"], "names">;

const TONES: Readonly<Record<VerdictCode, Tone>> = {
  valid: "good",
  expired: "caution",
  suspended: "caution",
  superseded: "caution",
  "issuer-not-in-good-standing": "caution",
  revoked: "bad",
  pending: "wait",
  registered: "wait",
  "several-issuers": "caution",
  "not-found": "unknown",
  indeterminate: "unknown",
};

/** The language and texts of a view, and the service's directory once it is loaded. */
export interface Audience extends Reader {
  readonly directory: InstitutionsResponse | undefined;
}

export function viewOf(checked: Checked, audience: Audience): AnswerView {
  switch (checked.kind) {
    case "online":
      return onlineView(checked, audience);
    case "offline":
      return offlineView(checked.answer, audience);
    case "undetermined": {
      const { code, detail } = checked.answer;
      return indeterminate(becauseOf(checked.answer, audience), { code, detail }, audience);
    }
    case "unproven":
      return undecided(checked.fault, audience);
    case "fault":
      return faultView(checked.fault, audience);
  }
}

/** In the reader's language, unless a later version of the service sent an unknown code. */
export function becauseOf({ code, title }: { code: string; title: string }, { words }: Reader): string {
  return Object.hasOwn(ERRORS, code) ? words.errors[code as ErrorCode] : title;
}

const NOTHING = {
  notes: [],
  facts: [],
  history: undefined,
  detail: undefined,
  restsOn: undefined,
  asOf: undefined,
  entry: undefined,
  chosenBy: undefined,
  issuers: [],
};

function headOf(
  verdict: VerdictCode,
  { words }: Reader,
): Pick<AnswerView, "verdict" | "tone" | "sign" | "title" | "next"> {
  const { title, next } = words.verdicts[verdict];
  return { verdict, tone: TONES[verdict], sign: SIGNS[verdict], title, next };
}

/** The issuers of the directory, in the order of jurisdiction and official number. */
export function knownIssuers({ directory }: Audience): readonly NamedIssuer[] {
  const known = directory?.institutions.filter(({ roles }) => roles.includes("issuer")) ?? [];
  return known.toSorted((a, b) => (officialKey(a) < officialKey(b) ? -1 : 1));
}

type Online = Extract<Checked, { kind: "online" }>;

function onlineView({ answer, proofs }: Online, audience: Audience): AnswerView {
  const { chosenBy, issuers = [] } = answer;
  const decided = decidingEntry(answer, answer);
  const base = { ...NOTHING, ...headOf(answer.verdict, audience), asOf: asOfText(answer, audience) };
  const notes = [
    ...notesOf(answer, audience),
    ...proofs.slice(0, 1).flatMap((proof) => ageNotes(proof, audience)),
  ];
  const restsOn = {
    code: answer.restsOn,
    text: restsOnText(answer.restsOn, answer.statedBy, audience),
  };
  const chosen = { restsOn, chosenBy, issuers: issuers.map(({ institution }) => institution) };
  const view = { ...base, ...chosen, means: meaningOf(answer, audience), notes };
  if (decided === undefined) return view;
  return {
    ...view,
    entry: decided.registry === undefined ? decided.index : undefined,
    facts: factsOf(decided, answer.verdict, audience),
    history: historyOf(decided, audience),
  };
}

/** A document that was not withdrawn is in force only where the verdict says so. */
export function factsOf(entry: ShownEntry, verdict: VerdictCode, audience: Audience): readonly Fact[] {
  const { labels, statuses } = audience.words;
  const hasStatus = entry.status !== "active" || verdict === "valid";
  return [
    { label: labels.issuer, value: issuerName(entry, audience) },
    { label: labels.registered, value: localTime(entry.recordedAt) },
    {
      label: labels.validUntil,
      value: entry.validUntil === null ? labels.noEnd : localTime(entry.validUntil),
    },
    { label: labels.documentType, value: entry.sceneNames?.[audience.language] ?? entry.scene },
    ...(hasStatus ? [{ label: labels.status, value: statuses[entry.status] }] : []),
    { label: labels.entry, value: String(entry.index) },
  ];
}

function ageNotes(checked: Parameters<typeof policyAgeText>[0], reader: Reader): string[] {
  const age = policyAgeText(checked, reader);
  return age === undefined ? [] : [age];
}

function historyOf(decided: NonNullable<ReturnType<typeof decidingEntry>>, audience: Audience): Event[] {
  const { history } = audience.words.page;
  const { reasons, labels } = audience.words;
  const issuer = issuerName(decided, audience);
  const registered = fill(history.registered, { issuer, entry: decided.index });
  return [
    { time: localTime(decided.recordedAt), text: registered },
    ...decided.statuses.map((change) => ({
      time: localTime(change.recordedAt),
      text: fill(history.change, {
        done: history.done[change.action as Action],
        actor: change.institution === 0 ? labels.governance : issuer,
        reason: reasons[change.reason as Reason],
        entry: change.index,
      }),
    })),
  ];
}

function offlineView(answer: OfflineAnswer, audience: Audience): AnswerView {
  const { labels, notes } = audience.words;
  const { verdict, entry, index, checkpoint } = answer;
  const statement = statementText(answer, audience);
  const since = nameSince(answer);
  const { origin, size, root } = checkpoint;
  const restsOn = restsOnOffline(answer);
  return {
    ...NOTHING,
    ...headOf(verdict, audience),
    means: offlineMeaning(answer, audience),
    notes: offlineNotes(answer, audience),
    restsOn: { code: restsOn, text: restsOnText(restsOn, statedOffline(answer), audience) },
    chosenBy: answer.chosenBy,
    entry: index,
    facts: [
      { label: labels.issuer, value: offlineIssuer(answer, audience) },
      { label: labels.registered, value: formatLocalTime(entry.recordedAt) },
      {
        label: labels.validUntil,
        value: entry.validUntil === 0 ? labels.noEnd : formatLocalTime(entry.validUntil),
      },
      ...(since === undefined ? [] : [{ label: labels.nameSince, value: since }]),
      ...(statement === undefined ? [] : [{ label: labels.statement, value: statement }]),
      { label: labels.entry, value: String(index) },
    ],
    history: offlineHistory(answer, audience),
    asOf: fill(notes.offline, { origin, size, root: hex(root) }),
  };
}

/** The events that the receipt and the statement prove. */
function offlineHistory(answer: OfflineAnswer, audience: Audience): Event[] {
  const { reasons, labels, page } = audience.words;
  const { entry, index, status } = answer;
  const issuer = offlineIssuer(answer, audience);
  const registered = fill(page.history.registered, { issuer, entry: index });
  const change = status instanceof AppError ? undefined : status?.change;
  const changed =
    change &&
    fill(page.history.change, {
      done: page.history.done[change.action],
      actor: change.entry.institution === 0 ? labels.governance : issuer,
      reason: reasons[change.reason],
      entry: (status instanceof AppError ? undefined : status?.decidedBy) ?? "",
    });
  return [
    { time: formatLocalTime(entry.recordedAt), text: registered },
    ...(change && changed !== undefined
      ? [{ time: formatLocalTime(change.entry.recordedAt), text: changed }]
      : []),
    ...(status === undefined ? [{ time: "", text: page.history.unknown }] : []),
  ];
}

const hex = (bytes: Uint8Array): string =>
  formatDigest({ algorithm: "sha256", bytes }).slice("sha256:".length);

/** A fault of the input is shown without a verdict; any other fault is `indeterminate`. */
function faultView(error: AppError, audience: Audience): AnswerView {
  const { words } = audience;
  if (error.code === "RECEIPT_MISSING")
    return {
      ...undecided(error, audience),
      title: words.page.offline.title,
      means: "",
      next: words.page.offline.next,
    };
  const problem = PROBLEMS[error.code];
  if (problem === undefined) return undecided(error, audience);
  return {
    ...NOTHING,
    verdict: undefined,
    tone: "caution",
    sign: "!",
    title: sentence(words.errors[error.code], audience.language),
    means: "",
    next: words.page.problems[problem],
    detail: `${error.code}: ${error.fields.detail}`,
  };
}

function undecided({ code, fields: { detail, status } }: AppError, audience: Audience): AnswerView {
  const { errors, page } = audience.words;
  const why = errors[code];
  const title = typeof status === "number" ? fill(page.withStatus, { why, status }) : why;
  return indeterminate(title, { code, detail }, audience);
}

function indeterminate(
  title: string,
  { code, detail }: { code: string; detail: string },
  audience: Audience,
): AnswerView {
  const { words, language } = audience;
  const because = sentence(title, language);
  const means = fill(words.verdicts.indeterminate.means, { because });
  const next = adviceOf(code, words);
  return { ...NOTHING, ...headOf("indeterminate", audience), means, next, detail: `${code}: ${detail}` };
}

/** Faults of the input, and the advice shown for each. */
const PROBLEMS: Partial<Record<ErrorCode, keyof Reader["words"]["page"]["problems"]>> = {
  DOCUMENT_MISMATCH: "mismatch",
  ISSUER_MISMATCH: "issuer",
  INSTITUTION_UNPROVEN: "receipt",
  RECEIPT_SYNTAX: "receipt",
  RECEIPT_TOO_LARGE: "receipt",
  RECEIPT_EXTRA: "receipt",
  RECEIPT_VERSION: "other",
  ZIP_REFUSED: "zip",
  ZIP_DAMAGED: "zip",
  ENTRY_MALFORMED: "receipt",
  NOTE_SYNTAX: "receipt",
  PROOF_SHAPE: "receipt",
  PROOF_INVALID: "receipt",
  SALT_MISSING: "salt",
  POLICY_MISSING: "policy",
  POLICY_SYNTAX: "policy",
  POLICY_NO_LOG: "policy",
  POLICY_NO_WITNESS: "policy",
  POLICY_EXPIRED: "policy",
  RECEIPT_OTHER_LOG: "trust",
  SIGNATURE_INVALID: "trust",
  NOT_ENOUGH_WITNESSES: "trust",
  EMPTY_FILE: "empty",
  FILE_CHANGED: "changed",
  FILE_UNREADABLE: "file",
  FILE_NOT_FOUND: "file",
  FILE_PERMISSION: "file",
  IS_DIRECTORY: "file",
  NOT_REGULAR_FILE: "file",
};

/** Sort order of a table of answers, most severe first; undefined = a fault. */
const SEVERITY: readonly (VerdictCode | undefined)[] = [
  "revoked",
  undefined,
  "not-found",
  "suspended",
  "superseded",
  "issuer-not-in-good-standing",
  "several-issuers",
  "expired",
  "indeterminate",
  "registered",
  "pending",
  "valid",
];

/** Most severe first once all are done; until then in the order of input. */
export function inOrder(items: readonly Item[], audience: Audience): readonly Item[] {
  const rank = ({ progress }: Item): number =>
    progress.state === "done" ? SEVERITY.indexOf(viewOf(progress.checked, audience).verdict) : -1;
  if (items.some(({ progress }) => progress.state !== "done")) return items;
  return items.toSorted((a, b) => rank(a) - rank(b) || a.id - b.id);
}

/** Whether nothing but a receipt, or the service, can tell more. */
function wantsReceipt(checked: Checked): boolean {
  return checked.kind === "fault" && checked.fault.code === "RECEIPT_MISSING";
}

/** Whether a new check of a file may give another answer: it is undecided, or was checked offline while now online. */
export function canBeRetried(
  { progress, digests }: Item,
  { offline, audience }: { offline: boolean; audience: Audience },
): boolean {
  if (progress.state !== "done" || digests === undefined) return false;
  if (offline && wantsReceipt(progress.checked)) return false;
  const { verdict } = viewOf(progress.checked, audience);
  const wasOffline = progress.checked.kind === "offline" && !offline;
  return verdict === "indeterminate" || verdict === "pending" || wasOffline;
}

/** How many files have each answer that is a verdict, in the order of `VERDICTS`. */
export function counts(items: readonly Item[], audience: Audience): readonly (readonly [string, number])[] {
  const all = items.flatMap(({ progress }) =>
    progress.state === "done" ? [viewOf(progress.checked, audience)] : [],
  );
  const ordered = VERDICTS.flatMap((verdict) => all.filter((view) => view.verdict === verdict));
  return [...Map.groupBy(ordered, ({ sign, title }) => `${sign} ${title}`)].map(
    ([title, { length }]) => [title, length] as const,
  );
}

const COLUMNS = [
  "file",
  "bytes",
  "sha256",
  "sm3",
  "verdict",
  "answer",
  "issuer",
  "issuer_chosen_by",
  "rests_on",
  "registered",
  "entry",
  "checked_at",
  "detail",
];

/** The CSV report of many files: RFC 4180, with a byte order mark for spreadsheets. */
export function reportOf(items: readonly Item[], audience: Audience): string {
  const lines = inOrder(items, audience).flatMap(({ name, size, digests = [], progress }) => {
    if (progress.state !== "done") return [];
    const view = viewOf(progress.checked, audience);
    const [issuer, registered] = view.facts;
    return csvLine([
      escapeFormula(name),
      String(size),
      ...(["sha256", "sm3"] as const).map((name) =>
        digests
          .filter(({ algorithm }) => algorithm === name)
          .map(({ bytes }) => hex(bytes))
          .join(),
      ),
      view.verdict ?? "",
      escapeFormula(`${view.title} ${view.means}`.trim()),
      escapeFormula(issuer?.value ?? ""),
      view.chosenBy ?? "",
      view.restsOn?.code ?? "",
      registered?.value ?? "",
      view.entry === undefined ? "" : String(view.entry),
      formatTime(progress.at),
      escapeFormula(view.detail ?? ""),
    ]);
  });
  return `\uFEFF${csvLine(COLUMNS)}${lines.join("")}`;
}

/** The URL in the QR code of a certificate. */
export function entryUrl(entry: number, directory: InstitutionsResponse | undefined, origin: string): string {
  return `${(directory?.publicUrl ?? origin).replace(/\/$/, "")}/#entry=${entry}`;
}

/** The entry that the fragment of such a URL names. */
export function entryOf(hash: string): number | undefined {
  const [, digits] = /^#entry=(0|[1-9][0-9]{0,14})$/.exec(hash) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** Hexadecimal in groups of eight. */
export function groups(hash: string): readonly string[] {
  return hash.match(/.{1,8}/g) ?? [];
}
