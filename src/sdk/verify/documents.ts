/** Reads the documents of an answer from its proof: what it says of them has to agree with the log and with its signed note. */
import { equalBytes } from "../../core/bytes.ts";
import { formatDigest, isBoundTo, type SoughtPayload } from "../../core/digest.ts";
import { STATUS_AFTER } from "../../core/document-status.ts";
import { decodeStatus, type Entry, type StatusChange } from "../../core/entry.ts";
import { AppError } from "../../core/errors.ts";
import type { OfficialId } from "../../core/official-id.ts";
import { formatTime } from "../../core/time.ts";
import type { EntryIndex, Hash, InstitutionId, UnixSeconds } from "../../core/units.ts";
import type { ClaimedEntry, SignedAnswer } from "../../log/answer.ts";
import { hashLeaf } from "../../log/hash.ts";
import type { VerificationResponse, VerifiedEntry, statusChange } from "../../wire/verifications.ts";
import type { z } from "zod";
import type { AnswerProof, ProvenFacts, ProvenUnder } from "./answer-proof.ts";
import { decisionsOf, type Expected, type ShownEntry } from "./shown.ts";
import type { TrustKind } from "./trust.ts";

/** An answer with what proves it. */
export interface Evidenced {
  readonly answer: VerificationResponse;
  readonly proof: AnswerProof;
  /** Undefined: the answer has none. */
  readonly note: SignedAnswer | undefined;
  /** Those of the question. */
  readonly payloads: readonly SoughtPayload[];
  readonly expected: Expected;
  readonly origin: string;
  readonly trust: TrustKind;
  /** By a policy for trying out. */
  readonly oneOperator?: true | undefined;
  /** By the reader's clock. */
  readonly now: UnixSeconds;
}

/** A document of the log, with the institution that registered it and the newest change of its status. */
export interface ProvenDocument {
  readonly index: EntryIndex;
  readonly entry: Entry;
  readonly shown: ShownEntry;
  readonly leaf: Hash;
  readonly officialId: OfficialId;
  readonly newest: ProvenStatus | undefined;
}

interface ProvenStatus {
  readonly index: EntryIndex;
  readonly entry: Entry;
  readonly change: StatusChange;
}

/** Entries of an answer that have to be proven: those that are final, in this log. */
export function neededEntries(answer: VerificationResponse): EntryIndex[] {
  const own = answer.entries.filter(({ registry, final }) => registry === undefined && final);
  const claimed = answer.note?.answers.flatMap(({ entries }) => entries) ?? [];
  return [
    ...new Set([
      ...own.map(({ index }) => index),
      ...decisionsOf(answer).flatMap(({ withdrawal }) => (withdrawal ? [withdrawal.index] : [])),
      ...claimed.flatMap(({ index, status }) => (status === null ? [index] : [index, status])),
    ]),
  ];
}

/**
 * The documents that an answer lists, each proven and of the file, in the order of the log; the note lists the same ones.
 * @throws AppError ANSWER_UNPROVEN
 */
export function provenDocuments(evidenced: Evidenced): readonly ProvenDocument[] {
  const { answer, note } = evidenced;
  const listed = answer.entries.filter(({ registry, final }) => registry === undefined && final);
  const indexes = new Set([...listed, ...claimOf(note)].map(({ index }) => index));
  const documents = [...indexes]
    .toSorted((a, b) => a - b)
    .map((index) =>
      documentOf(
        index,
        listed.find((each) => each.index === index),
        evidenced,
      ),
    );
  if (note !== undefined) requireClaimed(documents, note, answer);
  return documents;
}

