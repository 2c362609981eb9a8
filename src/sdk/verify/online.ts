/** Asks a service about a file and checks its answer: the proof under the log that the reader knows, and the operator's note. */
import { AppError, isAppError, type ErrorCode } from "../../core/errors.ts";
import { formatExpectedIssuer, officialKey, type OfficialId } from "../../core/official-id.ts";
import type { UnixSeconds } from "../../core/units.ts";
import {
  readAnswerNote,
  readAnswers,
  verifyAnswer,
  type AnswerFile,
  type SignedAnswer,
} from "../../log/answer.ts";
import { ACTION_OF } from "../../log/statement.ts";
import { askedOf } from "../../verify/question.ts";
import type {
  Indeterminate,
  IssuerAnswer,
  VerificationRequest,
  VerificationResponse,
} from "../../wire/verifications.ts";
import type { HufuClient } from "../http/client.ts";
import { gatherProof, type AnswerProof } from "./answer-proof.ts";
import {
  provenAt,
  neededEntries,
  provenDocuments,
  unproven,
  type Evidenced,
  type ProvenDocument,
} from "./documents.ts";
import { baseOf, countOf, establish } from "./established.ts";
import { checkedProof, type CheckedProof } from "./proof.ts";
import type { FileQuestion } from "./question.ts";
import { decisionsOf, type Established, type Expected } from "./shown.ts";
import type { LogTrust, TrustedSource } from "./trust.ts";

/** What an online check needs, beside the question. */
export interface OnlineReader {
  readonly client: Pick<HufuClient, "verify">;
  readonly log: TrustedSource;
  readonly trust: LogTrust;
  readonly wait: (seconds: number) => Promise<void>;
  readonly now: UnixSeconds;
  /** Seconds that an answer, or the checkpoint beneath it, may be old. */
  readonly maxLag: number;
  /** Where no issuer is expected, the entries of these decide if they have any; undefined = what the service's operator set. */
  readonly acceptedIssuers: readonly OfficialId[] | undefined;
}

/** An answer that was checked. */
export interface CheckedAnswer {
  readonly kind: "online";
  readonly answer: Established;
  /** Of each entry that decided. */
  readonly proofs: readonly CheckedProof[];
  /** The signed notes of the answer, to keep: they convict an operator that lied. */
  readonly notes: readonly AnswerFile[];
}

/** The service itself could not check the file. */
export interface Undetermined {
  readonly kind: "undetermined";
  readonly answer: Indeterminate;
}

/** Seconds between attempts while no checkpoint covers an entry that is final. */
const WAITS = [0.1, 0.2, 0.4, 0.8, 1.5, 3, 5];
const WAITED_FOR: readonly ErrorCode[] = ["ENTRY_NOT_FINAL", "NOT_ENOUGH_WITNESSES"];
/** Institutions that are asked about one by one, at most. */
const MAX_ISSUERS = 16;

/**
 * @throws AppError ANSWER_UNPROVEN, LOG_CHANGED, INDEX_STALE, NOT_ENOUGH_WITNESSES, POLICY_EXPIRED, and those of the client
 */
export async function checkOnline(
  question: FileQuestion,
  expected: Expected,
  reader: OnlineReader,
): Promise<CheckedAnswer | Undetermined> {
  for (const seconds of WAITS) {
    try {
      return await checkOnce(question, expected, reader);
    } catch (error) {
      if (!isAppError(error) || !WAITED_FOR.includes(error.code)) throw error;
      await reader.wait(seconds);
    }
  }
  return await checkOnce(question, expected, reader);
}

async function checkOnce(
  question: FileQuestion,
  expected: Expected,
  reader: OnlineReader,
): Promise<CheckedAnswer | Undetermined> {
  const { client, trust, now } = reader;
  const request: VerificationRequest = {
    ...question.request,
    ...(expected === "any" ? {} : { expectedIssuer: formatExpectedIssuer(expected) }),
    proof: true,
    note: true,
  };
  const known = trust.newest; // before it is asked: what is learned meanwhile is not in the answer
  const answer = await client.verify(request);
  if (answer.verdict === "indeterminate") return { kind: "undetermined", answer };
  const proof = await gatherProof(answer, neededEntries(answer), reader);
  const file = noteOf(answer, request);
  const note = file && (await verifiedNote(file, known, reader));
  const { payloads } = question;
  const evidenced: Evidenced = {
    answer,
    proof,
    note,
    payloads,
    expected,
    origin: trust.origin,
    trust: trust.kind,
    oneOperator: trust.policy.oneOperator,
    now,
  };
  const documents = provenDocuments(evidenced);
  requireFresh(answer, proof, reader);
  const notes = file === undefined ? [] : [file];
  if (expected === "any" && countOf(documents) > 1)
    return await severalIssuers({ evidenced, documents, notes }, question, reader);
  const established = establish(evidenced, documents);
  return { kind: "online", answer: established, proofs: proofsOf(established, proof, trust), notes };
}

/** @throws AppError ANSWER_UNPROVEN: it is no note */
function noteOf({ note }: VerificationResponse, request: VerificationRequest): AnswerFile | undefined {
  if (note === undefined) return undefined;
  const questions = [askedOf(request)];
  return { note: readAnswerNote(note.note), questions, answers: readAnswers(note.answers) };
}

/** The operator may have a new status key since it was pinned. @throws AppError ANSWER_UNPROVEN, INDEX_STALE */
async function verifiedNote(
  file: AnswerFile,
  known: LogTrust["newest"],
  { trust, now, maxLag }: OnlineReader,
): Promise<SignedAnswer> {
  const verify = (): SignedAnswer =>
    verifyAnswer({
      ...file,
      keys: trust.statusKeys,
      origin: trust.origin,
      believed: known,
      now,
      maxLag,
    });
  try {
    return verify();
  } catch (error) {
    if (!isAppError(error, "ANSWER_UNPROVEN") || !(await trust.renew())) throw error;
    return verify();
  }
}

