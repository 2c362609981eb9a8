/** Builds the log, the receipt and the inputs that the cases start from. */
import { formatDigest } from "../../src/core/digest.ts";
import { formatPolicy } from "../../src/log/policy.ts";
import { formatReceipt, type Receipt } from "../../src/log/receipt.ts";
import { formatStatementFile, type StatementFile } from "../../src/log/statement.ts";
import type { Input } from "../../test/conformance/judge.ts";
import { TIME, TestLog } from "../../test/support/log/receipts.ts";
import { bytesOf, digestsOf } from "./case.ts";

export const SALT = bytesOf("a salt");
export const END = TIME + 90 * 86_400;
export const OPEN = digestsOf("a report of a company");
export const PERSONAL = digestsOf("a report of a person");

/** A log of 64 entries, and the indexes of some. */
export function sampleLog(options: ConstructorParameters<typeof TestLog>[0] = {}): {
  readonly log: TestLog;
  readonly registration: { index: number; event: Uint8Array };
  readonly open: number;
  readonly blinded: number;
} {
  const log = new TestLog(options);
  log.fill(3);
  const registration = log.registration();
  log.fill(30);
  const open = log.document(OPEN[0], { validUntil: END });
  log.fill(9);
  const blinded = log.document(PERSONAL[1], { salt: SALT });
  log.fill(19);
  return { log, registration, open, blinded };
}

export const SAMPLE = sampleLog();
export const POLICY = formatPolicy(SAMPLE.log.policy());
/** By the reader's clock. */
export const NOW = TIME + 3_600;

/** The receipt of the open document. */
export const RECEIPT: Receipt = SAMPLE.log.receipt(SAMPLE.open, { registration: SAMPLE.registration });

/** The input of the verification of a receipt. */
export function offline(
  receipt: Receipt | string = RECEIPT,
  change: { digests?: readonly string[]; policy?: string } = {},
): Input {
  const text = typeof receipt === "string" ? receipt : formatReceipt(receipt);
  return { digests: OPEN.map(formatDigest), receipt: text, policy: POLICY, now: NOW, ...change };
}

/** The same with a statement. */
export function stated(statement: StatementFile | string, now = END): Input {
  return {
    ...offline(),
    statement: typeof statement === "string" ? statement : formatStatementFile(statement),
    now,
  };
}

/** A log of these entries. */
export function logOf(entries: readonly Uint8Array[]): TestLog {
  const log = new TestLog();
  for (const entry of entries) log.append(entry);
  return log;
}
