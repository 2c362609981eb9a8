/** Answers questions about files from a mirror, in the form in which a service answers them. */
import type { Clock } from "../../core/clock.ts";
import type { Language } from "../../core/directory.ts";
import type { RestsOn } from "../../core/verdict.ts";
import { parsePolicy } from "../../log/policy.ts";
import { answerVerification } from "../../verify/answer.ts";
import type { JudgingPolicy } from "../../verify/judge.ts";
import { Verifier } from "../../verify/verifier.ts";
import type { Indeterminate, VerificationRequest, VerificationResponse } from "../../wire/verifications.ts";
import type { Mirror } from "./mirror.ts";

/** Sends nothing. */
export class MirrorReader {
  /** What its answers rest on: under a pin, the root is one operator's word. */
  readonly restsOn: RestsOn;
  /** Under a pin: the names of that operator's keys. */
  readonly statedBy: readonly string[];
  /** Under a policy for trying out. */
  readonly oneOperator: true | undefined;
  readonly #mirror: Mirror;
  readonly #verifier: Verifier;
  readonly #language: Language;

  /** @param options.judging how old a mirror may be for what only a current one can say, and whose entries decide */
  constructor(options: {
    mirror: Mirror;
    clock: Clock;
    judging: Pick<JudgingPolicy, "maxLag" | "acceptedIssuers">;
    language: Language;
  }) {
    const { mirror, clock, judging, language } = options;
    const { believed } = mirror.state;
    const pin = believed.by === "pin" ? parsePolicy(believed.policy) : undefined;
    this.restsOn = pin === undefined ? "proof" : "operator";
    this.oneOperator = pin?.oneOperator;
    this.statedBy = (pin?.witnesses ?? []).map(({ key }) => key.name);
    this.#mirror = mirror;
    this.#verifier = new Verifier({ source: mirror, clock, policy: { ...judging, emptyBlocks: true } });
    this.#language = language;
  }

  /** @throws AppError for a digest or commitment that cannot be one */
  async verify(question: VerificationRequest): Promise<VerificationResponse | Indeterminate> {
    const parts = { verifier: this.#verifier, proofs: this.#mirror };
    return await answerVerification(parts, question, {
      language: this.#language,
      id: crypto.randomUUID(),
    });
  }
}
