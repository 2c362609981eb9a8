/** Judges all entries of a file together, by the rules of the format. */
import type { ErrorCode } from "../core/errors.ts";
import type { Institution } from "../core/directory.ts";
import { officialKey, type ExpectedIssuer, type OfficialId } from "../core/official-id.ts";
import { againstClock } from "../core/time.ts";
import type { Address, EntryIndex, UnixSeconds } from "../core/units.ts";
import type { VerdictCode } from "../core/verdict.ts";
import type { DocumentEvidence, Evidence, EvidenceHead, OtherLog, StatusEvidence } from "./ports.ts";

export interface JudgingPolicy {
  /** Seconds that a final head may be old for what only a current index can say. */
  readonly maxLag: number;
  /**
   * Whether the chain makes empty blocks. Where it makes none, an old block is not a sign of a lag, and the time of the last
   * agreement with the contract counts instead.
   */
  readonly emptyBlocks: boolean;
  /** Where the caller expects no issuer and some of these have entries, only their entries decide. */
  readonly acceptedIssuers: readonly OfficialId[];
}

export interface VerificationQuestion {
  /** The institution that the caller expects to have issued the file; then only its entries decide. */
  readonly expectedIssuer?: ExpectedIssuer | undefined;
}

/** Why an institution or key is not in good standing, since when, and by which directory entry. */
type Standing = { readonly since: UnixSeconds; readonly entry: EntryIndex } & (
  | { readonly kind: "institution"; readonly state: "suspended" | "withdrawn" }
  | { readonly kind: "key"; readonly key: Address }
);

/** The verdict by the entries of one institution. `document` is the entry that decided. */
export type IssuerVerdict =
  | { readonly kind: "valid" | "expired" | "pending"; readonly document: DocumentEvidence }
  | {
      readonly kind: "revoked" | "superseded" | "suspended";
      readonly document: DocumentEvidence;
      readonly status: StatusEvidence;
      /** The index could not be brought up to date: the withdrawal stands, and more may have happened since. */
      readonly lagging: boolean;
    }
  | {
      readonly kind: "issuer-not-in-good-standing";
      readonly document: DocumentEvidence;
      readonly why: Standing;
    }
  | { readonly kind: "indeterminate"; readonly because: ErrorCode; readonly detail: string };

/** The answer. */
export type Verdict =
  | IssuerVerdict
  | { readonly kind: "not-found" }
  | {
      readonly kind: "several-issuers";
      /** Each with its own verdict, in the order of jurisdiction and official number. */
      readonly issuers: readonly { readonly institution: Institution; readonly verdict: IssuerVerdict }[];
    };

export interface Judgement {
  readonly verdict: Verdict;
  /** What chose the institutions that decide; undefined = every one that has entries decides. */
  readonly chosenBy: "caller" | "setting" | undefined;
  /** Entries of the institutions that decide. */
  readonly deciding: readonly DocumentEvidence[];
  /** Entries of other institutions with the same payload. */
  readonly conflicting: readonly DocumentEvidence[];
  /** How many institutions those are of. */
  readonly others: number;
}

type Withdrawal = Extract<VerdictCode, "revoked" | "superseded" | "suspended">;

/** Gravest first. */
const WITHDRAWALS: readonly Withdrawal[] = ["revoked", "superseded", "suspended"];

/**
 * Pure: the same evidence at the same time gets the same answer everywhere.
 *
 * Each institution is judged by its own entries alone, so that no entry touches another institution's verdict. One that is
 * not chosen is never left out because of its verdict: the others would then be chosen by elimination.
 *
 * A stale index answers what no later entry takes back: a withdrawal, marked as lagging, and that several institutions have
 * registered a file. Any other verdict on an institution, and "not-found", are then indeterminate.
 * @param now the clock; the log's own final time counts where that is later
 */
export function judge(input: {
  question: VerificationQuestion;
  evidence: Evidence;
  policy: JudgingPolicy;
  now: UnixSeconds;
}): Judgement {
  const { question, evidence, policy } = input;
  const now = Math.max(input.now, evidence.head?.final?.time ?? 0);
  const stale = [evidence, ...evidence.others]
    .map((log) => unreadOf(log) ?? staleness({ head: log.head, policy, now, clock: input.now }))
    .find((found) => found !== undefined);
  const registrants = registrantsOf(evidence.documents);
  const { chosenBy, isChosen } = choiceOf(registrants, { question, evidence, policy });
  const chosen = registrants.filter(isChosen);
  const others = registrants.filter((registrant) => !isChosen(registrant));
  return {
    verdict: verdictOn(chosen, { stale, now }),
    chosenBy,
    deciding: chosen.flatMap(({ documents }) => documents),
    conflicting: others.flatMap(({ documents }) => documents),
    others: others.length,
  };
}