/** @param view undefined: the note claims the entry, and the answer does not list it */
function documentOf(
  index: EntryIndex,
  view: VerifiedEntry | undefined,
  { proof, note, payloads, origin }: Evidenced,
): ProvenDocument {
  const proven = provenAt(proof, index);
  const { entry } = proven;
  requireAsked(proven, { payloads, origin });
  if (view !== undefined) requireSame(view, entry);
  const registered = factsAbout(proof, entry, "institution-registered");
  const scene = proof.events.findLast(
    ({ facts }) => facts.type === "scene-defined" && facts.scene === entry.scene,
  );
  if (proof.checkpoint === undefined)
    throw new AppError("ENTRY_NOT_FINAL", {
      detail: `no checkpoint covers what decides about entry ${index}`,
    });
  if (registered?.facts.type !== "institution-registered" || scene?.facts.type !== "scene-defined")
    throw unproven(`the directory's entry about the institution or type of entry ${index} is missing`);
  const { jurisdiction, officialNumber, names } = registered.facts;
  const name = Object.values<string>(names).find((each) => each === view?.institution.name) ?? names.en;
  const institution = {
    id: entry.institution,
    name,
    names,
    jurisdiction,
    officialNumber,
    ...placedAdmin(view, proof, entry),
  };
  const statuses = statusesOf(proof, { index, institution: entry.institution });
  const claim = claimOf(note).find((each) => each.index === index);
  const newest = claim === undefined ? statuses.at(-1) : statusOf(claim.status, proof, index);
  return {
    index,
    entry,
    leaf: hashLeaf(proven.proven.entry),
    officialId: { jurisdiction, officialNumber },
    newest,
    shown: {
      index,
      ...payloadOf(entry),
      institution,
      scene: scene.facts.slug,
      sceneNames: scene.facts.names,
      recordedAt: formatTime(entry.recordedAt),
      validUntil: entry.validUntil === 0 ? null : formatTime(entry.validUntil),
      status: newest === undefined ? "active" : STATUS_AFTER[newest.change.action],
      statuses: statuses.map(presentChange),
      recordedBy: entry.recordedBy,
      ...correction(view, proof, entry),
      conflict: false,
    },
  };
}

function payloadOf({ algorithm, blinded, payload }: Entry): Pick<ShownEntry, "digest" | "commitment"> {
  const text = algorithm === undefined ? "" : formatDigest({ algorithm, bytes: payload });
  return blinded ? { commitment: text } : { digest: text };
}

/** Checks that the entry is of the file. */
function requireAsked(
  { index, entry }: ProvenUnder,
  { payloads, origin }: { payloads: readonly SoughtPayload[]; origin: string },
): void {
  const { kind, algorithm, blinded, payload, institution } = entry;
  const isAsked = payloads.some(
    (asked) =>
      asked.algorithm === algorithm &&
      asked.blinded === blinded &&
      equalBytes(asked.bytes, payload) &&
      isBoundTo(asked, { institution, origin }),
  );
  if (!isAsked || kind !== "document") throw unproven(`entry ${index} is not of the file`);
}

/** Checks that the answer agrees with the entry. */
function requireSame(answered: VerifiedEntry, entry: Entry): void {
  const same =
    entry.institution === answered.institution.id &&
    formatTime(entry.recordedAt) === answered.recordedAt &&
    (entry.validUntil === 0 ? null : formatTime(entry.validUntil)) === answered.validUntil;
  if (!same) throw unproven(`the log's entry ${answered.index} says something else than the answer`);
}

/** The admin that governance put in place, of an entry that bears its flag; never of one that does not. */
function placedAdmin(
  view: VerifiedEntry | undefined,
  proof: AnswerProof,
  entry: Entry,
): Pick<VerifiedEntry["institution"], "placedAdmin"> {
  if (!entry.governedAdmin || view === undefined) return {};
  const placed = view.institution.placedAdmin;
  const found = proof.events.find(({ index }) => index === placed?.entry);
  const facts = found?.facts;
  const isOwn = facts?.institution === entry.institution;
  if (found !== undefined && facts?.type === "admin-replaced" && facts.byGovernance && isOwn)
    return {
      placedAdmin: { admin: facts.admin, since: formatTime(found.entry.recordedAt), entry: found.index },
    };
  throw unproven(`the directory's entry about the admin of institution ${entry.institution} is missing`);
}

/** The correction of a report on the key, where it is proven. */
function correction(
  view: VerifiedEntry | undefined,
  proof: AnswerProof,
  { institution, recordedBy }: Entry,
): Pick<VerifiedEntry, "correction"> {
  const found = proof.events.find(({ index }) => index === view?.correction?.entry);
  if (found?.facts.type !== "key-report-corrected") return {};
  const { facts } = found;
  if (facts.institution !== institution || facts.key !== recordedBy) return {};
  const since = facts.since === 0 ? null : formatTime(facts.since);
  return { correction: { since, entry: found.index, at: formatTime(found.entry.recordedAt) } };
}

