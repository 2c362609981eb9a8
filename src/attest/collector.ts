/** Collects one witness's cosignatures of the checkpoints that this operator has signed. */
import type { Logger } from "pino";
import { equalBytes } from "../core/bytes.ts";
import { MAX_CLOCK_SKEW, type Clock } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";
import type { TreeSize } from "../core/units.ts";
import { cosignedAt } from "../log/checkpoint.ts";
import { parseNote, signaturesBy, verifyNote, type NoteSignature } from "../log/note.ts";
import { formatCosignatureRequest, parseCosignatures, parseEvidence } from "../log/witness.ts";
import { identityOf, keysInForce } from "./identity.ts";
import type {
  CheckpointStore,
  FinalLog,
  SignedCheckpoint,
  OperatorSeeds,
  RemoteWitness,
  StoredRoots,
  WitnessAnswer,
} from "./ports.ts";
import type { SplitWatch } from "./splits.ts";
import { extensionProof, ownRoot } from "./tree.ts";

/** Milliseconds until a witness that did not cosign is asked again: the first time, and at most. */
const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 60_000;
/** Every so many answers in a row that defer the request, one is logged. */
const WARN_EVERY = 8;

/**
 * Asks for the newest checkpoint. One that the witness is not ready for yet is asked for again before newer ones, so that it
 * does not stay behind permanently.
 */
export class Collector {
  readonly #options: CollectorOptions;
  /** The size that the witness cosigned last, as far as is known here. */
  #witnessSize: TreeSize = 0;
  /** The largest size that it has cosigned since the start. */
  #cosignedSize: TreeSize = 0;
  #pending: SignedCheckpoint | undefined;
  #failures = 0;
  /** By the clock, in milliseconds. */
  #notBefore = 0;

  constructor(options: CollectorOptions) {
    this.#options = options;
  }

  /** Milliseconds until the witness may be asked again; 0 = now. */
  get wait(): number {
    return Math.max(0, this.#notBefore - this.#options.clock.millis());
  }

  /**
   * Asks for one checkpoint, where there is one to ask for. After a fault the next step is to come after {@link wait}.
   * @throws AppError SERVER_UNREACHABLE, NOT_THE_SERVICE, WITNESS_REFUSED
   * @throws AppError NOTE_SYNTAX, SIGNATURE_INVALID, NOT_ENOUGH_WITNESSES: its answer is not a cosignature
   * @throws AppError as the ports
   */
  async step(): Promise<void> {
    const checkpoint = this.#pending ?? (await this.#newest());
    if (checkpoint === undefined) return;
    this.#pending = checkpoint;
    try {
      await this.#handle(await this.#answer(checkpoint), checkpoint);
    } catch (error) {
      this.#pending = undefined;
      this.#backOff();
      throw error;
    }
  }

  async #newest(): Promise<SignedCheckpoint | undefined> {
    const latest = await this.#options.store.latest();
    return latest === undefined || latest.size <= this.#cosignedSize ? undefined : latest;
  }

  async #answer(checkpoint: SignedCheckpoint): Promise<WitnessAnswer> {
    const answer = await this.#ask(checkpoint, Math.min(this.#witnessSize, checkpoint.size));
    if (answer.kind !== "conflict") return answer;
    this.#witnessSize = answer.size;
    if (answer.size <= checkpoint.size) return await this.#ask(checkpoint, answer.size);
    throw this.#refusal(`it has cosigned size ${answer.size}, and ${checkpoint.size} is the newest here`);
  }

  async #ask(checkpoint: SignedCheckpoint, old: TreeSize): Promise<WitnessAnswer> {
    const { witness, log } = this.#options;
    const proof = await extensionProof(log, { first: old, second: checkpoint.size });
    return await witness.addCheckpoint(
      formatCosignatureRequest({ old, proof, note: parseNote(checkpoint.note) }),
    );
  }

  async #handle(answer: WitnessAnswer, checkpoint: SignedCheckpoint): Promise<void> {
    const { store, witness, logger } = this.#options;
    switch (answer.kind) {
      case "cosigned":
        await store.addCosignatures(checkpoint.size, await this.#verified(answer.lines, checkpoint));
        [this.#witnessSize, this.#cosignedSize] = [checkpoint.size, checkpoint.size];
        [this.#pending, this.#failures] = [undefined, 0];
        return;
      case "later":
        this.#backOff(answer.after);
        if (this.#failures % WARN_EVERY === 0)
          logger.warn(
            { witness: witness.name, size: checkpoint.size, detail: answer.detail },
            "not cosigned for long",
          );
        return;
      case "conflict":
        throw this.#refusal(`it names size ${answer.size} now, and another one before`);
      case "refused":
        if (answer.split !== undefined) await this.#reportSplit(answer.split, checkpoint);
        throw this.#refusal(answer.detail);
    }
  }

  /** The cosignatures of other operators. Signatures by other keys are ignored. */
  async #verified(lines: string, { note }: SignedCheckpoint): Promise<NoteSignature[]> {
    const { clock } = this.#options;
    const { text } = parseNote(note);
    const answered = parseCosignatures(lines, text);
    const cosignatures = (await this.#othersKeys("witness")).flatMap((key) => {
      const at = cosignedAt(answered, key);
      if (at === undefined) return [];
      if (at === 0 || at > clock.now() + MAX_CLOCK_SKEW)
        throw new AppError("SIGNATURE_INVALID", {
          detail: `it is of the time ${at}, and now is ${clock.now()}`,
        });
      return signaturesBy(key, answered).slice(0, 1);
    });
    if (cosignatures.length > 0) return cosignatures;
    const detail = "no witness key in force of another operator of the directory is in the answer";
    throw new AppError("NOT_ENOUGH_WITNESSES", { detail });
  }

  /** Reports a split view, where the evidence is of another tree, and signed by an operator of the directory. */
  async #reportSplit(evidence: unknown, { size }: SignedCheckpoint): Promise<void> {
    const { origin, splits } = this.#options;
    const { root, view, checkpoint } = parseEvidence(evidence);
    const signed = (await this.#othersKeys("log")).some((key) => verifyNote(view.note, key));
    if (!signed || checkpoint.origin !== origin || view.old !== size) return;
    const own = await ownRoot(this.#options, size);
    if (equalBytes(own.root, root)) return;
    await splits.report({ size, root, ownRoot: own.root, note: view.note, proof: view.proof });
  }

  async #othersKeys(purpose: "witness" | "log"): Promise<ReturnType<typeof keysInForce>> {
    const { seeds, origin, log, clock } = this.#options;
    const [operators, now] = [await log.operators(), clock.now()];
    const own = identityOf(seeds, { operators, origin, now });
    const others = operators.filter(({ id }) => id !== own?.id);
    return own === undefined ? [] : keysInForce(others, purpose, { origin, now });
  }

  #refusal(detail: string): AppError {
    return new AppError("WITNESS_REFUSED", { detail: `${this.#options.witness.name}: ${detail}` });
  }

  /** @param after milliseconds that the witness wants to be left alone */
  #backOff(after = 0): void {
    const wait = Math.max(after, FIRST_WAIT * 2 ** this.#failures);
    this.#failures += 1;
    this.#notBefore = this.#options.clock.millis() + Math.min(LONGEST_WAIT, wait);
  }
}

export interface CollectorOptions {
  readonly witness: RemoteWitness;
  readonly seeds: OperatorSeeds;
  readonly origin: string;
  readonly store: CheckpointStore;
  readonly log: FinalLog;
  readonly chain: StoredRoots;
  readonly splits: SplitWatch;
  readonly clock: Clock;
  readonly logger: Logger;
}
