/** Presents anchors, entries and the directory as the API's answers. */
import type { z } from "zod";
import type { Anchor, StatusRequest } from "../anchor/ports.ts";
import type { EntryRecord } from "../audit/ports.ts";
import { toHex } from "../core/bytes.ts";
import type { Directory } from "../core/act.ts";
import type { Institution, KeyWindow, Language, Operator, Scene } from "../core/directory.ts";
import type { Entry } from "../core/entry.ts";
import { quote, type AppError } from "../core/errors.ts";
import { formatTime } from "../core/time.ts";
import { wordsIn } from "../words/index.ts";
import { hashLeaf } from "../log/hash.ts";
import {
  presentCorrection,
  presentEnd,
  presentInstitution,
  presentPayload,
  presentPlacedAdmin,
} from "../verify/present.ts";
import type { AnchorResult, StatusResponse } from "../wire/anchors.ts";
import type { itemError } from "../wire/common.ts";
import type { EntryView, InstitutionsResponse, KeyWindowView, OperatorView } from "../wire/entries.ts";

/** Faults of one item, in a list of results. */
export function presentItemError(error: AppError, language: Language): z.infer<typeof itemError> {
  const { detail, at } = error.fields;
  const title = wordsIn(language).errors[error.code];
  return { code: error.code, title, detail, ...(at === undefined ? {} : { at }) };
}

/**
 * @param scenes slugs by id
 * @param asked the reference in the request; without one, the first that it has
 */
export function presentAnchor(
  anchor: Anchor,
  scenes: ReadonlyMap<number, string>,
  asked?: string,
): AnchorResult {
  const { id, state, index, entry, recordedAt, transaction, block, error, errorCode } = anchor;
  return {
    state,
    id,
    ...presentPayload(anchor),
    scene: scenes.get(anchor.scene) ?? "",
    validUntil: presentEnd(anchor.validUntil),
    ...presentReferences(anchor.references, asked),
    acceptedAt: formatTime(Math.floor(anchor.acceptedAt / 1000)),
    ...(index === undefined ? {} : { index }),
    ...(entry === undefined ? {} : { entry: toHex(entry) }),
    ...(recordedAt === undefined ? {} : { recordedAt: formatTime(recordedAt) }),
    ...(transaction === undefined ? {} : { transaction: `0x${toHex(transaction)}` }),
    ...(block === undefined ? {} : { block }),
    ...(error === undefined ? {} : { error: presentFailure(error, errorCode) }),
  };
}

function presentReferences(
  all: readonly string[],
  asked: string | undefined = all[0],
): Pick<AnchorResult, "reference" | "references"> {
  return asked === undefined ? {} : { reference: asked, references: [...all] };
}

type Warning = NonNullable<AnchorResult["warnings"]>[number];

/** Warns that the document has other references than the one that was asked for: a report listed twice, or a mistake. */
export function presentOtherReferences({ references }: Anchor, asked: string | undefined): Warning[] {
  const others = references.filter((reference) => reference !== asked);
  if (asked === undefined || others.length === 0) return [];
  const names = others.map((reference) => quote(reference)).join(", ");
  return [{ code: "REFERENCE_SEVERAL", detail: `the document is also registered under ${names}` }];
}

/** Warns that another document has the same reference: a report made twice, or a mistake. */
export function presentSameReference(holder: Anchor, asked: string | undefined): Warning {
  const where =
    holder.index === undefined ? `anchor ${holder.id}` : `anchor ${holder.id}, entry ${holder.index}`;
  const detail = `another document came under the reference ${quote(asked ?? "")} before: ${where}`;
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
  const { index, entry, bytes, institution, scene, status, change, references } = record;
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
    ...(showReference ? presentReferences(references) : {}),
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
