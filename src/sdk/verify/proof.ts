/** Fetches and verifies the proofs of an answer. */
import { equalBytes, fromHex } from "../../core/bytes.ts";
import { formatDigest, isBoundTo, type SoughtPayload } from "../../core/digest.ts";
import { decodeEntry, decodeStatus, type Entry } from "../../core/entry.ts";
import { AppError } from "../../core/errors.ts";
import { officialKey, type ExpectedIssuer } from "../../core/official-id.ts";
import { formatTime } from "../../core/time.ts";
import type { EntryIndex, Hash, UnixSeconds } from "../../core/units.ts";
import { parseCheckpoint, type Checkpoint } from "../../log/checkpoint.ts";
import { hashLeaf } from "../../log/hash.ts";
import { parseNote, verifyNote, type Note, type VerifierKey } from "../../log/note.ts";
import { usableKeys } from "../../log/operator-key.ts";
import { inclusionSteps, type InclusionStep } from "../../log/proof.ts";
import { JsonReader, verifyEntry, type ProvenEntry } from "../../log/proven-entry.ts";
import { trustCheckpoint, type PolicyNow } from "../../log/trusted-checkpoint.ts";
import type { InstitutionsResponse } from "../../wire/entries.ts";
import type { IssuerAnswer, VerificationResponse, VerifiedEntry } from "../../wire/verifications.ts";
import type { LogClient } from "../http/log-client.ts";
import { ACTION_OF } from "../../log/statement.ts";
import { decidingEntry } from "./answer-text.ts";
import { fetchEntry } from "./tiles.ts";

/** An entry, its proof, and the signed checkpoint above it; unverified. */
export interface SignedInclusion extends ProvenEntry {
  readonly checkpoint: Note;
}

/** The path from an entry to a root. */
export interface CheckedPath {
  readonly index: EntryIndex;
  /** 80 bytes. */
  readonly entry: Uint8Array;
  readonly leaf: Hash;
  readonly steps: readonly InclusionStep[];
}

/** A verified proof with its steps. */
export interface CheckedProof {
  readonly document: CheckedPath;
  /** Of the entry that withdraws the document; undefined = the answer has no withdrawal. */
  readonly withdrawal: CheckedPath | undefined;
  readonly checkpoint: Checkpoint;
  /** Names of keys of the log that signed it. */
  readonly signers: readonly string[];
  readonly cosigners: readonly { readonly name: string; readonly at: UnixSeconds }[];
  /** The source of the log's keys: the reader's policy, or the service itself. */
  readonly trust: "policy" | "service";
  /** Days since the reader's policy was issued, where they are more than 90. */
  readonly policyDays: number | undefined;
}

/**
 * Makes the proof of an entry under the log's newest checkpoint, from its public tiles.
 * @throws AppError ENTRY_NOT_FINAL: no checkpoint covers it yet; NOTE_SYNTAX, TILE_MALFORMED, TILE_NOT_FOUND, and those of the client
 */
export async function fetchInclusion(
  index: EntryIndex,
  log: Pick<LogClient, "checkpoint" | "tile">,
): Promise<SignedInclusion> {
  const checkpoint = parseNote((await log.checkpoint()) ?? notCovered(index));
  const { size } = parseCheckpoint(checkpoint.text);
  if (index >= size) notCovered(index);
  return { ...(await fetchEntry(index, size, log)), checkpoint };
}

function notCovered(index: EntryIndex): never {
  throw new AppError("ENTRY_NOT_FINAL", { detail: `no checkpoint covers entry ${index} yet` });
}

/**
 * Checks that the log contains what an answer states: the deciding entry is of the file, agrees with the answer, and is
 * included under a signed checkpoint; likewise the entry that withdraws it. Pure.
 * @param claim.decision of the answer, or that of one of its several issuers
 * @param claim.payloads of the request, and the issuer that it expects
 * @throws AppError PROOF_INVALID, PROOF_SHAPE, ENTRY_MALFORMED, NOTE_SYNTAX: the answer is not proven; and as `trustCheckpoint`
 */
export function checkAnswer(claim: {
  answer: VerificationResponse;
  decision: VerificationResponse | IssuerAnswer;
  proof: NonNullable<VerificationResponse["proof"]>;
  payloads: readonly SoughtPayload[];
  expectedIssuer?: ExpectedIssuer | undefined;
  trust: KeysOrPolicy;
}): CheckedProof {
  const { answer, decision, proof, payloads, expectedIssuer, trust } = claim;
  const verified = verifySignatures(parseNote(proof.checkpoint), trust);
  const pathOf = (index: EntryIndex): CheckedPath => {
    const proven = proof.entries.find((entry) => entry.index === index);
    if (proven === undefined) throw unproven(index);
    return verifyPath(members.proven(proven, "proof"), verified.checkpoint);
  };
  const entry = decidingEntry(answer, decision);
  if (entry === undefined) throw new RangeError("no entry decided");
  const document = pathOf(entry.index);
  requireSame(entry, decodeEntry(document.entry), { payloads, origin: verified.checkpoint.origin });
  if (expectedIssuer !== undefined && !isIssuer(entry.institution, expectedIssuer))
    throw unproven(entry.index);
  const action = ACTION_OF[decision.verdict];
  if (action === undefined) return { document, withdrawal: undefined, ...verified };
  const change = decision.withdrawal;
  if (change?.action !== action) throw unproven(entry.index);
  const withdrawal = pathOf(change.index);
  requireChange(change, decodeEntry(withdrawal.entry), document.index);
  return { document, withdrawal, ...verified };
}

