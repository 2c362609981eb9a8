import { AppError, fault, isAppError } from "../core/errors.ts";
import { MAX_PROOF_BYTES } from "../log/log-proof.ts";
import { parsePolicy, type Policy } from "../log/policy.ts";
import { parseReceipt, type Receipt } from "../log/receipt.ts";
import { parseStatementFile, type StatementFile } from "../log/statement.ts";
import { documentOf } from "./offline.ts";

/** Something that a person gave; of what is no file to verify, what it says or why it cannot be read. */
export type ClassifiedFile =
  | { readonly kind: "file" }
  | { readonly kind: "receipt"; readonly receipt: Receipt | AppError }
  | { readonly kind: "statement"; readonly statement: StatementFile | AppError }
  | { readonly kind: "policy"; readonly policy: Policy | AppError };

/** Bytes of anything that is not a file to verify, at most. */
export const MAX_EVIDENCE_BYTES = MAX_PROOF_BYTES;

/**
 * Tells files to verify from what they are verified by. The content decides; where that is damaged, the name does, so that
 * nobody is told that their receipt is an unknown document.
 * @param bytes all of it, of something that has at most `MAX_EVIDENCE_BYTES`
 */
export function classifyFile(name: string, bytes: Uint8Array): ClassifiedFile {
  const text = new TextDecoder().decode(bytes);
  if (text.startsWith("c2sp.org/tlog-proof@") || /\.tlog-proof$/i.test(name))
    return { kind: "receipt", receipt: fault(() => readReceipt(bytes)) };
  if (/^\{\s*"v":\s*\d+,\s*"statement":/.test(text) || /\.status\.json$/i.test(name))
    return { kind: "statement", statement: fault(() => parseStatementFile(bytes)) };
  if (isPolicy(text)) return { kind: "policy", policy: fault(() => parsePolicy(text)) };
  return { kind: "file" };
}

function readReceipt(bytes: Uint8Array): Receipt {
  const receipt = parseReceipt(bytes);
  documentOf(receipt.extra.entry);
  return receipt;
}

/** Whether every line that is no comment begins as one of a policy does, and one names a log by its key. */
function isPolicy(text: string): boolean {
  const lines = text.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("#"));
  return (
    lines.every((line) => /^(log|witness|group|quorum)[ \t]/.test(line)) &&
    lines.some((line) => /^log[ \t]+\S+\+[0-9a-f]{8}\+/.test(line))
  );
}

/** What of several things can be used, and what cannot. */
export interface GivenEvidence {
  readonly receipts: readonly Receipt[];
  readonly statements: readonly (StatementFile | AppError)[];
  /** The last one that was given. */
  readonly policy: Policy | undefined;
  readonly faults: readonly AppError[];
}

export const EMPTY_EVIDENCE: GivenEvidence = { receipts: [], statements: [], policy: undefined, faults: [] };

/** What was given before, and this too. */
export function withEvidence(evidence: GivenEvidence, dropped: ClassifiedFile): GivenEvidence {
  switch (dropped.kind) {
    case "file":
      return evidence;
    case "receipt":
      return isAppError(dropped.receipt)
        ? { ...evidence, faults: [...evidence.faults, dropped.receipt] }
        : { ...evidence, receipts: [...evidence.receipts, dropped.receipt] };
    case "statement":
      return { ...evidence, statements: [...evidence.statements, dropped.statement] };
    case "policy":
      return dropped.policy instanceof AppError
        ? { ...evidence, faults: [...evidence.faults, dropped.policy] }
        : { ...evidence, policy: dropped.policy };
  }
}