/**
 * Checks that the note claims these documents, each with its leaf. The older of two of one institution may be missing: the newer
 * one decides.
 */
function requireClaimed(
  documents: readonly ProvenDocument[],
  note: SignedAnswer,
  { verdict }: VerificationResponse,
): void {
  const [claim, ...more] = note.answers;
  if (claim === undefined || more.length > 0 || claim.verdict !== verdict)
    throw unproven("the signed verdict is another one");
  const other = documents.find(({ index, entry: { institution }, leaf }) => {
    const claimed = claim.entries.find((each) => each.index === index);
    if (claimed !== undefined) return claimed.institution !== institution || !equalBytes(claimed.leaf, leaf);
    return (
      index < note.size &&
      !claim.entries.some((each) => each.institution === institution && each.index > index)
    );
  });
  if (other !== undefined) throw unproven(`the note does not claim entry ${other.index}`);
}

function claimOf(note: SignedAnswer | undefined): readonly ClaimedEntry[] {
  return note?.answers[0]?.entries ?? [];
}

/** The proven entry. @throws AppError ANSWER_UNPROVEN */
export function provenAt({ entries }: AnswerProof, index: EntryIndex): ProvenUnder {
  const found = entries.get(index);
  if (found === undefined) throw unproven(`entry ${index} has no proof`);
  return found;
}

/** The latest of a kind about the entry's institution. */
function factsAbout(
  { events }: AnswerProof,
  { institution }: Entry,
  type: ProvenFacts["facts"]["type"],
): ProvenFacts | undefined {
  return events.findLast(({ facts }) => facts.type === type && facts.institution === institution);
}

/** The change of a document's status by that entry. @throws AppError ANSWER_UNPROVEN */
function statusOf(
  index: EntryIndex | undefined,
  proof: AnswerProof,
  document: EntryIndex,
): ProvenStatus | undefined {
  if (index === undefined) return undefined;
  const { entry } = provenAt(proof, index);
  const change = entry.kind === "status" ? decodeStatus(entry.payload) : undefined;
  if (change?.document === document) return { index, entry, change };
  throw unproven(`entry ${index} does not change the status of entry ${document}`);
}

/** All proven changes of a document's status by those who may set it, oldest first. */
function statusesOf(
  { entries }: AnswerProof,
  document: { index: EntryIndex; institution: InstitutionId },
): ProvenStatus[] {
  const found = [...entries.values()].flatMap(({ index, entry }) => {
    const isOwn = entry.institution === 0 || entry.institution === document.institution;
    if (entry.kind !== "status" || !isOwn || index <= document.index) return [];
    const change = decodeStatus(entry.payload);
    return change.document === document.index ? [{ index, entry, change }] : [];
  });
  return found.toSorted((a, b) => a.index - b.index);
}

function presentChange({ index, entry, change }: ProvenStatus): ChangeView {
  const { action, reason, successor } = change;
  const base = { index, action, reason, recordedAt: formatTime(entry.recordedAt) };
  return { ...base, institution: entry.institution, ...(successor === undefined ? {} : { successor }) };
}

type ChangeView = z.infer<typeof statusChange>;

/** The proven change that the answer names, where it says of it what the log does, and that may change the document's status. */
export function provenChange(
  answered: ChangeView,
  proof: AnswerProof,
  document: { index: EntryIndex; institution: InstitutionId },
): ChangeView | undefined {
  const found = statusesOf(proof, document).find(({ index }) => index === answered.index);
  const change = found && presentChange(found);
  const isSame =
    change?.action === answered.action &&
    change.reason === answered.reason &&
    change.successor === answered.successor &&
    change.institution === answered.institution &&
    change.recordedAt === answered.recordedAt;
  return isSame ? change : undefined;
}

export function unproven(detail: string): AppError {
  return new AppError("ANSWER_UNPROVEN", { detail });
}