/** What was withdrawn stays withdrawn, however old the checkpoint is that shows it. @throws AppError INDEX_STALE */
function requireFresh(
  { verdict }: VerificationResponse,
  { checkpoint }: AnswerProof,
  { now, maxLag }: OnlineReader,
): void {
  if (checkpoint === undefined || ACTION_OF[verdict] !== undefined || checkpoint.time >= now - maxLag) return;
  throw new AppError("INDEX_STALE", {
    detail: `the checkpoint of the answer is ${now - checkpoint.time} s old, and ${maxLag} s is the limit`,
  });
}

interface Several {
  readonly evidenced: Evidenced;
  readonly documents: readonly ProvenDocument[];
  readonly notes: readonly AnswerFile[];
}

/**
 * Entries of more than one institution: the note does not say whose decide, so each of them is asked about by its name, and the
 * reader's own setting chooses among them.
 * @throws AppError ANSWER_UNPROVEN
 */
async function severalIssuers(
  { evidenced, documents, notes }: Several,
  question: FileQuestion,
  reader: OnlineReader,
): Promise<CheckedAnswer | Undetermined> {
  if (evidenced.note === undefined) throw unproven("the operator did not sign its answer");
  const issuers = [...Map.groupBy(documents, ({ officialId }) => officialKey(officialId)).values()]
    .flatMap((own) => own.slice(-1))
    .toSorted((a, b) => (officialKey(a.officialId) < officialKey(b.officialId) ? -1 : 1));
  const accepted = (reader.acceptedIssuers ?? setByService(evidenced.answer, documents)).map(officialKey);
  const preferred = issuers.filter(({ officialId }) => accepted.includes(officialKey(officialId)));
  const chosen = preferred.length > 0 ? preferred : issuers;
  if (chosen.length > MAX_ISSUERS) throw unproven(`${chosen.length} institutions have entries`);
  const [only, ...more] = chosen;
  if (only !== undefined && more.length === 0) {
    const one = await checkOnce(question, only.officialId, reader);
    if (one.kind !== "online") return one;
    if (reader.acceptedIssuers === undefined && one.answer.verdict !== evidenced.answer.verdict)
      throw unproven("the signed verdict is not that of the institution that was chosen");
    return { ...one, answer: { ...one.answer, chosenBy: "setting", restsOn: "operator" } };
  }
  const checked = await Promise.all(chosen.map((each) => issuerAnswer(each, question, reader)));
  const isChosen = ({ entry }: ProvenDocument): boolean =>
    chosen.some((each) => each.entry.institution === entry.institution);
  return {
    kind: "online",
    answer: {
      ...baseOf(evidenced),
      verdict: "several-issuers",
      restsOn: "operator",
      ...(preferred.length > 0 ? { chosenBy: "setting" } : {}),
      issuers: checked.map(({ issuer }) => issuer),
      others: issuers.length - chosen.length,
      entries: [
        ...documents.filter(isChosen).map(({ shown }) => shown),
        ...documents.filter((each) => !isChosen(each)).map(({ shown }) => ({ ...shown, conflict: true })),
      ],
    },
    proofs: checked.flatMap(({ one }) => one?.proofs ?? []),
    notes: [...notes, ...checked.flatMap(({ one }) => one?.notes ?? [])],
  };
}

/** The one institution that the operator's setting chose; the signed verdict of more than one shows that it chose none. */
function setByService(
  { chosenBy, verdict, decidedBy }: VerificationResponse,
  documents: readonly ProvenDocument[],
): readonly OfficialId[] {
  if (chosenBy !== "setting" || verdict === "several-issuers") return [];
  return documents.filter(({ index }) => index === decidedBy).map(({ officialId }) => officialId);
}

async function issuerAnswer(
  { officialId, shown: { institution } }: ProvenDocument,
  question: FileQuestion,
  reader: OnlineReader,
): Promise<{ issuer: IssuerAnswer; one: CheckedAnswer | undefined }> {
  const unknown = (because: string): { issuer: IssuerAnswer; one: undefined } => {
    return { issuer: { institution, verdict: "indeterminate", because }, one: undefined };
  };
  try {
    const one = await checkOnce(question, officialId, reader);
    if (one.kind !== "online") return unknown(one.answer.code);
    const { verdict, decidedBy, basis, withdrawal, lagging, standing } = one.answer;
    if (verdict === "not-found" || verdict === "several-issuers" || verdict === "registered")
      return unknown("ANSWER_UNPROVEN");
    const decision = { decidedBy, basis, withdrawal, lagging, standing };
    return { issuer: { institution, verdict, ...withoutUndefined(decision) }, one };
  } catch (error) {
    if (!isAppError(error) || WAITED_FOR.includes(error.code)) throw error;
    return unknown(error.code);
  }
}

function withoutUndefined<T extends object>(members: T): { [K in keyof T]?: NonNullable<T[K]> } {
  const given = Object.entries(members).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as { [K in keyof T]?: NonNullable<T[K]> };
}

/** The verified steps from each entry that decided, and from its withdrawal, to the root. */
function proofsOf(answer: Established, proof: AnswerProof, trust: LogTrust): CheckedProof[] {
  return decisionsOf(answer).flatMap(({ decidedBy, withdrawal }) => {
    if (decidedBy === undefined) return [];
    const change = withdrawal && provenAt(proof, withdrawal.index);
    return [checkedProof(provenAt(proof, decidedBy), change, trust.kind)];
  });
}
