/** Presents anchors, entries, verdicts and the directory as the API's answers. */
import type { z } from "zod";
import type { Anchor, StatusRequest } from "../anchor/ports.ts";
import type { EntryRecord } from "../audit/ports.ts";
import { toHex } from "../core/bytes.ts";
import { formatDigest, isDigestOfEmptyInput, type Payload } from "../core/digest.ts";
import type { Directory } from "../core/act.ts";
import type {
  Correction,
  Institution,
  KeyWindow,
  Language,
  Operator,
  PlacedAdmin,
  Scene,
} from "../core/directory.ts";
import { STATUS_AFTER } from "../core/document-status.ts";
import type { Entry } from "../core/entry.ts";
import { quote, type AppError } from "../core/errors.ts";
import type { IndexHead } from "../core/head.ts";
import { formatTime } from "../core/time.ts";
import type { UnixSeconds } from "../core/units.ts";
import { wordsIn } from "../words/index.ts";
import { hashLeaf } from "../log/hash.ts";
import { formatProven, type ProvenEntries } from "../log/proven-entry.ts";
import { basisOf, currentStatus, type IssuerVerdict, type Verdict } from "../verify/judge.ts";
import type { DocumentEvidence, OtherLog, StatusEvidence } from "../verify/ports.ts";
import type { VerifierAnswer } from "../verify/verifier.ts";
import type { AnchorResult, StatusResponse } from "../wire/anchors.ts";
import type { PlacedAdminView, institutionRef, issuerRef, itemError } from "../wire/common.ts";
import type { EntryView, InstitutionsResponse, KeyWindowView, OperatorView } from "../wire/entries.ts";
import type {
  IssuerAnswer,
  VerificationResponse,
  VerifiedEntry,
  asOf,
  statusChange,
} from "../wire/verifications.ts";

/** Faults of one item, in a list of results. */
export function presentItemError(error: AppError, language: Language): z.infer<typeof itemError> {
  const { detail, at } = error.fields;
  const title = wordsIn(language).errors[error.code];
  return { code: error.code, title, detail, ...(at === undefined ? {} : { at }) };
}

export function presentAsOf(head: IndexHead, time: UnixSeconds): z.infer<typeof asOf> {
  return {
    treeSize: head.size,
    root: toHex(head.root),
    block: head.block.number,
    blockHash: `0x${toHex(head.block.hash)}`,
    blockTime: formatTime(head.block.time),
    finalBlock: head.final?.number ?? null,
    time: formatTime(time),
  };
}

function presentInstitution(institution: Institution, language: Language): z.infer<typeof institutionRef> {
  return { id: institution.id, name: institution.names[language], names: institution.names };
}

function presentIssuer(institution: Institution, language: Language): z.infer<typeof issuerRef> {
  const { jurisdiction, officialNumber } = institution;
  return { ...presentInstitution(institution, language), jurisdiction, officialNumber };
}

function presentEnd(validUntil: UnixSeconds): string | null {
  return validUntil === 0 ? null : formatTime(validUntil);
}

/** The digest or the commitment of a document, under its own name. */
function presentPayload({ algorithm, blinded, payload }: Pick<Entry, "algorithm" | "blinded" | "payload">): {
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
    transaction: `0x${toHex(document.transaction)}`,
    block: document.block,
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
  },
  { language, payloads }: { language: Language; payloads: readonly Payload[] },
): VerificationResponse {
  const { verdict, chosenBy, deciding, conflicting, others, asOf, proof } = answer;
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
    ...(proof && { proof: { ...proof, entries: proof.entries.map(formatProven) } }),
    asOf: { ...presentAsOf(asOf.head, asOf.time), ...presentOthers(asOf.others) },
  };
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

/** @param scenes slugs by id */
export function presentAnchor(anchor: Anchor, scenes: ReadonlyMap<number, string>): AnchorResult {
  const { id, state, index, entry, recordedAt, transaction, block, reference, error, errorCode } = anchor;
  return {
    state,
    id,
    ...presentPayload(anchor),
    scene: scenes.get(anchor.scene) ?? "",
    validUntil: presentEnd(anchor.validUntil),
    ...(reference === undefined ? {} : { reference }),
    acceptedAt: formatTime(Math.floor(anchor.acceptedAt / 1000)),
    ...(index === undefined ? {} : { index }),
    ...(entry === undefined ? {} : { entry: toHex(entry) }),
    ...(recordedAt === undefined ? {} : { recordedAt: formatTime(recordedAt) }),
    ...(transaction === undefined ? {} : { transaction: `0x${toHex(transaction)}` }),
    ...(block === undefined ? {} : { block }),
    ...(error === undefined ? {} : { error: presentFailure(error, errorCode) }),
  };
}

/** Warns that another document has the same reference: a report made twice, or a mistake. */
export function presentSameReference(holder: Anchor): NonNullable<AnchorResult["warnings"]>[number] {
  const where =
    holder.index === undefined ? `anchor ${holder.id}` : `anchor ${holder.id}, entry ${holder.index}`;
  const detail = `another document came under the reference ${quote(holder.reference ?? "")} before: ${where}`;
  return { code: "REFERENCE_REUSED", detail };
}

