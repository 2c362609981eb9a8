import { equalBytes, toHex } from "../core/bytes.ts";
import { formatDigest, type Digest } from "../core/digest.ts";
import { AppError, fault, isAppError, quote } from "../core/errors.ts";
import { formatLocalTime, formatTime } from "../core/time.ts";
import { fill } from "../core/words/index.ts";
import { readSmallFile, type HashedFile } from "../hash/file.ts";
import { hashLeaf } from "../log/hash.ts";
import { MAX_PROOF_BYTES } from "../log/log-proof.ts";
import { MAX_POLICY_LENGTH, parsePolicy, type Policy } from "../log/policy.ts";
import { parseReceipt, type Receipt } from "../log/receipt.ts";
import {
  MAX_STATEMENT_BYTES,
  parseStatement,
  parseStatementFile,
  type StatementFile,
} from "../log/statement.ts";
import { documentOf, requireDocument, verifyOffline, type OfflineAnswer } from "../sdk/offline.ts";
import type { Context } from "./context.ts";
import { faultJson, printable, rows } from "./output.ts";
import { SIGNS } from "./verdict-text.ts";

/** What files are verified by without a network. */
export interface OfflineEvidence {
  readonly receipts: readonly Receipt[];
  /** Or why one cannot be read. */
  readonly statements: readonly (StatementFile | AppError)[];
  readonly policy: Policy;
}

/** @throws AppError RECEIPT_*, PROOF_SHAPE, and the faults of files */
export async function readReceipts(paths: readonly string[]): Promise<Receipt[]> {
  const receipts: Receipt[] = [];
  for (const path of paths)
    receipts.push(located(path, parseReceipt, await readSmallFile(path, MAX_PROOF_BYTES)));
  return receipts;
}

/**
 * Reads receipts, status statements and the policy.
 * @throws AppError as `readReceipts` and `readPolicy`; what is wrong with a statement is told with the answer, which does
 * without it
 */
export async function readEvidence(paths: {
  receipts: readonly string[];
  statements: readonly string[];
  policy: string;
}): Promise<OfflineEvidence> {
  const receipts = await readReceipts(paths.receipts);
  const statements: (StatementFile | AppError)[] = [];
  for (const path of paths.statements) {
    const bytes = await readSmallFile(path, MAX_STATEMENT_BYTES);
    statements.push(fault(() => located(path, parseStatementFile, bytes)));
  }
  return { receipts, statements, policy: await readPolicy(paths.policy) };
}

/** What `parse` reads in a file; where it fails, the file and the place in it are told. */
function located<T, Input>(path: string, parse: (input: Input) => T, input: Input): T {
  try {
    return parse(input);
  } catch (error) {
    if (!isAppError(error)) throw error;
    const { at, detail } = error.fields;
    const where = at === undefined ? quote(path) : `${quote(path)}, ${at}`;
    throw new AppError(error.code, { ...error.fields, detail: `${where}: ${detail}` }, { cause: error });
  }
}

/** @throws AppError POLICY_*, and the faults of files */
export async function readPolicy(path: string): Promise<Policy> {
  const bytes = await readSmallFile(path, MAX_POLICY_LENGTH).catch((error: unknown) => {
    if (!isAppError(error, "FILE_NOT_FOUND")) throw error;
    const detail = `${quote(path)}: there is no such file; make one with: hufu policy`;
    throw new AppError("POLICY_MISSING", { detail, at: "--policy" });
  });
  return located(path, parsePolicy, new TextDecoder().decode(bytes));
}

/** The answer by the receipt that is the file's. @throws AppError as `receiptOf` and `verifyOffline` */
export function verifyByReceipt(
  { digests }: HashedFile,
  { receipts, statements, policy }: OfflineEvidence,
): OfflineAnswer {
  const receipt = receiptOf(digests, receipts);
  const answers = statementsFor(receipt, statements).map((statement) =>
    verifyOffline({ receipt, digests, policy, statement }),
  );
  return latest(answers);
}

/**
 * Receipts are paired with files by content: a file's is the first that it is the document of.
 * @throws AppError RECEIPT_EXTRA, DOCUMENT_MISMATCH; SALT_MISSING where the file may be of one that lacks its salt
 */
export function receiptOf(digests: readonly Digest[], receipts: readonly Receipt[]): Receipt {
  const others: AppError[] = [];
  for (const receipt of receipts) {
    try {
      requireDocument(documentOf(receipt.extra.entry), digests, receipt.extra.salt);
      return receipt;
    } catch (error) {
      if (!isAppError(error, "DOCUMENT_MISMATCH") && !isAppError(error, "SALT_MISSING")) throw error;
      others.push(error);
    }
  }
  const [first] = others;
  throw others.find((error) => isAppError(error, "SALT_MISSING")) ?? first ?? new RangeError("no receipt");
}

