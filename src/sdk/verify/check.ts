/** Checks a file by its digests: asks the service and verifies the proof of its answer, or verifies the receipt offline. */
import type { Digest } from "../../core/digest.ts";
import { AppError, fault, isAppError, type ErrorCode } from "../../core/errors.ts";
import { formatExpectedIssuer, type ExpectedIssuer } from "../../core/official-id.ts";
import type { UnixSeconds } from "../../core/units.ts";
import { parseCheckpoint } from "../../log/checkpoint.ts";
import { verifyEntry } from "../../log/proven-entry.ts";
import type { Receipt } from "../../log/receipt.ts";
import type { PolicyNow } from "../../log/trusted-checkpoint.ts";
import type { InstitutionsResponse } from "../../wire/entries.ts";
import type { Indeterminate, VerificationResponse } from "../../wire/verifications.ts";
import type { HufuClient } from "../http/client.ts";
import type { GivenEvidence } from "./classify.ts";
import { verifyByReceipt } from "./evidence.ts";
import type { OfflineAnswer } from "./offline.ts";
import { checkAnswer, checkInclusion, logKeysOf, type CheckedProof, type KeysOrPolicy } from "./proof.ts";
import { questionFor, receiptOf, type FileQuestion } from "./question.ts";
import { decisionsOf } from "./answer-text.ts";

/** The result of checking a file. A fault is not a verdict. */
export type Checked =
  /** `proofs` are verified, one for each issuer, or say why there are none: then the answer is only asserted by the service. */
  | {
      readonly kind: "online";
      readonly answer: VerificationResponse;
      readonly proofs: readonly CheckedProof[] | AppError;
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
 * @param input.expectedIssuer the institution whose entries alone decide; undefined = none was chosen
 * @param input.service undefined = check offline
 * @param input.now by the reader's clock
 */
export async function checkFile(input: {
  digests: readonly Digest[];
  evidence: GivenEvidence;
  expectedIssuer?: ExpectedIssuer | undefined;
  service: ServiceConnection | undefined;
  now: UnixSeconds;
}): Promise<Checked> {
  const { digests, evidence, expectedIssuer, service, now } = input;
  const reader = evidence.policy && { policy: evidence.policy, now };
  const byReceipt = (receipt: Receipt | undefined): Checked =>
    offline(digests, receipt, { statements: evidence.statements, reader, expectedIssuer });
  try {
    const receipt = receiptOf(digests, evidence.receipts);
    if (receipt !== undefined) requireSound(receipt);
    if (service === undefined) return byReceipt(receipt);
    try {
      return await online({ question: questionFor(digests, receipt), expectedIssuer, reader, service });
    } catch (error) {
      if (!isAppError(error, "SERVER_UNREACHABLE") || receipt === undefined || reader === undefined)
        throw error;
      return byReceipt(receipt);
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
  given: Pick<GivenEvidence, "statements"> & {
    reader: PolicyNow | undefined;
    expectedIssuer: ExpectedIssuer | undefined;
  },
): Checked {
  const { statements, reader, expectedIssuer } = given;
  if (receipt === undefined)
    throw new AppError("SERVER_UNREACHABLE", {
      detail: "without a network a file is verified by its receipt",
    });
  if (reader === undefined)
    throw new AppError("POLICY_MISSING", {
      detail: "a receipt is verified by a policy, which names whom to trust",
    });
  const answer = verifyByReceipt(digests, { receipts: [receipt], statements, expectedIssuer, ...reader });
  const proof = checkInclusion({ ...receipt, entry: receipt.extra.entry }, reader);
  return { kind: "offline", answer, proof };
}

async function online(asked: {
  question: FileQuestion;
  expectedIssuer: ExpectedIssuer | undefined;
  reader: PolicyNow | undefined;
  service: ServiceConnection;
}): Promise<Checked> {
  const { question, expectedIssuer, service } = asked;
  const expected =
    expectedIssuer === undefined ? {} : { expectedIssuer: formatExpectedIssuer(expectedIssuer) };
  const answer = await service.client.verify({ ...question.request, ...expected, proof: true });
  if (answer.verdict === "indeterminate") return { kind: "undetermined", answer };
  const proofs = await proofsOf(answer, asked);
  if (isAppError(proofs) && DISPROVED.includes(proofs.code)) return { kind: "unproven", fault: proofs };
  return { kind: "online", answer, proofs };
}

/** One for each entry that decided, of which there may be none. */
async function proofsOf(
  answer: VerificationResponse,
  { question, expectedIssuer, reader, service }: Parameters<typeof online>[0],
): Promise<readonly CheckedProof[] | AppError> {
  const decisions = decisionsOf(answer).filter(({ decidedBy }) => decidedBy !== undefined);
  const [first] = decisions;
  if (first === undefined) return [];
  try {
    const elsewhere = decisions.find(({ decidedIn }) => decidedIn !== undefined)?.decidedIn;
    if (elsewhere !== undefined)
      throw new AppError("RECEIPT_OTHER_LOG", { detail: `an entry is in the log of ${elsewhere}` });
    const { proof } = answer;
    if (proof === undefined)
      throw new AppError("ENTRY_NOT_FINAL", { detail: `no checkpoint covers entry ${first.decidedBy} yet` });
    const { payloads } = question;
    const checkUnder = (trust: KeysOrPolicy): readonly CheckedProof[] =>
      decisions.map((decision) => checkAnswer({ answer, decision, proof, payloads, expectedIssuer, trust }));
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
