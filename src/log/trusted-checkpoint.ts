/** Verifies checkpoints against a policy: signatures, windows of keys, the quorum, and the reader's clock. */
import { AppError, quote } from "../core/errors.ts";
import { formatTime } from "../core/time.ts";
import type { UnixSeconds } from "../core/units.ts";
import { cosignatureTimes, parseCheckpoint, type Checkpoint } from "./checkpoint.ts";
import { verifyNote, type Note, type VerifierKey } from "./note.ts";
import type { Policy, PolicyKey, PolicyWitness } from "./policy.ts";

/** A policy, and the moment by the reader's clock: no time that a signer writes takes its place. */
export interface PolicyNow {
  readonly policy: Policy;
  readonly now: UnixSeconds;
}

/** A checkpoint that fulfils the policy. */
export interface TrustedCheckpoint extends Checkpoint {
  /** The greatest time such that the cosignatures of this time or later fulfil the quorum. */
  readonly time: UnixSeconds;
  /** Keys of the log that signed it, in their windows. */
  readonly signers: readonly VerifierKey[];
  /** Witnesses of the policy that cosigned it, and when. */
  readonly cosigners: readonly { readonly witness: PolicyWitness; readonly at: UnixSeconds }[];
  /** Days since the policy was issued, where they are more than 90. */
  readonly policyDays: number | undefined;
  /** By a policy for trying out: it is the word of one operator. */
  readonly oneOperator?: true;
}

const DAY = 86_400;
/** Days after which the age of a policy is shown. */
const OLD = 90;

/** Days since the policy was issued, where they are more than 90; undefined also where it does not say when that was. */
function daysOfOldPolicy({ policy: { issued }, now }: PolicyNow): number | undefined {
  return issued === undefined || now - issued <= OLD * DAY ? undefined : Math.floor((now - issued) / DAY);
}

/** Whether what the key signs at that time counts. */
export function isInWindow({ from, until }: Pick<PolicyKey, "from" | "until">, time: UnixSeconds): boolean {
  return time >= (from ?? 0) && time < (until ?? Infinity);
}

/**
 * Parses a signed checkpoint and verifies it against the policy.
 * @throws AppError POLICY_EXPIRED
 * @throws AppError NOTE_SYNTAX: the text is not a checkpoint
 * @throws AppError RECEIPT_OTHER_LOG: it is of a log that the policy does not name
 * @throws AppError SIGNATURE_INVALID: no key of the log signed it in its window, or the signature of a known key does not verify
 * @throws AppError NOT_ENOUGH_WITNESSES
 */
export function trustCheckpoint(note: Note, reader: PolicyNow): TrustedCheckpoint {
  requireCurrent(reader);
  const { policy } = reader;
  const checkpoint = parseCheckpoint(note.text);
  const keys = policy.logs.filter(({ key }) => key.name === checkpoint.origin);
  if (keys.length === 0)
    throw new AppError("RECEIPT_OTHER_LOG", {
      detail: `the policy does not name the log ${quote(checkpoint.origin)}`,
    });
  const signed = keys.filter(({ key }) => verifyNote(note, key));
  if (signed.length === 0)
    throw new AppError("SIGNATURE_INVALID", { detail: "no key of the policy signed the checkpoint" });
  const cosigners = policy.witnesses.flatMap((witness) => {
    const times = cosignatureTimes(note, witness.key).filter((time) => isInWindow(witness, time));
    return times.length === 0 ? [] : [{ witness, at: Math.max(...times) }];
  });
  const time = witnessedAt(policy, cosigners);
  const signers = signed.filter((each) => isInWindow(each, time)).map(({ key }) => key);
  if (signers.length === 0)
    throw new AppError("SIGNATURE_INVALID", {
      detail: `no key of the policy that signed the checkpoint is in its window at ${formatTime(time)}`,
    });
  const one = policy.oneOperator === true ? { oneOperator: policy.oneOperator } : {};
  return { ...checkpoint, time, signers, cosigners, policyDays: daysOfOldPolicy(reader), ...one };
}

/** @throws AppError POLICY_EXPIRED */
export function requireCurrent({ policy: { issued, expires }, now }: PolicyNow): void {
  if (expires === undefined || now < expires) return;
  throw new AppError("POLICY_EXPIRED", {
    detail: `the policy${issued === undefined ? "" : ` of ${formatTime(issued)}`} expired at ${formatTime(expires)}; make a newer one with: hufu policy`,
  });
}

/**
 * The greatest time such that the cosignatures of this time or later fulfil the quorum.
 * @throws AppError NOT_ENOUGH_WITNESSES
 */
function witnessedAt(policy: Policy, cosigners: TrustedCheckpoint["cosigners"]): UnixSeconds {
  const times = cosigners.map(({ at }) => at).sort((a, b) => b - a);
  const names = (since: UnixSeconds): Set<string> =>
    new Set(cosigners.filter(({ at }) => at >= since).map(({ witness }) => witness.name));
  const time = times.find((since) => isWitnessed(policy, policy.quorum, names(since)));
  if (time !== undefined) return time;
  const witnesses = [...names(0)];
  throw new AppError("NOT_ENOUGH_WITNESSES", {
    detail: `${witnesses.length} of the policy's witnesses cosigned the checkpoint; its quorum is ${quote(policy.quorum)}`,
    witnesses,
  });
}

/** Whether these cosigners fulfil the group, or are the witness, of that name; "none" is never fulfilled. */
export function isWitnessed(policy: Policy, name: string, cosigners: ReadonlySet<string>): boolean {
  const group = policy.groups.find((defined) => defined.name === name);
  if (group === undefined) return cosigners.has(name);
  return group.members.filter((member) => isWitnessed(policy, member, cosigners)).length >= group.threshold;
}
