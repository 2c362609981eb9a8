/** Checks a file by a log of the reader's own: a mirror, or the index of a node that was compared with the contract. */
import { formatExpectedIssuer } from "../../core/official-id.ts";
import type { Indeterminate, VerificationRequest, VerificationResponse } from "../../wire/verifications.ts";
import type { FileCheck } from "./check.ts";
import type { Undetermined } from "./online.ts";
import { questionOf, requireReceipt } from "./question.ts";
import type { Established } from "./shown.ts";

/** A log that the reader need not ask anyone about. */
export interface OwnLog extends Partial<Pick<Established, "restsOn" | "statedBy" | "oneOperator">> {
  /** Judges by the log alone. */
  verify(question: VerificationRequest): Promise<VerificationResponse | Indeterminate>;
}

/** The answer of the reader's own log. */
export interface OwnAnswer {
  readonly kind: "own-log";
  readonly answer: Established;
}

/**
 * Asks the reader's own log, by the same question as a service would be asked.
 * @param check.evidence receipts, of which one has to be of the file
 * @throws AppError DOCUMENT_MISMATCH, SALT_MISSING: no receipt is of the file
 * @throws AppError of the log, such as MIRROR_DAMAGED
 */
export async function checkOwnLog(
  log: OwnLog,
  check: Pick<FileCheck, "digests" | "asked" | "evidence" | "salts" | "expectedIssuer">,
): Promise<OwnAnswer | Undetermined> {
  const { digests, evidence, expectedIssuer, salts, asked } = check;
  const receipt = evidence.receipts.length === 0 ? undefined : requireReceipt(digests, evidence.receipts);
  const { request } = await questionOf(digests, { receipt, salts, asked });
  const expected = expectedIssuer === "any" ? {} : { expectedIssuer: formatExpectedIssuer(expectedIssuer) };
  const answer = await log.verify({ ...request, ...expected });
  if (answer.verdict === "indeterminate") return { kind: "undetermined", answer };
  const { restsOn = "proof", statedBy = [], oneOperator } = log;
  return {
    kind: "own-log",
    answer: { ...answer, restsOn, statedBy, ...(oneOperator ? { oneOperator } : {}) },
  };
}