/** An institution and all its entries, in whichever registry they are. */
interface Registrant {
  readonly key: string;
  readonly documents: readonly DocumentEvidence[];
}

/** In the order of jurisdiction and official number, which identify an institution across registries; ids do not. */
function registrantsOf(documents: readonly DocumentEvidence[]): Registrant[] {
  const byKey = Map.groupBy(documents, ({ institution }) => officialKey(institution));
  const sorted = [...byKey].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([key, own]) => ({ key, documents: own }));
}

/** Whose entries decide: the expected issuer's; else those of accepted issuers, where there are any; else all. */
function choiceOf(
  registrants: readonly Registrant[],
  input: { question: VerificationQuestion; evidence: Evidence; policy: JudgingPolicy },
): { chosenBy: Judgement["chosenBy"]; isChosen: (registrant: Registrant) => boolean } {
  const { expectedIssuer } = input.question;
  if (expectedIssuer !== undefined) {
    const expected = typeof expectedIssuer === "number" ? input.evidence.expected : expectedIssuer;
    const wanted = expected && officialKey(expected);
    return { chosenBy: "caller", isChosen: ({ key }) => key === wanted };
  }
  const accepted = new Set(input.policy.acceptedIssuers.map(officialKey));
  const isAccepted = ({ key }: Registrant): boolean => accepted.has(key);
  return registrants.some(isAccepted)
    ? { chosenBy: "setting", isChosen: isAccepted }
    : { chosenBy: undefined, isChosen: () => true };
}

type Stale = Extract<IssuerVerdict, { kind: "indeterminate" }>;

function verdictOn(
  registrants: readonly Registrant[],
  at: { stale: Stale | undefined; now: UnixSeconds },
): Verdict {
  const issuers = registrants.flatMap(({ documents }) => {
    const newest = documents.at(-1);
    if (newest === undefined) return [];
    return [{ institution: newest.institution, verdict: judgeIssuer(documents, newest, at) }];
  });
  const [only, ...more] = issuers;
  if (only === undefined) return at.stale ?? { kind: "not-found" };
  return more.length === 0 ? only.verdict : { kind: "several-issuers", issuers };
}

/** A withdrawal of any entry of the institution decides, else its newest entry. */
function judgeIssuer(
  documents: readonly DocumentEvidence[],
  newest: DocumentEvidence,
  { stale, now }: { stale: Stale | undefined; now: UnixSeconds },
): IssuerVerdict {
  const withdrawal = gravestWithdrawal(documents);
  if (withdrawal !== undefined) return { ...withdrawal, lagging: stale !== undefined };
  return stale ?? judgeNewest(newest, now);
}

/** Whether a document is in force as far as its own entry goes. */
function judgeNewest(document: DocumentEvidence, now: UnixSeconds): IssuerVerdict {
  const why = standingOf(document);
  if (why !== undefined) return { kind: "issuer-not-in-good-standing", document, why };
  const { validUntil } = document.entry;
  if (validUntil !== 0 && now >= validUntil) return { kind: "expired", document };
  return { kind: document.final ? "valid" : "pending", document };
}

function standingOf({ entry, institution, key }: DocumentEvidence): Standing | undefined {
  if (institution.state !== "active") {
    const { state, stateSince: since, stateEntry } = institution;
    return { kind: "institution", state, since, entry: stateEntry };
  }
  if (key.compromise !== undefined && key.compromise.since <= entry.recordedAt) {
    return { kind: "key", key: key.address, ...key.compromise };
  }
  return undefined;
}

function gravestWithdrawal(
  documents: readonly DocumentEvidence[],
): { kind: Withdrawal; document: DocumentEvidence; status: StatusEvidence } | undefined {
  const found = documents.flatMap((document) => {
    const status = currentStatus(document.statuses);
    return status === undefined ? [] : [{ kind: WITHDRAWAL_BY[status.action], document, status }];
  });
  for (const kind of WITHDRAWALS) {
    const match = found.find((withdrawal) => withdrawal.kind === kind);
    if (match?.kind !== undefined) return { ...match, kind: match.kind };
  }
  return undefined;
}

const WITHDRAWAL_BY = {
  revoke: "revoked",
  supersede: "superseded",
  suspend: "suspended",
  reinstate: undefined,
} as const;

/**
 * The withdrawal that holds after all changes of a document's status, oldest first. Revocation and supersession are
 * final. What a compromised key set stands if it withdraws, and does not count if it reinstates.
 */
