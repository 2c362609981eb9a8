/** Verifies a file by its receipt, a policy and a status statement, without a network. */
import { equalBytes } from "../../core/bytes.ts";
import { decodeEntry, type Entry } from "../../core/entry.ts";
import type { Binding, Digest } from "../../core/digest.ts";
import { AppError, fault, quote } from "../../core/errors.ts";
import {
  formatExpectedIssuer,
  officialKey,
  type ExpectedIssuer,
  type OfficialId,
} from "../../core/official-id.ts";
import type { EntryIndex, Hash, UnixSeconds } from "../../core/units.ts";
import type { RestsOn, VerdictCode } from "../../core/verdict.ts";
import { commit } from "../../hash/blinding.ts";
import { isOrigin, originOfNote } from "../../log/checkpoint.ts";
import type { Policy } from "../../log/policy.ts";
import { verifyEntry, translateErrors } from "../../log/proven-entry.ts";
import type { Receipt } from "../../log/receipt.ts";
import { registrationOf, type Registration } from "../../log/registration.ts";
import type { StatementFile } from "../../log/statement.ts";
import { verifyStatement, type VerifiedStatement } from "../../log/status.ts";
import { trustCheckpoint, type TrustedCheckpoint } from "../../log/trusted-checkpoint.ts";

/** What receipt, statement and policy establish about a file. */
export interface OfflineAnswer {
  /** `registered`, or the verdict of a valid statement as of its time. */
  readonly verdict: VerdictCode;
  readonly index: EntryIndex;
  readonly entry: Entry;
  /** The checkpoint that includes the entry, with its signers. */
  readonly checkpoint: TrustedCheckpoint;
  /** The registration of the institution at the checkpoint, or why it is not proven. */
  readonly institution: Registration | AppError;
  /** "caller": the institution is the one that the reader expects; undefined: none is expected. */
  readonly chosenBy: "caller" | undefined;
  /** The statement, or why it is not valid; undefined: none was given. */
  readonly status: VerifiedStatement | AppError | undefined;
}

/**
 * Verifies: file → digest → (commitment) → entry → proof → checkpoint → signatures against a policy.
 * Pure: no network.
 * @param input.digests of the file's exact bytes, by each algorithm
 * @param input.now by the reader's clock
 * @throws AppError RECEIPT_EXTRA: the entry is not of a document
 * @throws AppError DOCUMENT_MISMATCH, SALT_MISSING
 * @throws AppError as `trustCheckpoint`; PROOF_SHAPE, PROOF_INVALID
 * @throws AppError ISSUER_MISMATCH; INSTITUTION_UNPROVEN: whether it is the expected issuer cannot be told
 */
export function verifyOffline(input: {
  receipt: Receipt;
  digests: readonly Digest[];
  policy: Policy;
  now: UnixSeconds;
  statement?: StatementFile | AppError | undefined;
  expectedIssuer?: ExpectedIssuer | undefined;
}): OfflineAnswer {
  const { receipt, digests, policy, statement, expectedIssuer, now } = input;
  const { index, proof, extra } = receipt;
  const reader = { policy, now };
  const entry = documentOf(extra.entry);
  requireDocument(entry, digests, receipt);
  const checkpoint = translateErrors(
    () => trustCheckpoint(receipt.checkpoint, reader),
    ["NOTE_SYNTAX"],
    (detail) => new AppError("RECEIPT_SYNTAX", { detail, at: "checkpoint" }),
  );
  if (!isOrigin(checkpoint.origin))
    throw new AppError("RECEIPT_OTHER_LOG", { detail: `${quote(checkpoint.origin)} names no registry` });
  verifyEntry({ entry: extra.entry, index, proof }, checkpoint);
  const institution = fault(() => verifyInstitution(receipt, entry, checkpoint));
  if (expectedIssuer !== undefined) requireIssuer(expectedIssuer, entry, institution);
  const status =
    statement === undefined || statement instanceof AppError
      ? statement
      : fault(() => {
          const keys = statusKeysOf(policy, checkpoint.origin);
          const document = { bytes: extra.entry, entry, index };
          return verifyStatement(statement, { ...document, checkpoint, reader, keys });
        });
  return {
    verdict: status === undefined || status instanceof AppError ? "registered" : status.verdict,
    index,
    entry,
    checkpoint,
    institution,
    chosenBy: expectedIssuer === undefined ? undefined : "caller",
    status,
  };
}

/** What an offline answer rests on: a suspension may have been lifted, and "valid" is the word of who stated it. */
export function restsOnOffline({ verdict, chosenBy, status, checkpoint }: OfflineAnswer): RestsOn {
  if (checkpoint.oneOperator === true) return "operator";
  if (verdict === "registered") return "proof";
  const isProven = status !== undefined && !(status instanceof AppError) && status.proven;
  return isProven && chosenBy === "caller" ? "proof" : "operator";
}

/** @throws AppError RECEIPT_EXTRA: the entry is not of a document */
export function documentOf(bytes: Uint8Array): Entry {
  const unreadable = (detail: string): AppError => new AppError("RECEIPT_EXTRA", { detail, at: "entry" });
  const entry = translateErrors(() => decodeEntry(bytes), ["ENTRY_MALFORMED"], unreadable);
  if (entry.kind !== "document") throw unreadable(`the entry is a ${entry.kind}, not a document`);
  return entry;
}

/**
 * Checks that a receipt's entry is of the file with these digests: a commitment is bound to the log of the receipt's
 * checkpoint and to the institution of the entry.
 * @throws AppError DOCUMENT_MISMATCH, SALT_MISSING
 */
export function requireDocument(
  entry: Entry,
  digests: readonly Digest[],
  { checkpoint, extra: { salt } }: Pick<Receipt, "checkpoint" | "extra">,
): void {
  const digest = digests.find(({ algorithm }) => algorithm === entry.algorithm);
  if (entry.blinded && salt === undefined)
    throw new AppError("SALT_MISSING", { detail: "the entry is blinded, and the receipt has no salt" });
  const bound = { salt, institution: entry.institution, origin: originOfNote(checkpoint) };
  const payload = digest && (entry.blinded ? commitmentOf(digest, bound) : digest.bytes);
  if (payload === undefined || !equalBytes(payload, entry.payload))
    throw new AppError("DOCUMENT_MISMATCH", {
      detail: "the file is not, bit for bit, the document of this receipt; saving it again changes it",
    });
}

function commitmentOf(
  digest: Digest,
  { salt, ...bound }: Binding & { salt: Uint8Array | undefined },
): Hash | undefined {
  return salt && commit(digest, { salt, ...bound }).bytes;
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

/** @throws AppError ISSUER_MISMATCH, INSTITUTION_UNPROVEN */
function requireIssuer(expected: ExpectedIssuer, entry: Entry, institution: Registration | AppError): void {
  const id = entry.institution;
  if (typeof expected === "number" ? id === expected : isProvenIssuer(institution, expected)) return;
  const wanted = quote(String(formatExpectedIssuer(expected)));
  const detail = `expected ${wanted}, but institution ${id} registered the document of this receipt`;
  throw new AppError("ISSUER_MISMATCH", { detail });
}

/** @throws AppError INSTITUTION_UNPROVEN */
function isProvenIssuer(institution: Registration | AppError, expected: OfficialId): boolean {
  if (institution instanceof AppError) throw institution;
  return officialKey(institution) === officialKey(expected);
}

/** The status keys of a log's operators. */
function statusKeysOf({ statusKeys }: Policy, origin: string): Policy["statusKeys"] {
  return statusKeys.filter(({ key }) => key.name.startsWith(`${origin}/status/`));
}
