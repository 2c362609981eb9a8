/** Decides what an answer establishes: nothing of it is taken over that its proof, its note or the reader's clock does not give. */
import { isDigestOfEmptyInput } from "../../core/digest.ts";
import { toHex } from "../../core/bytes.ts";
import { officialKey } from "../../core/official-id.ts";
import { formatTime } from "../../core/time.ts";
import type { RestsOn, VerdictCode } from "../../core/verdict.ts";
import { ACTION_OF } from "../../log/statement.ts";
import { provenChange, unproven, type Evidenced, type ProvenDocument } from "./documents.ts";
import type { Established, Expected } from "./shown.ts";

/** Verdicts that one proven entry gives for good, from whichever server it comes. */
const FINAL: readonly VerdictCode[] = ["revoked", "superseded"];

/** What a verdict on a document of a named institution rests on, by a reader who trusts a policy or a pin. */
function restsOn(verdict: VerdictCode, { expected, trust }: Pick<Evidenced, "expected" | "trust">): RestsOn {
  return trust === "policy" && expected !== "any" && FINAL.includes(verdict) ? "proof" : "operator";
}

/**
 * Establishes an answer about the entries of one institution, or that there are none.
 * @param documents all that the answer lists, of every institution
 * @throws AppError ANSWER_UNPROVEN, INDEX_STALE
 */
export function establish(evidenced: Evidenced, documents: readonly ProvenDocument[]): Established {
  const { answer, expected, note } = evidenced;
  const { verdict } = answer;
  const rests = restsOn(verdict, evidenced);
  if (rests === "operator" && note === undefined) throw unproven("the operator did not sign its answer");
  if (answer.issuers !== undefined || verdict === "several-issuers" || verdict === "registered")
    throw unproven("it is no answer about one institution");
  const chosen = documents.filter(isOf(expected));
  const others = documents.filter((each) => !chosen.includes(each));
  const chosenBy = expected === "any" ? {} : { chosenBy: "caller" as const };
  const base = { ...baseOf(evidenced), ...chosenBy, restsOn: rests, others: countOf(others) };
  const entries = [
    ...chosen.map(({ shown }) => shown),
    ...others.map(({ shown }) => ({ ...shown, conflict: true })),
  ];
  // what is not final is no part of the log yet, and nothing is shown of it
  if (verdict === "pending") return { ...base, verdict, entries };
  if (verdict === "not-found") {
    if (chosen.length > 0)
      throw unproven(`entry ${chosen[0]?.index ?? ""} is of the institution that is asked about`);
    return { ...base, verdict, entries };
  }
  const decided = chosen.find(({ index }) => index === answer.decidedBy && answer.decidedIn === undefined);
  if (decided === undefined) throw unproven("the entry that decided is not proven");
  return { ...base, entries, decidedBy: decided.index, ...decisionOn(decided, chosen, evidenced) };
}

/** Whether a document is of the expected institution; of any without one. */
function isOf(expected: Expected): (document: ProvenDocument) => boolean {
  if (expected === "any") return () => true;
  if (typeof expected === "number") return ({ entry }) => entry.institution === expected;
  return ({ officialId }) => officialKey(officialId) === officialKey(expected);
}

/** How many institutions the documents are of. */
export function countOf(documents: readonly ProvenDocument[]): number {
  return new Set(documents.map(({ entry }) => entry.institution)).size;
}

type Decision = Pick<Established, "verdict" | "basis" | "withdrawal" | "lagging" | "standing">;

function decisionOn(decided: ProvenDocument, own: readonly ProvenDocument[], evidenced: Evidenced): Decision {
  const { verdict } = evidenced.answer;
  const action = ACTION_OF[verdict];
  requireGravest(verdict, own);
  if (action !== undefined) return withdrawn(decided, action, evidenced);
  if (own.some(({ index }) => index > decided.index)) throw unproven("a newer entry decides");
  if (verdict === "issuer-not-in-good-standing") return inQuestion(decided, evidenced);
  return inForce(decided, evidenced);
}

