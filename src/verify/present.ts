/** Presents a judged answer in the form of the HTTP contract, for every surface. */
import type { z } from "zod";
import { toHex } from "../core/bytes.ts";
import { formatDigest, isDigestOfEmptyInput, type Payload } from "../core/digest.ts";
import type { Correction, Institution, Language, PlacedAdmin } from "../core/directory.ts";
import { STATUS_AFTER } from "../core/document-status.ts";
import type { Entry } from "../core/entry.ts";
import { formatTime } from "../core/time.ts";
import type { UnixSeconds } from "../core/units.ts";
import { formatProven, formatProvenEvent, type ProvenEntries } from "../log/proven-entry.ts";
import type { PlacedAdminView, institutionRef, issuerRef } from "../wire/common.ts";
import type { KeyWindowView } from "../wire/entries.ts";
import type {
  IssuerAnswer,
  SignedAnswerView,
  VerificationResponse,
  VerifiedEntry,
  asOf,
  statusChange,
} from "../wire/verifications.ts";
import { basisOf, currentStatus, type IssuerVerdict, type Verdict } from "./judge.ts";
import type { DocumentEvidence, EvidenceHead, OtherLog, StatusEvidence } from "./ports.ts";
import type { VerifierAnswer } from "./verifier.ts";

export function presentAsOf(head: EvidenceHead, time: UnixSeconds): z.infer<typeof asOf> {
  const tree = { treeSize: head.size, root: toHex(head.root) };
  return { ...tree, ...presentBlock(head), time: formatTime(time) };
}

function presentBlock({ block, final }: EvidenceHead): Partial<z.infer<typeof asOf>> {
  if (block === undefined) return final === undefined ? {} : { mirrorTime: formatTime(final.time) };
  const { number, hash, time } = block;
  const blockHash = `0x${toHex(hash)}`;
  return { block: number, blockHash, blockTime: formatTime(time), finalBlock: final?.number ?? null };
}

export function presentInstitution(
  institution: Institution,
  language: Language,
): z.infer<typeof institutionRef> {
  return { id: institution.id, name: institution.names[language], names: institution.names };
}

function presentIssuer(institution: Institution, language: Language): z.infer<typeof issuerRef> {
  const { jurisdiction, officialNumber } = institution;
  return { ...presentInstitution(institution, language), jurisdiction, officialNumber };
}

export function presentEnd(validUntil: UnixSeconds): string | null {
  return validUntil === 0 ? null : formatTime(validUntil);
}

/** The digest or the commitment of a document, under its own name. */
export function presentPayload({
  algorithm,
  blinded,
  payload,
}: Pick<Entry, "algorithm" | "blinded" | "payload">): {
  digest?: string;
  commitment?: string;
} {
  if (algorithm === undefined) return {};
  const text = formatDigest({ algorithm, bytes: payload });
  return blinded ? { commitment: text } : { digest: text };
}

function presentStatus(status: StatusEvidence): z.infer<typeof statusChange> {
  const { index, action, reason, recordedAt, institution, successor } = status;
  const base = { index, action, reason, recordedAt: formatTime(recordedAt), institution };
  return successor === undefined ? base : { ...base, successor };
}

function presentDocument(document: DocumentEvidence, language: Language, conflict: boolean): VerifiedEntry {
  const { entry, institution, statuses } = document;
  const status = currentStatus(statuses);
  return {
    ...(document.registry === undefined ? {} : { registry: document.registry }),
    index: document.index,
    ...presentPayload(entry),
    institution: {
      ...presentIssuer(institution, language),
      ...(entry.governedAdmin ? presentPlacedAdmin(institution.placedAdmin) : {}),
    },
    scene: document.scene,
    recordedAt: formatTime(entry.recordedAt),
    validUntil: presentEnd(entry.validUntil),
    status: status === undefined ? "active" : STATUS_AFTER[status.action],
    statuses: statuses.map(presentStatus),
    recordedBy: entry.recordedBy,
    ...presentCorrection(document.key.correction),
    ...(document.transaction === undefined ? {} : { transaction: `0x${toHex(document.transaction)}` }),
    ...(document.block === undefined ? {} : { block: document.block }),
    final: document.final,
    conflict,
  };
}

