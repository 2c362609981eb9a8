/** Answers verifications in the form of the HTTP contract: over HTTP, for a log that is read from a node, and from a mirror. */
import type { Language } from "../core/directory.ts";
import { AppError, isAppError } from "../core/errors.ts";
import type { AskedQuestion } from "../log/answer.ts";
import type { ProvenEntries } from "../log/proven-entry.ts";
import { toProblem } from "../wire/problem.ts";
import type {
  Indeterminate,
  SignedAnswerView,
  VerificationRequest,
  VerificationResponse,
} from "../wire/verifications.ts";
import { provingEntries } from "./judge.ts";
import type { AnswerSigner, ProofSource } from "./ports.ts";
import { presentAnswer, presentAsOf } from "./present.ts";
import { askedOf } from "./question.ts";
import { NOTHING, type VerifierAnswer, type Verifier } from "./verifier.ts";

/** The language of the answer, and the id of the request in the service's log. */
export interface Requester {
  readonly language: Language;
  readonly id: string;
}

/** What a verification needs. */
export interface VerificationParts {
  readonly verifier: Verifier;
  /** Undefined where no operator signs the log's checkpoints. */
  readonly proofs: ProofSource | undefined;
  /** Undefined likewise. */
  readonly notes?: AnswerSigner | undefined;
}

/** @throws AppError for a digest or commitment that cannot be one */
export async function answerVerification(
  parts: VerificationParts,
  question: VerificationRequest,
  { language, id }: Requester,
): Promise<VerificationResponse | Indeterminate> {
  const asked = askedOf(question);
  const answer = await judge(parts, question, asked).catch(asIndeterminate);
  const { asOf, verdict, ...rest } = answer;
  if (verdict.kind !== "indeterminate" && asOf !== undefined) {
    return presentAnswer({ ...rest, verdict, asOf }, { language, payloads: asked.payloads });
  }
  const error =
    verdict.kind === "indeterminate"
      ? new AppError(verdict.because, { detail: verdict.detail })
      : new AppError("INDEX_STALE", { detail: "nothing was read from the chain yet" });
  const at = asOf === undefined ? {} : { asOf: presentAsOf(asOf.head, asOf.time) };
  return { ...toProblem(error, { language, id }), status: 503, verdict: "indeterminate", ...at };
}

async function judge(
  { verifier, proofs, notes }: VerificationParts,
  { proof: isProofWanted = false, note: isNoteWanted = false }: VerificationRequest,
  asked: AskedQuestion,
): Promise<Answered> {
  const answer = await verifier.verify(asked);
  const note = isNoteWanted ? await signed(answer, asked, notes) : undefined;
  const claimed = note?.answers.flatMap(({ entries }) => entries.map(({ index }) => index)) ?? [];
  const proving = isProofWanted ? [...new Set([...provingEntries(answer), ...claimed])] : [];
  return { ...answer, proof: proving.length === 0 ? undefined : await proofs?.of(proving), note };
}

/** Undefined where nothing is final yet, or there is no verdict to sign. */
async function signed(
  { verdict: { kind: verdict }, asOf }: VerifierAnswer,
  question: AskedQuestion,
  notes: AnswerSigner | undefined,
): Promise<SignedAnswerView | undefined> {
  const block = asOf?.head.final?.number;
  if (verdict === "indeterminate" || block === undefined || asOf === undefined) return undefined;
  return await notes?.of({ question, verdict, block, time: asOf.time });
}

interface Answered extends VerifierAnswer {
  readonly proof: ProvenEntries | undefined;
  readonly note: SignedAnswerView | undefined;
}

/** A verification whose evidence cannot be read is indeterminate. @throws any other fault */
function asIndeterminate(fault: unknown): Answered {
  if (!isAppError(fault) || fault.spec.exit !== 3) throw fault;
  const { code, fields } = fault;
  const verdict = { kind: "indeterminate", because: code, detail: fields.detail } as const;
  return { verdict, ...NOTHING, asOf: undefined, proof: undefined, note: undefined };
}
