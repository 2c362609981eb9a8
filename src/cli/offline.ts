import { toHex } from "../core/bytes.ts";
import { formatDigest } from "../core/digest.ts";
import { AppError, isAppError, quote } from "../core/errors.ts";
import { formatLocalTime, formatTime } from "../core/time.ts";
import { fill } from "../core/words/index.ts";
import { readSmallFile, type HashedFile } from "../hash/file.ts";
import { MAX_PROOF_BYTES } from "../log/log-proof.ts";
import { MAX_POLICY_LENGTH, parsePolicy, type Policy } from "../log/policy.ts";
import { parseReceipt, type Receipt } from "../log/receipt.ts";
import { verifyOffline, type OfflineAnswer } from "../sdk/offline.ts";
import type { Context } from "./context.ts";
import { printable, rows } from "./output.ts";
import { SIGNS } from "./verdict-text.ts";

/** What files are verified by without a network. */
export interface OfflineEvidence {
  readonly receipts: readonly Receipt[];
  readonly policy: Policy;
}

/**
 * Reads receipts and the policy.
 * @throws AppError POLICY_*, RECEIPT_*, and the faults of files
 */
export async function readEvidence(
  paths: readonly string[],
  policy: string | undefined,
): Promise<OfflineEvidence> {
  const receipts: Receipt[] = [];
  for (const path of paths) receipts.push(parseReceipt(await readSmallFile(path, MAX_PROOF_BYTES)));
  return { receipts, policy: await readPolicy(policy) };
}

async function readPolicy(path: string | undefined): Promise<Policy> {
  const missing = (detail: string): AppError =>
    new AppError("POLICY_MISSING", { detail: `${detail}; make one with: hufu policy`, at: "--policy" });
  if (path === undefined) throw missing("--receipt needs --policy FILE, the keys to trust");
  const bytes = await readSmallFile(path, MAX_POLICY_LENGTH).catch((error: unknown) => {
    if (!isAppError(error, "FILE_NOT_FOUND")) throw error;
    throw missing(`${quote(path)}: there is no such file`);
  });
  return parsePolicy(new TextDecoder().decode(bytes));
}

/**
 * Receipts are paired with files by content: the file is of whichever it is the document of.
 * @throws AppError as `verifyOffline`; SALT_MISSING where the file may be of one that lacks its salt
 */
export function verifyByReceipt(
  { digests }: HashedFile,
  { receipts, policy }: OfflineEvidence,
): OfflineAnswer {
  const others: AppError[] = [];
  for (const receipt of receipts) {
    try {
      return verifyOffline({ receipt, digests, policy });
    } catch (error) {
      if (!isAppError(error, "DOCUMENT_MISMATCH") && !isAppError(error, "SALT_MISSING")) throw error;
      others.push(error);
    }
  }
  const [first] = others;
  throw others.find((error) => isAppError(error, "SALT_MISSING")) ?? first ?? new RangeError("no receipt");
}

/** An offline answer as a person reads it: what is established, and what cannot be known. */
export function offlineLines(file: string, answer: OfflineAnswer, context: Context): string[] {
  const { words, language } = context;
  const { verdict, entry, index, institution, checkpoint } = answer;
  const { title, means, next } = words.verdicts[verdict];
  const { labels } = words;
  const issuer =
    institution instanceof AppError
      ? `${labels.issuer} ${entry.institution} (${words.errors[institution.code]})`
      : institution.names[language];
  return [
    `${SIGNS[verdict]} ${title}  ${printable(file)}`,
    `  ${fill(means, { issuer, time: formatLocalTime(entry.recordedAt) })}`,
    ...rows([
      [labels.issuer, `${issuer} (${entry.institution})`],
      [labels.registered, formatLocalTime(entry.recordedAt)],
      [labels.validUntil, entry.validUntil === 0 ? labels.noEnd : formatLocalTime(entry.validUntil)],
      [labels.entry, String(index)],
      ...checkpoint.cosigners.map(
        ({ witness, at }) => [labels.witness, `${witness.name} · ${formatLocalTime(at)}`] as const,
      ),
    ]),
    `  → ${next}`,
    `  (${fill(words.notes.offline, { size: checkpoint.size, root: toHex(checkpoint.root), origin: checkpoint.origin })})`,
  ];
}

export function offlineJson(
  { bytes, digests }: HashedFile,
  answer: OfflineAnswer,
  { words }: Context,
): object {
  const { verdict, entry, index, institution, checkpoint } = answer;
  return {
    bytes,
    digests: digests.map(formatDigest),
    verdict,
    index,
    recordedAt: formatTime(entry.recordedAt),
    validUntil: entry.validUntil === 0 ? null : formatTime(entry.validUntil),
    institution:
      institution instanceof AppError
        ? { id: entry.institution, unproven: words.errors[institution.code] }
        : { id: institution.institution, names: institution.names },
    checkpoint: {
      origin: checkpoint.origin,
      size: checkpoint.size,
      root: toHex(checkpoint.root),
      cosigners: checkpoint.cosigners.map(({ witness, at }) => ({
        witness: witness.key.name,
        at: formatTime(at),
      })),
    },
  };
}
