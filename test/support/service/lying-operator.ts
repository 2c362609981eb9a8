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

/** A connection to an operator of that id, which answers by `lie`; undefined: it tells the truth. */
export async function lyingOperator(
  honest: ServiceConnection,
  operator: { readonly folder: string; readonly id: number },
  lie: (answer: VerificationResponse) => Lie | undefined,
): Promise<ServiceConnection> {
  const { status } = await operatorSeeds({ dataDir: join(operator.folder, "data") });
  const resigned = (
    signed: NonNullable<VerificationResponse["note"]>,
    request: VerificationRequest,
    claim: Lie["claim"],
  ): VerificationResponse["note"] => {
    const note = parseAnswer(readAnswerNote(signed.note).text);
    const answers = readAnswers(signed.answers).map(claim);
    const hash = hashAnswered({ questions: [askedOf(request)], answers });
    const text = formatAnswer({ ...note, hash });
    const name = keyNames.status(note.origin, operator.id);
    const signer = localNoteSigner(status, { name, type: SIGNATURE_TYPES.ed25519 });
    return {
      note: formatNote({ text, signatures: [signNote(text, signer)] }),
      answers: answers.map(answerJson),
    };
  };
  return {
    ...honest,
    client: {
      verify: async (request) => {
        const answer = await honest.client.verify(request);
        const told = answer.verdict === "indeterminate" ? undefined : lie(answer);
        if (answer.verdict === "indeterminate" || told === undefined) return answer;
        const { note } = answer;
        return { ...answer, ...told.answer, note: note && resigned(note, request, told.claim) };
      },
    },
  };
}
