/** Lies as an operator can: it changes its answers, and signs what it says with its own status key. */
import { join } from "node:path";
import { localNoteSigner } from "../../../src/attest/signer.ts";
import { keyNames } from "../../../src/log/checkpoint.ts";
import {
  answerJson,
  formatAnswer,
  hashAnswered,
  parseAnswer,
  readAnswerNote,
  readAnswers,
  type ClaimedAnswer,
} from "../../../src/log/answer.ts";
import { SIGNATURE_TYPES, formatNote, signNote } from "../../../src/log/note.ts";
import { operatorSeeds } from "../../../src/main/secrets.ts";
import type { ServiceConnection } from "../../../src/sdk/verify/check.ts";
import { askedOf } from "../../../src/verify/question.ts";
import type { VerificationRequest, VerificationResponse } from "../../../src/wire/verifications.ts";

/** What is said in the place of the truth. */
export interface Lie {
  readonly answer: Partial<VerificationResponse>;
  readonly claim: (claimed: ClaimedAnswer) => ClaimedAnswer;
}

/** What an operator signs in the place of an answer of its own. */
export async function liar(operator: {
  readonly folder: string;
  readonly id: number;
}): Promise<(answer: VerificationResponse, request: VerificationRequest, lie: Lie) => VerificationResponse> {
  const { status } = await operatorSeeds({ dataDir: join(operator.folder, "data") });
  return (answer, request, lie) => {
    if (answer.note === undefined) return { ...answer, ...lie.answer };
    const note = parseAnswer(readAnswerNote(answer.note.note).text);
    const answers = readAnswers(answer.note.answers).map(lie.claim);
    const hash = hashAnswered({ questions: [askedOf(request)], answers });
    const text = formatAnswer({ ...note, hash });
    const name = keyNames.status(note.origin, operator.id);
    const signer = localNoteSigner(status, { name, type: SIGNATURE_TYPES.ed25519 });
    const signed = formatNote({ text, signatures: [signNote(text, signer)] });
    return { ...answer, ...lie.answer, note: { note: signed, answers: answers.map(answerJson) } };
  };
}

/** A connection to an operator, which answers by `lie`; undefined: it tells the truth. */
export async function lyingOperator(
  honest: ServiceConnection,
  operator: Parameters<typeof liar>[0],
  lie: (answer: VerificationResponse) => Lie | undefined,
): Promise<ServiceConnection> {
  const told = await liar(operator);
  return {
    ...honest,
    client: {
      verify: async (request) => {
        const answer = await honest.client.verify(request);
        const made = answer.verdict === "indeterminate" ? undefined : lie(answer);
        return answer.verdict === "indeterminate" || made === undefined
          ? answer
          : told(answer, request, made);
      },
    },
  };
}

/** Keeps back the withdrawal of a document. */
export const inForce = ({ entries, decidedBy = 0 }: VerificationResponse): Lie => ({
  answer: {
    verdict: "valid",
    entries: entries.map((entry) => ({ ...entry, status: "active", statuses: [] })),
    withdrawal: undefined,
    basis: { rule: "newest-entry", entry: decidedBy, since: entries[0]?.recordedAt ?? "" },
  },
  claim: (claimed) => ({
    verdict: "valid",
    entries: claimed.entries.map((entry) => ({ ...entry, status: undefined })),
  }),
});
