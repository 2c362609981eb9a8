/** Verifies files by their digests or commitments: gathers what the index holds, and judges it. */
import type { Clock } from "../core/clock.ts";
import type { SoughtPayload } from "../core/digest.ts";
import type { UnixSeconds } from "../core/units.ts";
import { judge, type Judgement, type JudgingPolicy, type VerificationQuestion } from "./judge.ts";
import type { EvidenceHead, EvidenceSource, OtherLog } from "./ports.ts";

/** A judgement, and the state of the log that it is based on. */
export interface VerifierAnswer extends Judgement {
  readonly asOf:
    | { readonly head: EvidenceHead; readonly time: UnixSeconds; readonly others: readonly OtherLog[] }
    | undefined;
}

/** What a judgement holds where nothing could be judged. */
export const NOTHING = { chosenBy: undefined, deciding: [], conflicting: [], others: 0 } as const;

export class Verifier {
  readonly #source: EvidenceSource;
  readonly #clock: Clock;
  readonly #policy: JudgingPolicy;

  constructor(options: { source: EvidenceSource; clock: Clock; policy: JudgingPolicy }) {
    this.#source = options.source;
    this.#clock = options.clock;
    this.#policy = options.policy;
  }

  /** @param question.payloads of one file, each that it may have been recorded as */
  async verify(
    question: VerificationQuestion & { payloads: readonly SoughtPayload[] },
  ): Promise<VerifierAnswer> {
    const evidence = await this.#source.gather(question);
    const now = this.#clock.now();
    const { head, others } = evidence;
    const asOf =
      head === undefined ? undefined : { head, time: Math.max(now, head.final?.time ?? 0), others };
    const doubt = [evidence, ...others].map((log) => log.doubt).find((found) => found !== undefined);
    if (doubt !== undefined) {
      const verdict = { kind: "indeterminate", because: doubt.code, detail: doubt.detail } as const;
      return { verdict, ...NOTHING, asOf };
    }
    return { ...judge({ question, evidence, policy: this.#policy, now }), asOf };
  }
}