const members = new JsonReader((detail, at) => new AppError("PROOF_SHAPE", { detail, at }));

/** A reader's policy, or keys of the log from the service. */
export type KeysOrPolicy = PolicyNow | readonly VerifierKey[];

/** Verifies the proof of a document's entry. @throws AppError as `checkAnswer` */
export function checkInclusion(
  { checkpoint: note, ...inclusion }: SignedInclusion,
  trust: KeysOrPolicy,
): CheckedProof {
  const verified = verifySignatures(note, trust);
  return { document: verifyPath(inclusion, verified.checkpoint), withdrawal: undefined, ...verified };
}

function verifyPath(proven: ProvenEntry, checkpoint: Checkpoint): CheckedPath {
  verifyEntry(proven, checkpoint);
  const { index, entry, proof } = proven;
  const leaf = hashLeaf(entry);
  const steps = inclusionSteps({ leafHash: leaf, index, size: checkpoint.size, proof });
  return { index, entry, leaf, steps };
}

function verifySignatures(note: Note, trust: KeysOrPolicy): VerifiedCheckpoint {
  return "policy" in trust ? verifyByPolicy(note, trust) : verifyByKeys(note, trust);
}

type VerifiedCheckpoint = Pick<CheckedProof, "checkpoint" | "signers" | "cosigners" | "trust" | "policyDays">;

function verifyByPolicy(note: Note, reader: PolicyNow): VerifiedCheckpoint {
  const { signers, cosigners, policyDays, origin, size, root } = trustCheckpoint(note, reader);
  return {
    checkpoint: { origin, size, root },
    policyDays,
    signers: signers.map(({ name }) => name),
    cosigners: cosigners.map(({ witness, at }) => ({ name: witness.name, at })),
    trust: "policy",
  };
}

function verifyByKeys(note: Note, keys: readonly VerifierKey[]): VerifiedCheckpoint {
  const checkpoint = parseCheckpoint(note.text);
  const signers = keys.filter((key) => key.name === checkpoint.origin && verifyNote(note, key));
  if (signers.length === 0)
    throw new AppError("SIGNATURE_INVALID", { detail: "no key of the directory signed the checkpoint" });
  const names = signers.map(({ name }) => name);
  return { checkpoint, signers: names, cosigners: [], trust: "service", policyDays: undefined };
}

/** Keys of the log in the directory of a service. */
export function logKeysOf({ operators, registry }: InstitutionsResponse): VerifierKey[] {
  const held = operators.flatMap(({ id: operator, keys }) =>
    keys.map((key) => ({
      ...key,
      operator,
      publicKey: fromHex(key.publicKey),
      possession: fromHex(key.possession),
    })),
  );
  return usableKeys(held, registry.origin)
    .filter(({ key }) => key.purpose === "log" && key.compromisedSince === null)
    .map(({ verifier }) => verifier);
}

/** Checks that the answer agrees with the entry, and the entry with the file. */
function requireSame(
  answered: VerifiedEntry,
  entry: Entry,
  { payloads, origin }: { payloads: readonly SoughtPayload[]; origin: string },
): void {
  const { algorithm, blinded, payload, institution } = entry;
  const isAsked = payloads.some(
    (asked) =>
      asked.algorithm === algorithm &&
      asked.blinded === blinded &&
      equalBytes(asked.bytes, payload) &&
      isBoundTo(asked, { institution, origin }),
  );
  const text = algorithm === undefined ? undefined : formatDigest({ algorithm, bytes: payload });
  const same =
    isAsked &&
    entry.kind === "document" &&
    text === (blinded ? answered.commitment : answered.digest) &&
    institution === answered.institution.id &&
    formatTime(entry.recordedAt) === answered.recordedAt &&
    (entry.validUntil === 0 ? null : formatTime(entry.validUntil)) === answered.validUntil;
  if (!same) throw unproven(answered.index);
}

function isIssuer(institution: VerifiedEntry["institution"], expected: ExpectedIssuer): boolean {
  return typeof expected === "number"
    ? institution.id === expected
    : officialKey(institution) === officialKey(expected);
}

/** Checks that the answer agrees with the status entry, and that entry with the document. */
function requireChange(
  answered: NonNullable<VerificationResponse["withdrawal"]>,
  entry: Entry,
  document: EntryIndex,
): void {
  const change = entry.kind === "status" ? decodeStatus(entry.payload) : undefined;
  const same =
    change?.document === document &&
    change.action === answered.action &&
    change.reason === answered.reason &&
    change.successor === answered.successor &&
    entry.institution === answered.institution &&
    formatTime(entry.recordedAt) === answered.recordedAt;
  if (!same) throw unproven(answered.index);
}

function unproven(index: EntryIndex): AppError {
  return new AppError("PROOF_INVALID", {
    detail: `the log's entry ${index} says something else than the answer`,
  });
}