/** Withdrawals by what a change does to a document's status, the gravest first. */
const GRAVEST = ["revoke", "supersede", "suspend"] as const;

/** Checks that none of the institution's entries has a graver change of status than the verdict says. */
function requireGravest(verdict: VerdictCode, own: readonly ProvenDocument[]): void {
  const said = GRAVEST.findIndex((action) => action === ACTION_OF[verdict]);
  const graver = said < 0 ? GRAVEST : GRAVEST.slice(0, said);
  const found = own.find(
    ({ newest }) => newest !== undefined && graver.some((each) => each === newest.change.action),
  );
  if (found !== undefined)
    throw unproven(`entry ${found.newest?.index ?? ""} withdraws a document of the answer`);
}

function withdrawn(decided: ProvenDocument, action: string, { answer, proof }: Evidenced): Decision {
  const { verdict, lagging } = answer;
  const { index, entry } = decided;
  const document = { index, institution: entry.institution };
  const withdrawal = answer.withdrawal && provenChange(answer.withdrawal, proof, document);
  if (withdrawal?.action !== action) throw unproven(`the log does not say that entry ${index} is ${verdict}`);
  return {
    verdict,
    withdrawal,
    ...(lagging === undefined ? {} : { lagging }),
    basis: { rule: "withdrawal", entry: withdrawal.index, since: withdrawal.recordedAt },
  };
}

/** The institution or its key is in question, by an entry of the directory. */
function inQuestion(
  { entry: { institution, recordedBy, recordedAt } }: ProvenDocument,
  { answer, proof }: Evidenced,
): Decision {
  const found = proof.events.find(({ index }) => index === answer.basis?.entry);
  const facts = found?.facts;
  if (found === undefined || facts?.institution !== institution)
    throw unproven("the directory's entry about the institution or its key is missing");
  if (facts.type === "institution-state-set" && facts.state !== "active") {
    const since = formatTime(found.entry.recordedAt);
    const basis = { rule: "institution-state", entry: found.index, since } as const;
    return { verdict: answer.verdict, basis, standing: { what: "institution", state: facts.state, since } };
  }
  const isReport = facts.type === "key-compromised" || facts.type === "key-report-corrected";
  if (!isReport || facts.key !== recordedBy || facts.since === 0 || facts.since > recordedAt)
    throw unproven("the directory's entry does not put the institution or its key in question");
  const since = formatTime(facts.since);
  return {
    verdict: answer.verdict,
    basis: { rule: "key-compromise", entry: found.index, since, key: facts.key },
    standing: { what: "key", state: "compromised", since },
  };
}

/** By the reader's clock. */
function inForce(
  { index, entry: { recordedAt, validUntil } }: ProvenDocument,
  { now, proof }: Evidenced,
): Decision {
  const time = Math.max(now, proof.checkpoint?.time ?? 0);
  if (validUntil !== 0 && time >= validUntil)
    return { verdict: "expired", basis: { rule: "validity", entry: index, since: formatTime(validUntil) } };
  return { verdict: "valid", basis: { rule: "newest-entry", entry: index, since: formatTime(recordedAt) } };
}

/** What does not depend on the verdict. */
export function baseOf({
  answer,
  note,
  proof,
  payloads,
  oneOperator,
}: Evidenced): Pick<Established, "searched" | "warnings" | "asOf" | "statedBy" | "oneOperator"> {
  const tree = note ?? proof.checkpoint;
  if (tree === undefined) throw unproven("it is of no signed state of the log");
  const isEmpty = payloads.some((payload) => !payload.blinded && isDigestOfEmptyInput(payload));
  const warnings = answer.warnings?.filter(({ code }) => code === "DIGEST_OF_EMPTY_INPUT") ?? [];
  return {
    searched: payloads.some(({ blinded }) => blinded) ? "blinded-entries" : "open-entries",
    ...(isEmpty && warnings.length > 0 ? { warnings } : {}),
    statedBy: note?.signers ?? [],
    ...(oneOperator === true ? { oneOperator } : {}),
    asOf: { treeSize: tree.size, root: toHex(tree.root), time: formatTime(tree.time) },
  };
}