/** Presents a definite answer: its verdict is not indeterminate, so it has a state of the log. */
export function presentAnswer(
  answer: VerifierAnswer & {
    verdict: Exclude<Verdict, { kind: "indeterminate" }>;
    asOf: NonNullable<VerifierAnswer["asOf"]>;
    proof: ProvenEntries | undefined;
    note: SignedAnswerView | undefined;
  },
  { language, payloads }: { language: Language; payloads: readonly Payload[] },
): VerificationResponse {
  const { verdict, chosenBy, deciding, conflicting, others, asOf, proof, note } = answer;
  const warnings = payloads.some((payload) => !payload.blinded && isDigestOfEmptyInput(payload))
    ? [{ code: "DIGEST_OF_EMPTY_INPUT", detail: "this is the digest of a file of no bytes" }]
    : [];
  return {
    verdict: verdict.kind,
    ...(chosenBy === undefined ? {} : { chosenBy }),
    ...(verdict.kind === "several-issuers" ? { issuers: presentIssuers(verdict, language) } : {}),
    others,
    entries: [
      ...deciding.map((document) => presentDocument(document, language, false)),
      ...conflicting.map((document) => presentDocument(document, language, true)),
    ],
    ...presentDecision(verdict),
    searched: payloads.some(({ blinded }) => blinded) ? "blinded-entries" : "open-entries",
    ...(warnings.length === 0 ? {} : { warnings }),
    ...(proof && { proof: presentProof(proof) }),
    ...(note && { note }),
    asOf: { ...presentAsOf(asOf.head, asOf.time), ...presentOthers(asOf.others) },
  };
}

function presentProof({ checkpoint, entries, events = [] }: ProvenEntries): VerificationResponse["proof"] {
  return { checkpoint, entries: entries.map(formatProven), events: events.map(formatProvenEvent) };
}

function presentOthers(others: readonly OtherLog[]): Pick<z.infer<typeof asOf>, "others"> {
  const read = others.flatMap(({ registry, head }) =>
    head === undefined ? [] : [{ registry, treeSize: head.size, root: toHex(head.root) }],
  );
  return read.length === 0 ? {} : { others: read };
}

function presentIssuers(
  { issuers }: Extract<Verdict, { kind: "several-issuers" }>,
  language: Language,
): IssuerAnswer[] {
  return issuers.map(({ institution, verdict }) => ({
    institution: presentIssuer(institution, language),
    verdict: verdict.kind,
    ...(verdict.kind === "indeterminate" ? { because: verdict.because } : presentDecision(verdict)),
  }));
}

type Decision = Omit<IssuerAnswer, "institution" | "verdict" | "because">;

function presentDecision(verdict: Exclude<Verdict, { kind: "indeterminate" }>): Decision {
  if (verdict.kind === "not-found" || verdict.kind === "several-issuers") return {};
  const { index, registry } = verdict.document;
  const basis = basisOf(verdict);
  return {
    decidedBy: index,
    ...(registry === undefined ? {} : { decidedIn: registry }),
    ...presentGrounds(verdict),
    ...(basis === undefined ? {} : { basis: { ...basis, since: formatTime(basis.since) } }),
  };
}

function presentGrounds(verdict: Exclude<IssuerVerdict, { kind: "indeterminate" }>): Decision {
  switch (verdict.kind) {
    case "valid":
    case "expired":
    case "pending":
      return {};
    case "issuer-not-in-good-standing": {
      const { why } = verdict;
      const state = why.kind === "institution" ? why.state : "compromised";
      return { standing: { what: why.kind, state, since: formatTime(why.since) } };
    }
    case "revoked":
    case "superseded":
    case "suspended":
      return {
        withdrawal: presentStatus(verdict.status),
        ...(verdict.lagging ? { lagging: true } : {}),
      };
  }
}

export function presentCorrection(found: Correction | undefined): Pick<KeyWindowView, "correction"> {
  if (found === undefined) return {};
  const { since, entry, at } = found;
  return { correction: { since: presentEnd(since), entry, at: formatTime(at) } };
}

export function presentPlacedAdmin(placed: PlacedAdmin | undefined): { placedAdmin?: PlacedAdminView } {
  if (placed === undefined) return {};
  return { placedAdmin: { ...placed, since: formatTime(placed.since) } };
}
