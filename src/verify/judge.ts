/** Judges all entries of a file together, by the rules of the format. */
import type { ErrorCode } from "../core/errors.ts";
import type { IndexHead } from "../core/head.ts";
import { formatTime } from "../core/time.ts";
import type { Address, EntryIndex, InstitutionId, UnixSeconds } from "../core/units.ts";
import type { VerdictCode } from "../core/verdict.ts";
import type { DocumentEvidence, Evidence, StatusEvidence } from "./ports.ts";

export interface FreshnessPolicy {
  /** Seconds that a final head may be old for "valid" and "not-found". */
  readonly maxLag: number;
  /**
   * Whether the chain makes empty blocks. Where it makes none, an old block is not a sign of a lag, and the time of the last
   * agreement with the contract counts instead.
   */
  readonly emptyBlocks: boolean;
}

export interface VerificationQuestion {
  /** The institution that the caller expects to have issued the file; then only its entries decide. */
  readonly expectedIssuer?: InstitutionId | undefined;
}

/** Why an institution or key is not in good standing, since when, and by which directory entry. */
type Standing = { readonly since: UnixSeconds; readonly entry: EntryIndex } & (
  | { readonly kind: "institution"; readonly state: "suspended" | "withdrawn" }
  | { readonly kind: "key"; readonly key: Address }
);

/** The answer. `document` is the entry that decided. */
export type Verdict =
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
  | { readonly kind: "not-found" }
  | { readonly kind: "indeterminate"; readonly because: ErrorCode; readonly detail: string };

export interface Judgement {
  readonly verdict: Verdict;
  /** Entries of other institutions with the same payload. */
  readonly conflicting: readonly DocumentEvidence[];
  /** Entries of the deciding institution. */
  readonly deciding: readonly DocumentEvidence[];
}

type Withdrawal = Extract<VerdictCode, "revoked" | "superseded" | "suspended">;

/** Gravest first. */
const WITHDRAWALS: readonly Withdrawal[] = ["revoked", "superseded", "suspended"];

/**
 * Pure: the same evidence at the same time gets the same answer everywhere.
 * @param now the clock; the log's own final time counts where that is later
 */
export function judge(input: {
  question: VerificationQuestion;
  evidence: Evidence;
  policy: FreshnessPolicy;
  now: UnixSeconds;
}): Judgement {
  const { question, evidence, policy } = input;
  const now = Math.max(input.now, evidence.head?.final?.time ?? 0);
  const decider = deciderOf(question, evidence);
  const isDeciding = (document: DocumentEvidence): boolean =>
    decider !== undefined && isSameInstitution(decider, document);
  const deciding = evidence.documents.filter(isDeciding);
  const conflicting = evidence.documents.filter((document) => !isDeciding(document));

  const heads = [evidence.head, ...evidence.others.map(({ head }) => head)];
  const stale = heads.map((head) => staleness({ head, policy, now })).find((found) => found !== undefined);
  const withdrawal = gravestWithdrawal(deciding);
  if (withdrawal !== undefined) {
    return { verdict: { ...withdrawal, lagging: stale !== undefined }, deciding, conflicting };
  }
  if (stale !== undefined) return { verdict: stale, deciding, conflicting };
  const newest = deciding.at(-1);
  return {
    verdict: newest === undefined ? { kind: "not-found" } : judgeNewest(newest, now),
    deciding,
    conflicting,
  };
}

type Registrant = Pick<DocumentEvidence, "institution" | "registry">;

/** The institution that is expected, else the one with the first entry. */
function deciderOf(
  { expectedIssuer }: VerificationQuestion,
  { expected, documents }: Evidence,
): Registrant | undefined {
  if (expectedIssuer === undefined) return documents[0];
  return expected === undefined ? undefined : { institution: expected, registry: undefined };
}

/** Ids are a registry's own; across registries an institution is known by its official number. */
function isSameInstitution(a: Registrant, b: Registrant): boolean {
  if (a.registry === b.registry) return a.institution.id === b.institution.id;
  const { jurisdiction, officialNumber } = b.institution;
  return a.institution.jurisdiction === jurisdiction && a.institution.officialNumber === officialNumber;
}

/** Whether a document is in force as far as its own entry goes. */
function judgeNewest(document: DocumentEvidence, now: UnixSeconds): Verdict {
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

/** The basis of a verdict; "not-found" and "indeterminate" have none. */
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
    case "not-found":
    case "indeterminate":
      return undefined;
  }
}

/** The entries that prove a verdict, of the own log only: the document and, where it is withdrawn, the withdrawal. */
export function provingEntries(verdict: Verdict): readonly EntryIndex[] {
  if (!("document" in verdict) || verdict.document.registry !== undefined) return [];
  const { index } = verdict.document;
  return "status" in verdict ? [index, verdict.status.index] : [index];
}

/** Why only a known withdrawal may be reported now; undefined where the head is fresh. */
function staleness(input: {
  head: IndexHead | undefined;
  policy: FreshnessPolicy;
  now: UnixSeconds;
}): Extract<Verdict, { kind: "indeterminate" }> | undefined {
  const { head, policy, now } = input;
  if (head?.final === undefined) {
    return {
      kind: "indeterminate",
      because: "INDEX_STALE",
      detail: "nothing final was read from the chain yet",
    };
  }
  const newest = policy.emptyBlocks ? head.final.time : head.syncedAt;
  // a time ahead of the clock comes from a clock that was set back, and is as stale as an old one
  if (Math.abs(now - newest) <= policy.maxLag) return undefined; // guard: F47 F48 staleness
  const what = policy.emptyBlocks ? "the newest final block is of" : "the chain was last read at";
  const detail = `${what} ${formatTime(newest)}, and ${policy.maxLag} s is the limit`;
  return { kind: "indeterminate", because: "INDEX_STALE", detail };
}
