/** Reads evidence files, and presents offline answers as text and as JSON. */
import { toHex } from "../core/bytes.ts";
import { formatDigest } from "../core/digest.ts";
import { AppError, fault, isAppError, quote } from "../core/errors.ts";
import { formatLocalTime, formatTime } from "../core/time.ts";
import type { UnixSeconds } from "../core/units.ts";
import { fill } from "../words/index.ts";
import { readSmallFile, type HashedFile } from "../hash/file.ts";
import { decodeCarried } from "../log/carried-text.ts";
import { MAX_PROOF_BYTES } from "../log/log-proof.ts";
import { MAX_POLICY_LENGTH, parsePolicy, type Policy } from "../log/policy.ts";
import { parseReceipt, type Receipt } from "../log/receipt.ts";
import type { Registration } from "../log/registration.ts";
import { MAX_STATEMENT_BYTES, parseStatementFile, type StatementFile } from "../log/statement.ts";
import type { OfflineEvidence } from "../sdk/verify/evidence.ts";
import { restsOnOffline, type OfflineAnswer } from "../sdk/verify/offline.ts";
import {
  SIGNS,
  nameSince,
  offlineIssuer,
  offlineMeaning,
  offlineNotes,
  restsOnText,
  statedOffline,
  statementText,
} from "../sdk/verify/answer-text.ts";
import type { Context } from "./context.ts";
import { faultJson, rows } from "./output.ts";

/** @throws AppError RECEIPT_*, PROOF_SHAPE, and the faults of files */
export async function readReceipts(paths: readonly string[]): Promise<Receipt[]> {
  const receipts: Receipt[] = [];
  for (const path of paths)
    receipts.push(located(path, parseReceipt, await readSmallFile(path, MAX_PROOF_BYTES)));
  return receipts;
}

/**
 * Reads receipts, status statements and the policy.
 * @throws AppError as `readReceipts` and `readPolicy`; a fault of a statement is reported with the answer, which is made
 * without it
 */
export async function readEvidence(paths: {
  receipts: readonly string[];
  statements: readonly string[];
  policy: string;
  now: UnixSeconds;
}): Promise<OfflineEvidence> {
  const receipts = await readReceipts(paths.receipts);
  const statements: (StatementFile | AppError)[] = [];
  for (const path of paths.statements) {
    const bytes = await readSmallFile(path, MAX_STATEMENT_BYTES);
    statements.push(fault(() => located(path, parseStatementFile, bytes)));
  }
  return { receipts, statements, policy: await readPolicy(paths.policy), now: paths.now };
}

/** Parses a file; a fault names the file and the place in it. */
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
  return located(path, parsePolicy, decodeCarried(bytes));
}

/** An offline answer as text: what is established, and what cannot be known. */
export function offlineLines(file: string, answer: OfflineAnswer, context: Context): string[] {
  const { words } = context;
  const { verdict, entry, index, checkpoint } = answer;
  const { title, next } = words.verdicts[verdict];
  const { labels } = words;
  const statement = statementText(answer, context);
  const since = nameSince(answer);
  return [
    `${SIGNS[verdict]} ${title}  ${file}`,
    `  ${offlineMeaning(answer, context)}`,
    ...offlineNotes(answer, context).map((note) => `  ${note}`),
    ...rows([
      [labels.issuer, `${offlineIssuer(answer, context)} (${entry.institution})`],
      ...(since === undefined ? [] : [[labels.nameSince, since] as const]),
      [labels.registered, formatLocalTime(entry.recordedAt)],
      [labels.validUntil, entry.validUntil === 0 ? labels.noEnd : formatLocalTime(entry.validUntil)],
      [labels.entry, String(index)],
      ...checkpoint.cosigners.map(
        ({ witness, at }) => [labels.witness, `${witness.name} · ${formatLocalTime(at)}`] as const,
      ),
      ...(statement === undefined ? [] : [[labels.statement, statement] as const]),
      [words.restsOn.label, restsOnText(restsOnOffline(answer), statedOffline(answer), context)],
    ]),
    `  → ${next}`,
    `  (${fill(words.notes.offline, { size: checkpoint.size, root: toHex(checkpoint.root), origin: checkpoint.origin })})`,
  ];
}

export function offlineJson({ bytes, digests }: HashedFile, answer: OfflineAnswer, context: Context): object {
  const { verdict, entry, index, institution, chosenBy, checkpoint } = answer;
  return {
    bytes,
    digests: digests.map(formatDigest),
    verdict,
    restsOn: restsOnOffline(answer),
    ...(chosenBy === undefined ? {} : { chosenBy }),
    index,
    ...(entry.governedAdmin ? { governedAdmin: true } : {}),
    recordedAt: formatTime(entry.recordedAt),
    validUntil: entry.validUntil === 0 ? null : formatTime(entry.validUntil),
    institution:
      institution instanceof AppError
        ? { id: entry.institution, unproven: faultJson(institution, context.words) }
        : presentRegistration(institution),
    checkpoint: {
      origin: checkpoint.origin,
      size: checkpoint.size,
      root: toHex(checkpoint.root),
      time: formatTime(checkpoint.time),
      cosigners: checkpoint.cosigners.map(({ witness, at }) => ({
        witness: witness.key.name,
        at: formatTime(at),
      })),
    },
    /** Days since the policy was issued, where they are more than 90. */
    policyDays: checkpoint.policyDays ?? null,
    ...(checkpoint.oneOperator === true ? { oneOperator: true } : {}),
    ...statementJson(answer, context),
  };
}

function presentRegistration(registration: Registration): object {
  const { institution: id, names, jurisdiction, officialNumber, since } = registration;
  return { id, names, jurisdiction, officialNumber, since: formatTime(since) };
}

function statementJson({ status }: OfflineAnswer, { words }: Context): object {
  if (status === undefined) return {};
  if (status instanceof AppError) return { statement: { error: faultJson(status, words) } };
  const { signers, time, size, verdict, decidedBy, change, proven } = status;
  return {
    statement: {
      verdict,
      time: formatTime(time),
      signers: signers.map(({ name }) => name),
      size,
      /** False: it is the operator's word, as that a suspension was not lifted. */
      proven,
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
