/** Signs and cosigns checkpoints, and selects the cosignatures of known keys from a note. */
import { MAX_CLOCK_SKEW } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";
import type { UnixSeconds } from "../core/units.ts";
import { cosign, cosignedAt } from "../log/checkpoint.ts";
import { signNote, signaturesBy, type Note, type NoteSignature, type VerifierKey } from "../log/note.ts";
import type { OperatorIdentity } from "./identity.ts";

/** The log's signature, and the operator's own cosignature, which gives the checkpoint a time. */
export function signaturesOf(
  text: string,
  { signers }: OperatorIdentity,
  now: UnixSeconds,
): [log: NoteSignature, own: NoteSignature] {
  return [signNote(text, signers.log), cosign(text, signers.witness, now)];
}

/**
 * The cosignatures by a key in a note; none where it has not cosigned.
 * @throws AppError SIGNATURE_INVALID: one of them does not verify, or has no time, or one in the future
 */
export function cosignaturesBy(key: VerifierKey, note: Note, now: UnixSeconds): NoteSignature[] {
  const at = cosignedAt(note, key);
  if (at === undefined) return [];
  if (at === 0 || at > now + MAX_CLOCK_SKEW)
    throw new AppError("SIGNATURE_INVALID", { detail: `it is of the time ${at}, and now is ${now}` });
  return signaturesBy(key, note);
}
