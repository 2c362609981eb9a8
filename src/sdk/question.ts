import { decodeEntry } from "../core/entry.ts";
import { formatDigest, type Digest, type Payload } from "../core/digest.ts";
import { isAppError, type AppError } from "../core/errors.ts";
import type { Receipt } from "../log/receipt.ts";
import type { VerificationRequest } from "../wire/verifications.ts";
import { documentOf, requireDocument } from "./offline.ts";

/** What is asked about a file, and what an entry has to hold to be of it. */
export interface FileQuestion {
  readonly request: VerificationRequest;
  readonly payloads: readonly Payload[];
}

/** The digests as a request has them: the first, and the others beside it. */
export function digestFields(digests: readonly Digest[]): { digest: string; alsoDigests?: string[] } {
  const [digest = "", ...alsoDigests] = digests.map(formatDigest);
  return alsoDigests.length === 0 ? { digest } : { digest, alsoDigests };
}

/**
 * The receipt that is of a file, found by content: the first that it is the document of; undefined = none is.
 * @throws AppError RECEIPT_EXTRA: one is of no document; SALT_MISSING: one may be the file's, and lacks the salt to show it
 */
export function receiptOf(digests: readonly Digest[], receipts: readonly Receipt[]): Receipt | undefined {
  let unclear: AppError | undefined;
  for (const receipt of receipts) {
    const not = notOf(digests, receipt);
    if (not === undefined) return receipt;
    if (not.code === "SALT_MISSING") unclear ??= not;
    else if (not.code !== "DOCUMENT_MISMATCH") throw not;
  }
  if (unclear !== undefined) throw unclear;
  return undefined;
}

/** The same where there has to be one. @throws AppError as `receiptOf`; DOCUMENT_MISMATCH: none is the file's */
export function requireReceipt(digests: readonly Digest[], receipts: readonly Receipt[]): Receipt {
  const receipt = receiptOf(digests, receipts);
  if (receipt !== undefined) return receipt;
  const [first] = receipts;
  throw (first && notOf(digests, first)) ?? new RangeError("no receipt");
}

/** Why a receipt is not the file's; undefined = it is. */
function notOf(digests: readonly Digest[], { extra }: Receipt): AppError | undefined {
  try {
    requireDocument(documentOf(extra.entry), digests, extra.salt);
    return undefined;
  } catch (error) {
    if (isAppError(error)) return error;
    throw error;
  }
}

/** What to ask about a file: of a blinded document its commitment alone, which is nobody else's business to link to it. */
export function questionFor(digests: readonly Digest[], receipt: Receipt | undefined): FileQuestion {
  const entry = receipt && decodeEntry(receipt.extra.entry);
  if (entry?.algorithm === undefined || !entry.blinded)
    return {
      request: digestFields(digests),
      payloads: digests.map((digest) => ({ ...digest, blinded: false })),
    };
  const commitment = { algorithm: entry.algorithm, bytes: entry.payload, blinded: true };
  return { request: { commitment: formatDigest(commitment) }, payloads: [commitment] };
}