export function presentStatusRequest(request: StatusRequest): StatusResponse {
  const {
    id,
    document,
    action,
    reason,
    successor,
    institution,
    state,
    acceptedAt,
    index,
    recordedAt,
    error,
  } = request;
  const rejected = request.approval?.decision === "rejected";
  return {
    id,
    document,
    action,
    reason,
    ...(successor === undefined ? {} : { successor }),
    institution,
    state,
    ...presentPersons(request),
    acceptedAt: formatTime(Math.floor(acceptedAt / 1000)),
    ...(index === undefined ? {} : { index }),
    ...(recordedAt === undefined ? {} : { recordedAt: formatTime(recordedAt) }),
    ...(error === undefined
      ? {}
      : { error: presentFailure(error, rejected ? "STATUS_REJECTED" : "REGISTRY_REFUSED") }),
  };
}

/** The keys that requested a change and decided on it. */
function presentPersons({ asked, approval }: StatusRequest): Partial<StatusResponse> {
  const time = (millis: number): string => formatTime(Math.floor(millis / 1000));
  const decided = approval?.decided;
  return {
    ...(asked === undefined ? {} : { askedAt: time(asked.at), askedBy: asked.by }),
    ...(approval === undefined || approval.decision === "awaiting" ? {} : { decision: approval.decision }),
    ...(decided === undefined ? {} : { decidedAt: time(decided.at), decidedBy: decided.by }),
  };
}

function presentFailure(
  detail: string,
  code: "REGISTRY_REFUSED" | "REGISTRY_SUCCEEDED" | "STATUS_REJECTED" = "REGISTRY_REFUSED",
): z.infer<typeof itemError> {
  return { code, title: wordsIn("en").errors[code], detail };
}

/** @param showReference whether the reader may see the issuer's own number */
export function presentEntry(record: EntryRecord, language: Language, showReference: boolean): EntryView {
  const { index, entry, bytes, institution, scene, status, change, reference } = record;
  const governance = { id: 0, names: governanceNames(), name: governanceNames()[language] };
  return {
    index,
    kind: entry.kind,
    entry: toHex(bytes),
    leafHash: toHex(hashLeaf(bytes)),
    institution: institution === undefined ? governance : presentInstitution(institution, language),
    recordedAt: formatTime(entry.recordedAt),
    recordedBy: entry.recordedBy,
    block: record.block,
    transaction: `0x${toHex(record.transaction)}`,
    final: record.final,
    ...(status === undefined ? {} : presentDocumentFields(entry, scene, status)),
    ...(showReference && reference !== undefined ? { reference } : {}),
    ...(change === undefined ? {} : { change: presentChange(change) }),
  };
}

function presentDocumentFields(
  entry: Entry,
  scene: Scene | undefined,
  status: NonNullable<EntryRecord["status"]>,
): Partial<EntryView> {
  const { blinded, validUntil } = entry;
  const payload = presentPayload(entry);
  return { ...payload, blinded, scene: scene?.slug ?? "", validUntil: presentEnd(validUntil), status };
}

function presentChange({
  document,
  action,
  reason,
  successor,
}: NonNullable<EntryRecord["change"]>): EntryView["change"] {
  return { document, action, reason, ...(successor === undefined ? {} : { successor }) };
}

function governanceNames(): Institution["names"] {
  return {
    en: wordsIn("en").labels.governance,
    "zh-Hans": wordsIn("zh-Hans").labels.governance,
    "zh-Hant": wordsIn("zh-Hant").labels.governance,
  };
}

/** @param origin of the registry's log */
export function presentDirectory(
  directory: Directory,
  { origin, language }: { origin: string; language: Language },
): InstitutionsResponse {
  const { institutions, keys, operators, scenes, registry } = directory;
  return {
    institutions: institutions.map(({ names, stateSince, roles, ...institution }) => ({
      id: institution.id,
      name: names[language],
      names,
      roles: [...roles],
      scenes: scenes.filter(({ id }) => institution.scenes.includes(id)).map(({ slug }) => slug),
      jurisdiction: institution.jurisdiction,
      officialNumber: institution.officialNumber,
      state: institution.state,
      stateSince: formatTime(stateSince),
      admin: institution.admin,
      ...presentPlacedAdmin(institution.placedAdmin),
      keys: keys
        .filter((key) => key.institution === institution.id)
        .map(({ address, ...window }) => ({ address, ...presentWindow(window) })),
    })),
    operators: operators.map(presentOperator),
    scenes: scenes.map((scene) => ({ ...scene, name: scene.names[language] })),
    registry: { origin, paused: registry.paused, successor: registry.successor ?? null },
  };
}

function presentOperator({ id, name, institution, keys }: Operator): OperatorView {
  return {
    id,
    name,
    institution: institution ?? null,
    keys: keys.map(({ id: keyId, purpose, signatureType, publicKey, possession, entry, ...window }) => {
      const bytes = { publicKey: toHex(publicKey), possession: toHex(possession) };
      return { id: toHex(keyId), purpose, signatureType, ...bytes, entry, ...presentWindow(window) };
    }),
  };
}

/** Times of a key; null = since it was added, without end, and never. */
function presentWindow({ addedAt, from, until, compromise, correction }: KeyWindow): KeyWindowView {
  return {
    addedAt: formatTime(addedAt),
    from: presentEnd(from),
    until: presentEnd(until),
    compromisedSince: presentEnd(compromise?.since ?? 0),
    ...presentCorrection(correction),
  };
}

function presentCorrection(found: Correction | undefined): Pick<KeyWindowView, "correction"> {
  if (found === undefined) return {};
  const { since, entry, at } = found;
  return { correction: { since: presentEnd(since), entry, at: formatTime(at) } };
}

function presentPlacedAdmin(placed: PlacedAdmin | undefined): { placedAdmin?: PlacedAdminView } {
  if (placed === undefined) return {};
  return { placedAdmin: { ...placed, since: formatTime(placed.since) } };
}
