/** Pairs receipts with files, and makes the verification request about a file. */
import { decodeEntry } from "../../core/entry.ts";
import { formatDigest, type Digest, type SoughtPayload } from "../../core/digest.ts";
import { fault, type AppError } from "../../core/errors.ts";
import { originOfNote } from "../../log/checkpoint.ts";
import type { Receipt } from "../../log/receipt.ts";
import type { VerificationRequest } from "../../wire/verifications.ts";
import { documentOf, requireDocument } from "./offline.ts";

/** The request about a file, and the payloads that its entries may have. */
export interface FileQuestion {
  readonly request: VerificationRequest;
  readonly payloads: readonly SoughtPayload[];
}

/** The digests as fields of a request. */
export function digestFields(digests: readonly Digest[]): { digest: string; alsoDigests?: string[] } {
  const [digest = "", ...alsoDigests] = digests.map(formatDigest);
  return alsoDigests.length === 0 ? { digest } : { digest, alsoDigests };
}

/**
 * Finds the first receipt of a file, by content; undefined = none.
 * @throws AppError RECEIPT_EXTRA: one is not of a document; SALT_MISSING: one may be of the file, but lacks its salt
 */
export function receiptOf(digests: readonly Digest[], receipts: readonly Receipt[]): Receipt | undefined {
  let unclear: AppError | undefined;
  for (const receipt of receipts) {
    const mismatch = mismatchOf(digests, receipt);
    if (mismatch === undefined) return receipt;
    if (mismatch.code === "SALT_MISSING") unclear ??= mismatch;
    else if (mismatch.code !== "DOCUMENT_MISMATCH") throw mismatch;
  }
  if (unclear !== undefined) throw unclear;
  return undefined;
}

/** Finds a receipt as {@link receiptOf}. @throws AppError as `receiptOf`; DOCUMENT_MISMATCH: none is of the file */
export function requireReceipt(digests: readonly Digest[], receipts: readonly Receipt[]): Receipt {
  const receipt = receiptOf(digests, receipts);
  if (receipt !== undefined) return receipt;
  const [first] = receipts;
  throw (first && mismatchOf(digests, first)) ?? new RangeError("no receipt");
}

/** The reason why a receipt is not of the file; undefined = it is. */
function mismatchOf(digests: readonly Digest[], receipt: Receipt): AppError | undefined {
  return fault(() => {
    requireDocument(documentOf(receipt.extra.entry), digests, receipt);
    return undefined;
  });
}

/** Asks for a blinded document by its commitment and what that is bound to, so that the service does not learn its digest. */
export function questionFor(digests: readonly Digest[], receipt: Receipt | undefined): FileQuestion {
  const entry = receipt && decodeEntry(receipt.extra.entry);
  if (receipt === undefined || entry?.algorithm === undefined || !entry.blinded)
    return {
      request: digestFields(digests),
      payloads: digests.map((digest) => ({ ...digest, blinded: false })),
    };
  const commitment = { algorithm: entry.algorithm, bytes: entry.payload };
  const boundTo = { institution: entry.institution, origin: originOfNote(receipt.checkpoint) };
  return {
    request: { commitment: formatDigest(commitment), ...boundTo },
    payloads: [{ ...commitment, blinded: true, boundTo }],
  };
}
