/** Verifies a file without a network by the receipts, statements and policy that are given. */
import { equalBytes } from "../../core/bytes.ts";
import type { Digest } from "../../core/digest.ts";
import { AppError, fault } from "../../core/errors.ts";
import type { ExpectedIssuer } from "../../core/official-id.ts";
import type { UnixSeconds } from "../../core/units.ts";
import { hashLeaf } from "../../log/hash.ts";
import type { Policy } from "../../log/policy.ts";
import type { Receipt } from "../../log/receipt.ts";
import { parseStatement, type StatementFile } from "../../log/statement.ts";
import { verifyOffline, type OfflineAnswer } from "./offline.ts";
import { requireReceipt } from "./question.ts";

/** What a file is verified by without a network. */
export interface OfflineEvidence {
  readonly receipts: readonly Receipt[];
  /** An AppError says why one cannot be read. */
  readonly statements: readonly (StatementFile | AppError)[];
  readonly policy: Policy;
  readonly expectedIssuer?: ExpectedIssuer | undefined;
  /** By the reader's clock. */
  readonly now: UnixSeconds;
}

/**
 * Finds the receipt of the file and verifies by it.
 * @param evidence.now by the reader's clock
 * @throws AppError as `requireReceipt` and `verifyOffline`
 */
export function verifyByReceipt(
  digests: readonly Digest[],
  { receipts, statements, ...rest }: OfflineEvidence,
): OfflineAnswer {
  const receipt = requireReceipt(digests, receipts);
  const answers = statementsFor(receipt, statements).map((statement) =>
    verifyOffline({ receipt, digests, statement, ...rest }),
  );
  return latest(answers);
}

/** The statements about the receipt's entry; without one, the first statement, whose fault is then reported. */
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

/** The answer by the newest valid statement; without one, the first. */
function latest(answers: readonly OfflineAnswer[]): OfflineAnswer {
  const timeOf = ({ status }: OfflineAnswer): number =>
    status instanceof AppError ? -1 : (status?.time ?? -1);
  return answers.reduce((best, answer) => (timeOf(answer) > timeOf(best) ? answer : best));
}
