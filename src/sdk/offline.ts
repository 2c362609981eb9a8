/** Verifies a file by its receipt, a policy and a status statement, without a network. */
import { equalBytes } from "../core/bytes.ts";
import { decodeEntry, decodeStatus, type Action, type Entry, type StatusChange } from "../core/entry.ts";
import type { Digest } from "../core/digest.ts";
import { AppError, fault, quote } from "../core/errors.ts";
import { SALT_BYTES } from "../core/salt.ts";
import type { EntryIndex, Hash, UnixSeconds } from "../core/units.ts";
import type { VerdictCode } from "../core/verdict.ts";
import { commit } from "../hash/blinding.ts";
import { isOrigin } from "../log/checkpoint.ts";
import { hashLeaf } from "../log/hash.ts";
import type { VerifierKey } from "../log/note.ts";
import type { Policy } from "../log/policy.ts";
import { verifyEntry, translateErrors } from "../log/proven-entry.ts";
import type { Receipt } from "../log/receipt.ts";
import { registrationOf, type Registration } from "../log/registration.ts";
import { openStatement, type SignedStatement, type StatementFile } from "../log/statement.ts";
import { isInWindow, trustCheckpoint, type TrustedCheckpoint } from "../log/trusted-checkpoint.ts";

/** A valid statement, and its proof. */
interface OfflineStatus extends SignedStatement {
  /** The status entry that proves a withdrawal; undefined: the verdict is only asserted by the signer. */
  readonly change: (StatusChange & { readonly entry: Entry }) | undefined;
}

export interface OfflineAnswer {
  /** `registered`, or the verdict of a valid statement as of its time. */
  readonly verdict: VerdictCode;
  readonly index: EntryIndex;
  readonly entry: Entry;
  /** The checkpoint that includes the entry, with its signers. */
  readonly checkpoint: TrustedCheckpoint;
  /** The registration of the institution at the checkpoint, or why it is not proven. */
  readonly institution: Registration | AppError;
  /** The statement, or why it is not valid; undefined: none was given. */
  readonly status: OfflineStatus | AppError | undefined;
}

/**
 * Verifies: file → digest → (commitment) → entry → proof → checkpoint → signatures against a policy.
 * Pure: no network.
 * @param input.digests of the file's exact bytes, by each algorithm
 * @param input.now by the reader's clock
 * @throws AppError RECEIPT_EXTRA: the entry is not of a document
 * @throws AppError DOCUMENT_MISMATCH, SALT_MISSING
 * @throws AppError as `trustCheckpoint`; PROOF_SHAPE, PROOF_INVALID
 */
export function verifyOffline(input: {
  receipt: Receipt;
  digests: readonly Digest[];
  policy: Policy;
  now: UnixSeconds;
  statement?: StatementFile | AppError | undefined;
}): OfflineAnswer {
  const { receipt, digests, policy, now, statement } = input;
  const { index, proof, extra } = receipt;
  const entry = documentOf(extra.entry);
  requireDocument(entry, digests, extra.salt);
  const checkpoint = translateErrors(
    () => trustCheckpoint(receipt.checkpoint, { policy, now }),
    ["NOTE_SYNTAX"],
    (detail) => new AppError("RECEIPT_SYNTAX", { detail, at: "checkpoint" }),
  );
  if (!isOrigin(checkpoint.origin))
    throw new AppError("RECEIPT_OTHER_LOG", { detail: `${quote(checkpoint.origin)} names no registry` });
  verifyEntry({ entry: extra.entry, index, proof }, checkpoint);
  const status =
    statement === undefined || statement instanceof AppError
      ? statement
      : fault(() => verifyStatement(statement, { receipt, entry, checkpoint, policy }));
  return {
    verdict: status === undefined || status instanceof AppError ? "registered" : status.verdict,
    index,
    entry,
    checkpoint,
    institution: fault(() => verifyInstitution(receipt, entry, checkpoint)),
    status,
  };
}

/** @throws AppError RECEIPT_EXTRA: the entry is not of a document */
export function documentOf(bytes: Uint8Array): Entry {
  const unreadable = (detail: string): AppError => new AppError("RECEIPT_EXTRA", { detail, at: "entry" });
  const entry = translateErrors(() => decodeEntry(bytes), ["ENTRY_MALFORMED"], unreadable);
  if (entry.kind !== "document") throw unreadable(`the entry is a ${entry.kind}, not a document`);
  return entry;
}

/**
 * Checks that an entry is of the file with these digests.
 * @param salt of a blinded entry
 * @throws AppError DOCUMENT_MISMATCH, SALT_MISSING
 */
