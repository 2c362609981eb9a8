/** Distinguishes files to verify from evidence: receipts, status statements, policies and kept answers. */
import { AppError, fault, isAppError } from "../../core/errors.ts";
import { parseAnswer, parseAnswerFile, type AnswerFile } from "../../log/answer.ts";
import { carriedText, decodeCarried } from "../../log/carried-text.ts";
import { BUNDLE, isManifest } from "../../log/container.ts";
import { MAX_PROOF_BYTES } from "../../log/log-proof.ts";
import { parsePolicy, type Policy } from "../../log/policy.ts";
import { parseReceipt, type Receipt } from "../../log/receipt.ts";
import { parseStatementFile, type StatementFile } from "../../log/statement.ts";
import { documentOf } from "./offline.ts";

/** A given file; evidence with its content, or why it cannot be read. */
export type ClassifiedFile =
  | { readonly kind: "file" }
  /** The READ-ME or the manifest of a bundle: neither a document nor evidence. */
  | { readonly kind: "leaflet" }
  | { readonly kind: "receipt"; readonly receipt: Receipt | AppError }
  | { readonly kind: "statement"; readonly statement: StatementFile | AppError }
  | { readonly kind: "policy"; readonly policy: Policy | AppError }
  /** Not verified: it is no evidence of a file. */
  | { readonly kind: "answer"; readonly answer: AnswerFile | AppError };

/** Bytes of a piece of evidence, at most. */
export const MAX_EVIDENCE_BYTES = MAX_PROOF_BYTES;

/**
 * The content decides; where it is damaged, the name does, so that a damaged receipt is not reported as an unknown document.
 * @param bytes the whole file, at most `MAX_EVIDENCE_BYTES`
 */
export function classifyFile(name: string, bytes: Uint8Array): ClassifiedFile {
  const text = carriedText(decodeCarried(bytes));
  if (text.startsWith("c2sp.org/tlog-proof@") || /\.tlog-proof$/i.test(name))
    return { kind: "receipt", receipt: fault(() => readReceipt(bytes)) };
  if (/^\{\s*"v":\s*\d+,\s*"statement":/.test(text) || /\.status\.json$/i.test(name))
    return { kind: "statement", statement: fault(() => parseStatementFile(bytes)) };
  if (/^\{\s*"v":\s*\d+,\s*"answer":/.test(text) || /\.answer\.json$/i.test(name))
    return { kind: "answer", answer: fault(() => readAnswer(bytes)) };
  if (isManifest(text) || text.trimEnd().endsWith(`\n${BUNDLE.kind}`)) return { kind: "leaflet" };
  if (isPolicy(text)) return { kind: "policy", policy: fault(() => parsePolicy(text)) };
  return { kind: "file" };
}

/**
 * A kept answer note, or why it cannot be read; undefined: the file is something else.
 * @param bytes the whole file, at most `MAX_ANSWER_BYTES`
 */
export function keptAnswerOf(name: string, bytes: Uint8Array): AnswerFile | AppError | undefined {
  const text = carriedText(decodeCarried(bytes.subarray(0, 128)));
  const isOne = /^\{\s*"v":\s*\d+,\s*"answer":/.test(text) || /\.answer\.json$/i.test(name);
  return isOne ? fault(() => parseAnswerFile(bytes)) : undefined;
}

function readReceipt(bytes: Uint8Array): Receipt {
  const receipt = parseReceipt(bytes);
  documentOf(receipt.extra.entry);
  return receipt;
}

function readAnswer(bytes: Uint8Array): AnswerFile {
  const file = parseAnswerFile(bytes);
  parseAnswer(file.note.text);
  return file;
}

/** Whether every line but comments begins with a keyword of policies, and one names a log by its key. */
function isPolicy(text: string): boolean {
  const lines = text.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("#"));
  return (
    lines.every((line) => /^(log|witness|group|quorum)[ \t]/.test(line)) &&
    lines.some((line) => /^log[ \t]+\S+\+[0-9a-f]{8}\+/.test(line))
  );
}

/** Evidence from several files, and the faults of unreadable ones. */
export interface GivenEvidence {
  readonly receipts: readonly Receipt[];
  readonly statements: readonly (StatementFile | AppError)[];
  /** The last given policy. */
  readonly policy: Policy | undefined;
  readonly faults: readonly AppError[];
}

/** To begin with, where there is no receipt, statement or policy. */
export const EMPTY_EVIDENCE: GivenEvidence = { receipts: [], statements: [], policy: undefined, faults: [] };

/** The evidence and one more file; a file that is none adds nothing. */
export function withEvidence(evidence: GivenEvidence, given: ClassifiedFile): GivenEvidence {
  switch (given.kind) {
    case "file":
    case "leaflet":
    case "answer":
      return evidence;
    case "receipt":
      return isAppError(given.receipt)
        ? { ...evidence, faults: [...evidence.faults, given.receipt] }
        : { ...evidence, receipts: [...evidence.receipts, given.receipt] };
    case "statement":
      return { ...evidence, statements: [...evidence.statements, given.statement] };
    case "policy":
      return given.policy instanceof AppError
        ? { ...evidence, faults: [...evidence.faults, given.policy] }
        : { ...evidence, policy: given.policy };
  }
}
