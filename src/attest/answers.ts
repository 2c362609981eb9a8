/** Signs answers: what this operator claims that its log held when it answered. */
import {
  answerJson,
  formatAnswer,
  hashAnswered,
  type AnswerToSign,
  type ClaimedAnswerJson,
} from "../log/answer.ts";
import { formatNote, signNote } from "../log/note.ts";
import { currentIdentity, type IdentityContext } from "./identity.ts";
import type { ClaimedLog, FinalLog } from "./ports.ts";
import { indexedRoot } from "./tree.ts";

export class AnswerNotes {
  readonly #options: IdentityContext & { readonly log: FinalLog; readonly claims: ClaimedLog };

  constructor(options: IdentityContext & { readonly log: FinalLog; readonly claims: ClaimedLog }) {
    this.#options = options;
  }

  /** As `AnswerSigner` of `verify` has it. */
  async of({
    question,
    verdict,
    block,
    time,
  }: AnswerToSign): Promise<{ note: string; answers: ClaimedAnswerJson[] } | undefined> {
    const { log, claims, origin } = this.#options;
    const identity = await currentIdentity(this.#options);
    if (identity === undefined) return undefined;
    const { size, entries } = await claims.claims({ payloads: question.payloads, block });
    const answers = [{ verdict, entries }];
    const hash = hashAnswered({ questions: [question], answers });
    const root = await indexedRoot(log, size);
    const text = formatAnswer({ origin, size, root, time, hash });
    const note = formatNote({ text, signatures: [signNote(text, identity.signers.status)] });
    return { note, answers: answers.map(answerJson) };
  }
}
