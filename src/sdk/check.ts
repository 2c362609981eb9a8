import type { Digest } from "../core/digest.ts";
import { AppError, fault, isAppError, type ErrorCode } from "../core/errors.ts";
import { parseCheckpoint } from "../log/checkpoint.ts";
import { verifyEntry } from "../log/proven-entry.ts";
import type { Policy } from "../log/policy.ts";
import type { Receipt } from "../log/receipt.ts";
import type { InstitutionsResponse } from "../wire/entries.ts";
import type { Indeterminate, VerificationResponse } from "../wire/verifications.ts";
import type { HufuClient } from "./client.ts";
import type { GivenEvidence } from "./classify.ts";
import { verifyByReceipt } from "./evidence.ts";
import type { OfflineAnswer } from "./offline.ts";
import { checkAnswer, checkInclusion, logKeysOf, type CheckedProof, type Trust } from "./proof.ts";
import { questionFor, receiptOf, type FileQuestion } from "./question.ts";
import { decidingEntry } from "./answer-text.ts";

/** What a check of a file has established. A fault is no verdict. */
export type Checked =
  /** `proof` is checked here; or why it could not be had, which leaves the answer the service's word. */
  | {
      readonly kind: "online";
      readonly answer: VerificationResponse;
      readonly proof: CheckedProof | AppError | undefined;
    }
  | { readonly kind: "undetermined"; readonly answer: Indeterminate }
  | { readonly kind: "offline"; readonly answer: OfflineAnswer; readonly proof: CheckedProof }
  /** The log holds something else than the service has answered. */
  | { readonly kind: "unproven"; readonly fault: AppError }
  | { readonly kind: "fault"; readonly fault: AppError };

/** Whom to ask. */
export interface ServiceConnection {
  readonly client: Pick<HufuClient, "verify">;
  /** As it was read before, or `anew`. */
  readonly directory: (read?: "anew") => Promise<InstitutionsResponse>;
}

/** Faults that mean that the proof is there and shows something else: the answer is then not believed. */
const DISPROVED: readonly ErrorCode[] = [
  "PROOF_INVALID",
  "PROOF_SHAPE",
  "SIGNATURE_INVALID",
  "ENTRY_MALFORMED",
  "NOTE_SYNTAX",
];

/**
 * Checks a file by its digests: asks the service, and has its answer proven; where nothing can be asked, by receipt.
 * @param input.service undefined = nothing is to be asked
 */
export async function checkFile(input: {
  digests: readonly Digest[];
  evidence: GivenEvidence;
  service: ServiceConnection | undefined;
}): Promise<Checked> {
  const { digests, evidence, service } = input;
  try {
    const receipt = receiptOf(digests, evidence.receipts);
    if (receipt !== undefined) requireSound(receipt);
    if (service === undefined) return offline(digests, receipt, evidence);
    try {
      return await online({ question: questionFor(digests, receipt), policy: evidence.policy, service });
    } catch (error) {
      if (!isAppError(error, "SERVER_UNREACHABLE") || receipt === undefined || evidence.policy === undefined)
        throw error;
      return offline(digests, receipt, evidence);
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
function offline(digests: readonly Digest[], receipt: Receipt | undefined, evidence: GivenEvidence): Checked {
  const { policy, statements } = evidence;
  if (receipt === undefined)
    throw new AppError("SERVER_UNREACHABLE", {
      detail: "without a network a file is verified by its receipt",
    });
  if (policy === undefined)
    throw new AppError("POLICY_MISSING", {
      detail: "a receipt is verified by a policy, which names whom to trust",
    });
  const answer = verifyByReceipt(digests, { receipts: [receipt], statements, policy });
  const proof = checkInclusion({ ...receipt, entry: receipt.extra.entry }, policy);
  return { kind: "offline", answer, proof };
}

async function online(asked: {
  question: FileQuestion;
  policy: Policy | undefined;
  service: ServiceConnection;
}): Promise<Checked> {
  const { question, service } = asked;
  const answer = await service.client.verify({ ...question.request, proof: true });
  if (answer.verdict === "indeterminate") return { kind: "undetermined", answer };
  const proof = await proofOf(answer, asked);
  if (isAppError(proof) && DISPROVED.includes(proof.code)) return { kind: "unproven", fault: proof };
  return { kind: "online", answer, proof };
}

/** Undefined: nothing was found that could be proven. */
async function proofOf(
  answer: VerificationResponse,
  { question, policy, service }: Parameters<typeof online>[0],
): Promise<CheckedProof | AppError | undefined> {
  const entry = decidingEntry(answer);
  if (entry === undefined) return undefined;
  try {
    if (entry.registry !== undefined)
      throw new AppError("RECEIPT_OTHER_LOG", { detail: `the entry is in the log of ${entry.registry}` });
    const { proof } = answer;
    if (proof === undefined)
      throw new AppError("ENTRY_NOT_FINAL", { detail: `no checkpoint covers entry ${entry.index} yet` });
    const by = (trust: Trust): CheckedProof =>
      checkAnswer({ answer, proof, payloads: question.payloads, trust });
    if (policy !== undefined) return by(policy);
    const keys = logKeysOf(await service.directory());
    const known = fault(() => by(keys));
    // the log may have another key since the directory was read
    const isOld = isAppError(known, "SIGNATURE_INVALID");
    return isOld ? by(logKeysOf(await service.directory("anew"))) : known;
  } catch (error) {
    if (isAppError(error)) return error;
    throw error;
  }
}