/** The statements that claim to be of the receipt's entry; where none does, one that says why it is of no use. */
function statementsFor(
  { index, extra }: Receipt,
  statements: OfflineEvidence["statements"],
): readonly (StatementFile | AppError | undefined)[] {
  const leaf = hashLeaf(extra.entry);
  const own = statements.filter((statement) => {
    const stated =
      statement instanceof AppError ? statement : fault(() => parseStatement(statement.note.text));
    return !(stated instanceof AppError) && stated.index === index && equalBytes(stated.leaf, leaf);
  });
  return own.length > 0 ? own : [statements[0]];
}

/** The answer by the newest statement that can be used; without one, the first. */
function latest(answers: readonly OfflineAnswer[]): OfflineAnswer {
  const timeOf = ({ status }: OfflineAnswer): number =>
    status instanceof AppError ? -1 : (status?.time ?? -1);
  return answers.reduce((best, answer) => (timeOf(answer) > timeOf(best) ? answer : best));
}

/** An offline answer as a person reads it: what is established, and what cannot be known. */
export function offlineLines(file: string, answer: OfflineAnswer, context: Context): string[] {
  const { words } = context;
  const { verdict, entry, index, checkpoint } = answer;
  const { title, means, next } = words.verdicts[verdict];
  const { labels } = words;
  return [
    `${SIGNS[verdict]} ${title}  ${printable(file)}`,
    `  ${fill(means, meaning(answer, context))}`,
    ...rows([
      [labels.issuer, `${issuerOf(answer, context)} (${entry.institution})`],
      [labels.registered, formatLocalTime(entry.recordedAt)],
      [labels.validUntil, entry.validUntil === 0 ? labels.noEnd : formatLocalTime(entry.validUntil)],
      [labels.entry, String(index)],
      ...checkpoint.cosigners.map(
        ({ witness, at }) => [labels.witness, `${witness.name} · ${formatLocalTime(at)}`] as const,
      ),
      ...statementRows(answer, context),
    ]),
    `  → ${next}`,
    `  (${fill(words.notes.offline, { size: checkpoint.size, root: toHex(checkpoint.root), origin: checkpoint.origin })})`,
  ];
}

function issuerOf({ institution, entry }: OfflineAnswer, { words, language }: Context): string {
  if (!(institution instanceof AppError)) return institution.names[language];
  return `${words.labels.issuer} ${entry.institution} (${words.errors[institution.code]}, ${institution.code})`;
}

/** What stands in a verdict's sentence. */
function meaning(answer: OfflineAnswer, context: Context): Record<string, string> {
  const { words } = context;
  const { verdict, entry, status } = answer;
  const issuer = issuerOf(answer, context);
  const stated = status instanceof AppError ? undefined : status;
  const change = stated?.change;
  const since = verdict === "expired" ? entry.validUntil : (change?.entry.recordedAt ?? entry.recordedAt);
  return {
    issuer,
    time: formatLocalTime(since),
    actor: change?.entry.institution === 0 ? words.labels.governance : issuer,
    reason: change === undefined ? "" : words.reasons[change.reason],
    successor: String(change?.successor ?? ""),
    why: fill(words.notes.inQuestion, { time: formatLocalTime(stated?.time ?? 0) }),
  };
}

/** What the statement says and who answers for it, or why it is not used. */
function statementRows({ status }: OfflineAnswer, { words }: Context): (readonly [string, string])[] {
  if (status === undefined) return [];
  const { labels, notes, errors } = words;
  if (status instanceof AppError)
    return [[labels.statement, `${errors[status.code]} (${status.code}): ${status.fields.detail}`]];
  const by = status.signers.map(({ name }) => name).join(" · ");
  const values = { by, time: formatLocalTime(status.time), entry: status.decidedBy ?? "" };
  return [[labels.statement, fill(status.change === undefined ? notes.asserted : notes.stated, values)]];
}

export function offlineJson({ bytes, digests }: HashedFile, answer: OfflineAnswer, context: Context): object {
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
        ? { id: entry.institution, unproven: faultJson(institution, context.words) }
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
    ...statementJson(answer, context),
  };
}

function statementJson({ status }: OfflineAnswer, { words }: Context): object {
  if (status === undefined) return {};
  if (status instanceof AppError) return { statement: { error: faultJson(status, words) } };
  const { signers, time, size, verdict, decidedBy, change } = status;
  return {
    statement: {
      verdict,
      time: formatTime(time),
      signers: signers.map(({ name }) => name),
      size,
      /** False: nothing but the word of the operator. */
      proven: change !== undefined,
      decidedBy: decidedBy ?? null,
      ...(change && {
        change: {
          action: change.action,
          reason: change.reason,
          recordedAt: formatTime(change.entry.recordedAt),
          institution: change.entry.institution,
          successor: change.successor ?? null,
        },
      }),
    },
  };
}
