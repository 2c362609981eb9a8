/** Verifies inclusion proofs, with their steps. */
import type { EntryIndex, Hash, UnixSeconds } from "../../core/units.ts";
import type { Checkpoint } from "../../log/checkpoint.ts";
import { hashLeaf } from "../../log/hash.ts";
import { inclusionSteps, type InclusionStep } from "../../log/proof.ts";
import { verifyEntry, type ProvenEntry } from "../../log/proven-entry.ts";
import type { TrustedCheckpoint } from "../../log/trusted-checkpoint.ts";
import type { ProvenUnder } from "./answer-proof.ts";
import type { TrustKind } from "./trust.ts";

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
  /** Where the log's keys are from: a policy, or what was pinned. */
  readonly trust: TrustKind;
  /** Days since the reader's policy was issued, where they are more than 90. */
  readonly policyDays: number | undefined;
}

/** The steps of a document's entry, and of one that withdraws it, to a believed checkpoint. */
export function checkedProof(
  document: ProvenUnder,
  withdrawal: ProvenUnder | undefined,
  trust: TrustKind,
): CheckedProof {
  return {
    document: verifyPath(document.proven, document.checkpoint),
    withdrawal: withdrawal && verifyPath(withdrawal.proven, withdrawal.checkpoint),
    ...shownCheckpoint(document.checkpoint),
    trust,
  };
}

/** Verifies the proof of a document's entry under a checkpoint that is believed. @throws AppError PROOF_SHAPE, PROOF_INVALID, ENTRY_MALFORMED */
export function checkInclusion(
  proven: ProvenEntry,
  checkpoint: TrustedCheckpoint,
  trust: TrustKind,
): CheckedProof {
  const path = verifyPath(proven, checkpoint);
  return { document: path, withdrawal: undefined, ...shownCheckpoint(checkpoint), trust };
}

function verifyPath(proven: ProvenEntry, checkpoint: Checkpoint): CheckedPath {
  verifyEntry(proven, checkpoint);
  const { index, entry, proof } = proven;
  const leaf = hashLeaf(entry);
  const steps = inclusionSteps({ leafHash: leaf, index, size: checkpoint.size, proof });
  return { index, entry, leaf, steps };
}

type VerifiedCheckpoint = Pick<CheckedProof, "checkpoint" | "signers" | "cosigners" | "policyDays">;

function shownCheckpoint(checkpoint: TrustedCheckpoint): VerifiedCheckpoint {
  const { signers, cosigners, policyDays, origin, size, root } = checkpoint;
  return {
    checkpoint: { origin, size, root },
    policyDays,
    signers: signers.map(({ name }) => name),
    cosigners: cosigners.map(({ witness, at }) => ({ name: witness.name, at })),
  };
}