export function currentStatus(statuses: readonly StatusEvidence[]): StatusEvidence | undefined {
  let current: StatusEvidence | undefined;
  for (const status of statuses) {
    if (current?.action === "revoke" || current?.action === "supersede") return current;
    if (status.action !== "reinstate") current = status;
    else if (!setAfterCompromise(status)) current = undefined;
  }
  return current;
}

function setAfterCompromise({ key, recordedAt }: StatusEvidence): boolean {
  return key.compromise !== undefined && key.compromise.since <= recordedAt;
}

/** The rule that decided, the entry that it rests on, and since when it holds. */
export interface Basis {
  readonly rule: "newest-entry" | "validity" | "withdrawal" | "institution-state" | "key-compromise";
  readonly entry: EntryIndex;
  readonly since: UnixSeconds;
  /** The key that is in question. */
  readonly key?: Address;
}

/** The basis of a verdict; "several-issuers", "not-found" and "indeterminate" have none of their own. */
export function basisOf(verdict: Verdict): Basis | undefined {
  switch (verdict.kind) {
    case "valid":
    case "pending": {
      const { index, entry } = verdict.document;
      return { rule: "newest-entry", entry: index, since: entry.recordedAt };
    }
    case "expired": {
      const { index, entry } = verdict.document;
      return { rule: "validity", entry: index, since: entry.validUntil };
    }
    case "revoked":
    case "superseded":
    case "suspended":
      return { rule: "withdrawal", entry: verdict.status.index, since: verdict.status.recordedAt };
    case "issuer-not-in-good-standing": {
      const { entry, since, ...why } = verdict.why;
      if (why.kind === "institution") return { rule: "institution-state", entry, since };
      return { rule: "key-compromise", entry, since, key: why.key };
    }
    case "several-issuers":
    case "not-found":
    case "indeterminate":
      return undefined;
  }
}

/** Changes of the status of one document that a proof shows, at most. */
const MAX_STATUSES = 16;

/**
 * The entries that an answer shows, of the own log only: the documents with the newest changes of their status, and what the
 * directory says of the key or the institution in question.
 */
export function provingEntries({ verdict, deciding, conflicting }: Judgement): readonly EntryIndex[] {
  const own = [...deciding, ...conflicting].filter(({ registry, final }) => registry === undefined && final);
  const shown = own.flatMap(({ index, statuses, entry, institution, key }) => [
    index,
    ...statuses.slice(-MAX_STATUSES).map((status) => status.index),
    ...(entry.governedAdmin && institution.placedAdmin ? [institution.placedAdmin.entry] : []),
    ...(key.correction ? [key.correction.entry] : []),
  ]);
  return [...new Set([...shown, ...groundsOf(verdict)])];
}

/** Entries that verdicts rest on, beside those of the document. */
function groundsOf(verdict: Verdict): readonly EntryIndex[] {
  if (verdict.kind === "several-issuers") return verdict.issuers.flatMap((each) => groundsOf(each.verdict));
  if (!("document" in verdict) || verdict.document.registry !== undefined) return [];
  if ("status" in verdict) return [verdict.status.index];
  return "why" in verdict ? [verdict.why.entry] : [];
}

function unreadOf(log: Pick<OtherLog, "head" | "unread">): Stale | undefined {
  return log.unread && { kind: "indeterminate", ...log.unread };
}

/** Why only a known withdrawal may be reported now; undefined where the head is fresh. */
function staleness(input: {
  head: EvidenceHead | undefined;
  policy: JudgingPolicy;
  now: UnixSeconds;
  clock: UnixSeconds;
}): Stale | undefined {
  const { head, policy, now, clock } = input;
  if (head?.final === undefined) {
    return {
      kind: "indeterminate",
      because: "INDEX_STALE",
      detail: "nothing final was read from the chain yet",
    };
  }
  const { emptyBlocks, maxLag } = policy;
  const { final, syncedAt, block } = head;
  // a reading ahead of the clock comes from a clock that was set back, and is as stale as an old one
  const isAhead = !emptyBlocks && final.time > clock + maxLag;
  const ofBlock = emptyBlocks || isAhead;
  const time = ofBlock ? final.time : syncedAt;
  // guard: F47 F48 staleness
  if (!isAhead && Math.abs((ofBlock ? now : clock) - time) <= maxLag) return undefined;
  const read = ofBlock ? "the newest final block" : "the last reading of the chain";
  const what = block === undefined ? "the mirror" : read;
  const detail = `${what} is ${againstClock(time, clock)}, and ${maxLag} s is the limit`;
  return { kind: "indeterminate", because: "INDEX_STALE", detail };
}