export function requireDocument(
  entry: Entry,
  digests: readonly Digest[],
  salt: Uint8Array | undefined,
): void {
  const digest = digests.find(({ algorithm }) => algorithm === entry.algorithm);
  if (entry.blinded && salt === undefined)
    throw new AppError("SALT_MISSING", { detail: "the entry is blinded, and the receipt has no salt" });
  const payload = digest && (entry.blinded ? commitmentOf(digest, salt) : digest.bytes);
  if (payload === undefined || !equalBytes(payload, entry.payload))
    throw new AppError("DOCUMENT_MISMATCH", {
      detail: "the file is not, bit for bit, the document of this receipt; saving it again changes it",
    });
}

/** The commitment; undefined where the salt has another length. */
function commitmentOf(digest: Digest, salt: Uint8Array | undefined): Hash | undefined {
  return salt?.length === SALT_BYTES ? commit(digest, salt).bytes : undefined;
}

/** @throws AppError INSTITUTION_UNPROVEN */
function verifyInstitution({ extra }: Receipt, entry: Entry, checkpoint: TrustedCheckpoint): Registration {
  const unproven = (detail: string): AppError => new AppError("INSTITUTION_UNPROVEN", { detail });
  const { directory } = extra;
  if (directory === undefined) throw unproven("the receipt has no directory part");
  const proven = translateErrors(
    () => verifyEntry(directory, checkpoint),
    ["ENTRY_MALFORMED", "PROOF_SHAPE", "PROOF_INVALID"],
    unproven,
  );
  const registration = registrationOf(directory.event, proven);
  if (registration.institution !== entry.institution) throw unproven("it is of another institution");
  return registration;
}

/** @throws AppError STATUS_STATEMENT_INVALID */
function verifyStatement(
  { note, status, twin }: StatementFile,
  context: { receipt: Receipt; entry: Entry; checkpoint: TrustedCheckpoint; policy: Policy },
): OfflineStatus {
  const { receipt, entry, checkpoint, policy } = context;
  const stated = openStatement(note, statusKeysOf(policy, checkpoint.origin));
  if (!stated.signers.some((key) => isTimely(key, policy, stated.time)))
    throw unusable("the status key that signed it was not in its window then");
  if (stated.origin !== checkpoint.origin) throw unusable("it is of another log");
  if (stated.index !== receipt.index || !equalBytes(stated.leaf, hashLeaf(receipt.extra.entry)))
    throw unusable("it is of another entry");
  if (stated.size < checkpoint.size) throw unusable("it is older than the receipt");
  if (stated.size === checkpoint.size && !equalBytes(stated.root, checkpoint.root))
    throw unusable("it is of another history of the log");
  if (stated.time < entry.recordedAt) throw unusable("it is older than the entry");
  const ended = entry.validUntil !== 0 && stated.time >= entry.validUntil;
  if (stated.verdict === (ended ? "valid" : "expired"))
    throw unusable("the entry says something else of how long it is valid");
  const action = ACTION_OF[stated.verdict];
  if (action === undefined) return { ...stated, change: undefined };
  if (status === undefined || status.index !== stated.decidedBy)
    throw unusable("the status entry is missing");
  const proven = <T>(read: () => T): T =>
    translateErrors(read, ["ENTRY_MALFORMED", "PROOF_SHAPE", "PROOF_INVALID"], unusable);
  const change = proven(() => {
    const recorded = verifyEntry(status, stated);
    return recorded.kind === "status" ? { ...decodeStatus(recorded.payload), entry: recorded } : undefined;
  });
  if (change?.action !== action) throw unusable("the status entry says something else");
  if (change.document !== stated.index) {
    if (twin?.index !== change.document) throw unusable("the status entry is of another document");
    const other = proven(() => verifyEntry(twin, stated));
    if (!isSameDocument(other, entry)) throw unusable("the status entry is of another document");
  }
  return { ...stated, change };
}

/** Whether both entries are of one document; withdrawing one of them withdraws all by the same institution. */
function isSameDocument(a: Entry, b: Entry): boolean {
  return (
    a.kind === b.kind &&
    a.institution === b.institution &&
    a.algorithm === b.algorithm &&
    a.blinded === b.blinded &&
    equalBytes(a.payload, b.payload)
  );
}

/** The action of each withdrawal. */
export const ACTION_OF: Partial<Record<VerdictCode, Action>> = {
  revoked: "revoke",
  superseded: "supersede",
  suspended: "suspend",
};

/** The status keys of a log's operators. */
function statusKeysOf({ statusKeys }: Policy, origin: string): VerifierKey[] {
  return statusKeys.map(({ key }) => key).filter(({ name }) => name.startsWith(`${origin}/status/`));
}

/** Whether a signer's key was in its window when the statement was made. */
function isTimely(key: VerifierKey, { statusKeys }: Policy, time: UnixSeconds): boolean {
  return statusKeys.some((each) => each.key === key && isInWindow(each, time));
}

function unusable(detail: string): AppError {
  return new AppError("STATUS_STATEMENT_INVALID", { detail });
}
