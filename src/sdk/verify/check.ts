/** Checks a file by its digests: asks the service and checks its answer, or verifies the receipt offline. One way for all surfaces. */
import type { Digest } from "../../core/digest.ts";
import { AppError, isAppError, type ErrorCode } from "../../core/errors.ts";
import type { OfficialId } from "../../core/official-id.ts";
import type { UnixSeconds } from "../../core/units.ts";
import { parseCheckpoint } from "../../log/checkpoint.ts";
import type { Policy } from "../../log/policy.ts";
import { verifyEntry } from "../../log/proven-entry.ts";
import type { Receipt } from "../../log/receipt.ts";
import type { PolicyNow } from "../../log/trusted-checkpoint.ts";
import type { HufuClient } from "../http/client.ts";
import type { GivenEvidence } from "./classify.ts";
import { verifyByReceipt } from "./evidence.ts";
import type { OfflineAnswer } from "./offline.ts";
import { checkOnline, type CheckedAnswer, type Undetermined } from "./online.ts";
import { checkInclusion, type CheckedProof } from "./proof.ts";
import { questionOf, receiptOf, type FileQuestion, type KeptSalts } from "./question.ts";
import type { Expected } from "./shown.ts";
import type { LogTrust, TrustedSource } from "./trust.ts";

/** The result of checking a file. A fault is not a verdict. */
export type Checked =
  | CheckedAnswer
  | Undetermined
  | { readonly kind: "offline"; readonly answer: OfflineAnswer; readonly proof: CheckedProof }
  /** The answer of the service was not believed, and nothing of it is shown. */
  | { readonly kind: "unproven"; readonly fault: AppError }
  | { readonly kind: "fault"; readonly fault: AppError };

/** The result of asking a service. */
export type Asked = Exclude<Checked, { kind: "offline" }>;

/** Access to a service. */
export interface ServiceConnection {
  readonly client: Pick<HufuClient, "verify">;
  readonly log: TrustedSource;
  /** By the caller's policy; undefined = by what is kept, or pinned now. See `trustIn`. */
  readonly trust: (policy: Policy | undefined) => Promise<LogTrust>;
  readonly wait: (seconds: number) => Promise<void>;
}

/** A file that is to be checked, and by what. */
export interface FileCheck {
  /** Of the file's exact bytes, by each algorithm. */
  readonly digests: readonly Digest[];
  /** Those to ask by where the file was not blinded here; all of them unless given. */
  readonly asked?: readonly Digest[];
  readonly evidence: GivenEvidence;
  /** Of the documents that were blinded on this machine. */
  readonly salts?: KeptSalts | undefined;
  /** The institution that the document names; "any" if none is expected, and then every one that registered it is shown. */
  readonly expectedIssuer: Expected;
  /** Undefined = check offline. */
  readonly service: ServiceConnection | undefined;
  /** By the reader's clock. */
  readonly now: UnixSeconds;
  /** Seconds that an answer may be old; 600 unless given. */
  readonly maxLag?: number;
  /** Where no issuer is expected, the entries of these decide if they have any; what the service's operator set unless given. */
  readonly acceptedIssuers?: readonly OfficialId[];
}

const MAX_LAG = 600;

/** Digests and commitments, question, answer, proof, and what is established. Throws nothing that is an AppError. */
export async function checkFile(check: FileCheck): Promise<Checked> {
  const { digests, asked, evidence, salts, service, now } = check;
  const reader = evidence.policy && { policy: evidence.policy, now };
  try {
    const receipt = receiptOf(digests, evidence.receipts);
    if (receipt !== undefined) requireSound(receipt);
    if (service === undefined) return offline(check, receipt, reader);
    try {
      return await askService(await questionOf(digests, { receipt, salts, asked }), check, service);
    } catch (error) {
      if (!isAppError(error, "SERVER_UNREACHABLE") || receipt === undefined || reader === undefined)
        throw error;
      return offline(check, receipt, reader);
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

/** @throws AppError RECEIPT_MISSING, POLICY_MISSING, and as `verifyOffline` */
function offline(
  { digests, evidence: { statements }, expectedIssuer: expected }: FileCheck,
  receipt: Receipt | undefined,
  reader: PolicyNow | undefined,
): Checked {
  if (receipt === undefined)
    throw new AppError("RECEIPT_MISSING", {
      detail: "without a network a file is verified by its receipt",
    });
  if (reader === undefined)
    throw new AppError("POLICY_MISSING", {
      detail: "a receipt is verified by a policy, which names whom to trust",
    });
  const expectedIssuer = expected === "any" ? undefined : expected;
  const answer = verifyByReceipt(digests, { receipts: [receipt], statements, expectedIssuer, ...reader });
  const proof = checkInclusion({ ...receipt, entry: receipt.extra.entry }, answer.checkpoint, "policy");
  return { kind: "offline", answer, proof };
}

/** Why an answer is not believed: each is a way of not knowing. */
const DOUBTS: readonly ErrorCode[] = [
  "ANSWER_UNPROVEN",
  "LOG_CHANGED",
  "INDEX_STALE",
  "NOT_ENOUGH_WITNESSES",
];
/** Faults of what the service gave for a proof. */
const NO_PROOF: readonly ErrorCode[] = [
  "PROOF_INVALID",
  "PROOF_SHAPE",
  "SIGNATURE_INVALID",
  "ENTRY_MALFORMED",
  "ENTRY_NOT_FINAL",
  "NOTE_SYNTAX",
  "EVENT_UNREADABLE",
  "TILE_MALFORMED",
  "TILE_NOT_FOUND",
];

/** Asks a service, and shows nothing of an answer that is not believed. @throws AppError those of the client */
export async function askService(
  question: FileQuestion,
  {
    expectedIssuer,
    evidence,
    now,
    maxLag = MAX_LAG,
    acceptedIssuers,
  }: Pick<FileCheck, "expectedIssuer" | "evidence" | "now" | "maxLag" | "acceptedIssuers">,
  { client, log, trust: open, wait }: ServiceConnection,
): Promise<Asked> {
  try {
    const trust = await open(evidence.policy);
    return await checkOnline(question, expectedIssuer, {
      client,
      log,
      trust,
      wait,
      now,
      maxLag,
      acceptedIssuers,
    });
  } catch (error) {
    if (!isAppError(error)) throw error;
    if (DOUBTS.includes(error.code)) return { kind: "unproven", fault: error };
    if (!NO_PROOF.includes(error.code)) throw error;
    const detail = `${error.code}: ${error.fields.detail}`;
    return { kind: "unproven", fault: new AppError("ANSWER_UNPROVEN", { detail }, { cause: error }) };
  }
}
