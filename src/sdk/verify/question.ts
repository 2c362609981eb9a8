/** Pairs receipts with files, and makes the verification request about a file. */
import { decodeEntry, type Entry } from "../../core/entry.ts";
import { formatDigest, type Digest, type SoughtPayload } from "../../core/digest.ts";
import { fault, type AppError } from "../../core/errors.ts";
import type { SaltRecord } from "../../core/salt.ts";
import { originOfNote } from "../../log/checkpoint.ts";
import type { Receipt } from "../../log/receipt.ts";
import type { VerificationRequest } from "../../wire/verifications.ts";
import { documentOf, requireDocument } from "./offline.ts";

/** The request about a file, and the payloads that its entries may have. */
export interface FileQuestion {
  readonly request: VerificationRequest;
  readonly payloads: readonly SoughtPayload[];
}

/** What a port may answer immediately, or later. */
export type Awaitable<T> = T | Promise<T>;

/** The salts of the documents that were blinded on this machine. */
export interface KeptSalts {
  /** All records of a document, of every institution and registry. */
  ofDigest(digest: Digest): Awaitable<readonly SaltRecord[]>;
}

/** The digests as fields of a request. */
function digestFields(digests: readonly Digest[]): { digest: string; alsoDigests?: string[] } {
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

/**
 * The question about a file: by the commitment of its receipt, so that the service does not learn its digest; where it was
 * blinded on this machine, by the commitments that were made here; else by its digests.
 * @param digests of the file by every algorithm, so that it is recognised whichever was used
 * @param given.receipt of the file
 * @param given.salts undefined = nothing was blinded on this machine
 * @param given.asked the digests to ask by; all of them unless given
 */
export async function questionOf(
  digests: readonly Digest[],
  given: {
    readonly receipt?: Receipt | undefined;
    readonly salts: KeptSalts | undefined;
    readonly asked?: readonly Digest[] | undefined;
  },
): Promise<FileQuestion> {
  const { receipt, salts, asked = digests } = given;
  const received = receipt && boundBy(receipt);
  if (received !== undefined) return byCommitments([received], asked);
  const kept: SaltRecord[] = [];
  for (const digest of digests) kept.push(...((await salts?.ofDigest(digest)) ?? []));
  return byCommitments(kept, asked);
}

type Bound = Pick<SaltRecord, "commitment" | "institution" | "origin">;

/** The question about the document of an entry, by what the entry has of it. */
export function questionOfEntry(entry: Entry, origin: string): FileQuestion {
  const bound = boundIn(entry, origin);
  const { algorithm, payload: bytes } = entry;
  return byCommitments(bound ? [bound] : [], algorithm === undefined ? [] : [{ algorithm, bytes }]);
}

/** The commitment of a receipt, with what it binds; undefined: its document is open. */
function boundBy({ extra, checkpoint }: Receipt): Bound | undefined {
  return boundIn(decodeEntry(extra.entry), originOfNote(checkpoint));
}

function boundIn(
  { algorithm, blinded, payload: bytes, institution }: Entry,
  origin: string,
): Bound | undefined {
  if (algorithm === undefined || !blinded) return undefined;
  return { commitment: { algorithm, bytes, blinded }, institution, origin };
}

function byDigests(digests: readonly Digest[]): FileQuestion {
  const payloads = digests.map((digest) => ({ ...digest, blinded: false }));
  return { request: digestFields(digests), payloads };
}

/** By `digests` where there is no commitment. */
function byCommitments(bound: readonly Bound[], digests: readonly Digest[]): FileQuestion {
  const [first, ...alsoCommitments] = bound.map(({ commitment, institution, origin }) => {
    return { commitment: formatDigest(commitment), institution, origin };
  });
  if (first === undefined) return byDigests(digests);
  return {
    request: { ...first, ...(alsoCommitments.length === 0 ? {} : { alsoCommitments }) },
    payloads: bound.map(({ commitment, institution, origin }) => {
      return { ...commitment, boundTo: { institution, origin } };
    }),
  };
}
