/** Checks a file by its digests: asks the service and verifies the proof of its answer, or verifies the receipt offline. */
import type { Digest } from "../core/digest.ts";
import { AppError, fault, isAppError, type ErrorCode } from "../core/errors.ts";
import type { UnixSeconds } from "../core/units.ts";
import { parseCheckpoint } from "../log/checkpoint.ts";
import { verifyEntry } from "../log/proven-entry.ts";
import type { Receipt } from "../log/receipt.ts";
import type { PolicyNow } from "../log/trusted-checkpoint.ts";
import type { InstitutionsResponse } from "../wire/entries.ts";
import type { Indeterminate, VerificationResponse } from "../wire/verifications.ts";
import type { HufuClient } from "./client.ts";
import type { GivenEvidence } from "./classify.ts";
import { verifyByReceipt } from "./evidence.ts";
import type { OfflineAnswer } from "./offline.ts";
import { checkAnswer, checkInclusion, logKeysOf, type CheckedProof, type Trust } from "./proof.ts";
import { questionFor, receiptOf, type FileQuestion } from "./question.ts";
import { decidingEntry } from "./answer-text.ts";

/** The result of checking a file. A fault is not a verdict. */
export type Checked =
  /** `proof` is verified, or says why there is none: then the answer is only asserted by the service. */
  | {
      readonly kind: "online";
      readonly answer: VerificationResponse;
      readonly proof: CheckedProof | AppError | undefined;
    }
  | { readonly kind: "undetermined"; readonly answer: Indeterminate }
  | { readonly kind: "offline"; readonly answer: OfflineAnswer; readonly proof: CheckedProof }
  /** The log contradicts the answer of the service. */
  | { readonly kind: "unproven"; readonly fault: AppError }
  | { readonly kind: "fault"; readonly fault: AppError };

/** Access to a service. */
export interface ServiceConnection {
  readonly client: Pick<HufuClient, "verify">;
  /** Cached, or read again. */
  readonly directory: (read?: "again") => Promise<InstitutionsResponse>;
}

/** Faults of a proof that contradicts the answer. */
const DISPROVED: readonly ErrorCode[] = [
  "PROOF_INVALID",
  "PROOF_SHAPE",
  "SIGNATURE_INVALID",
  "ENTRY_MALFORMED",
  "NOTE_SYNTAX",
];

/**
 * @param input.service undefined = check offline
 * @param input.now by the reader's clock
 */
export async function checkFile(input: {
  digests: readonly Digest[];
  evidence: GivenEvidence;
  service: ServiceConnection | undefined;
  now: UnixSeconds;
}): Promise<Checked> {
  const { digests, evidence, service, now } = input;
  const reader = evidence.policy && { policy: evidence.policy, now };
  try {
    const receipt = receiptOf(digests, evidence.receipts);
    if (receipt !== undefined) requireSound(receipt);
    if (service === undefined) return offline(digests, receipt, evidence.statements, reader);
    try {
      return await online({ question: questionFor(digests, receipt), reader, service });
    } catch (error) {
      if (!isAppError(error, "SERVER_UNREACHABLE") || receipt === undefined || reader === undefined)
        throw error;
      return offline(digests, receipt, evidence.statements, reader);
    }
  } catch (error) {
    if (isAppError(error)) return { kind: "fault", fault: error };
    throw error;
  }
}

/** @throws AppError PROOF_SHAPE, PROOF_INVALID, ENTRY_MALFORMED, NOTE_SYNTAX: the receipt is damaged */
function requireSound({ extra, index, proof, checkpoint }: Receipt): void {
  verifyEntry({ entry: extra.entry, index, proof }, parseCheckpoint(checkpoint.text));
}

/** @throws AppError POLICY_MISSING, SERVER_UNREACHABLE, and as `verifyOffline` */
function offline(
  digests: readonly Digest[],
  receipt: Receipt | undefined,
  statements: GivenEvidence["statements"],
  reader: PolicyNow | undefined,
): Checked {
  if (receipt === undefined)
    throw new AppError("SERVER_UNREACHABLE", {
      detail: "without a network a file is verified by its receipt",
    });
  if (reader === undefined)
    throw new AppError("POLICY_MISSING", {
      detail: "a receipt is verified by a policy, which names whom to trust",
    });
  const answer = verifyByReceipt(digests, { receipts: [receipt], statements, ...reader });
  const proof = checkInclusion({ ...receipt, entry: receipt.extra.entry }, reader);
  return { kind: "offline", answer, proof };
}

async function online(asked: {
  question: FileQuestion;
  reader: PolicyNow | undefined;
  service: ServiceConnection;
}): Promise<Checked> {
  const { question, service } = asked;
  const answer = await service.client.verify({ ...question.request, proof: true });
  if (answer.verdict === "indeterminate") return { kind: "undetermined", answer };
  const proof = await proofOf(answer, asked);
  if (isAppError(proof) && DISPROVED.includes(proof.code)) return { kind: "unproven", fault: proof };
  return { kind: "online", answer, proof };
}

/** Undefined: no entry was found. */
async function proofOf(
  answer: VerificationResponse,
  { question, reader, service }: Parameters<typeof online>[0],
): Promise<CheckedProof | AppError | undefined> {
  const entry = decidingEntry(answer);
  if (entry === undefined) return undefined;
  try {
    if (entry.registry !== undefined)
      throw new AppError("RECEIPT_OTHER_LOG", { detail: `the entry is in the log of ${entry.registry}` });
    const { proof } = answer;
    if (proof === undefined)
      throw new AppError("ENTRY_NOT_FINAL", { detail: `no checkpoint covers entry ${entry.index} yet` });
    const checkUnder = (trust: Trust): CheckedProof =>
      checkAnswer({ answer, proof, payloads: question.payloads, trust });
    if (reader !== undefined) return checkUnder(reader);
    const keys = logKeysOf(await service.directory());
    const checked = fault(() => checkUnder(keys));
    // the log may have a new key since the directory was read
    return isAppError(checked, "SIGNATURE_INVALID")
      ? checkUnder(logKeysOf(await service.directory("again")))
      : checked;
  } catch (error) {
    if (isAppError(error)) return error;
    throw error;
  }
}
