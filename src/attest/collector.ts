import type { Logger } from "pino";
import { equalBytes } from "../core/bytes.ts";
import type { Clock } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";
import type { TreeSize } from "../core/units.ts";
import { cosignedAt } from "../log/checkpoint.ts";
import { parseNote, signaturesBy, verifyNote, type NoteSignature } from "../log/note.ts";
import { formatCosignatureRequest, parseCosignatures, parseEvidence } from "../log/witness.ts";
import { identityOf, keysInForce } from "./identity.ts";
import type {
  CheckpointStore,
  FinalLog,
  KeptCheckpoint,
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
/** Times in a row that a witness may ask to come back later before somebody is told. */
const LONG = 8;
/** Seconds that a witness's clock may be ahead of this one's. */
const MAX_SKEW = 300;

/**
 * Collects one witness's cosignatures of the checkpoints that this operator has signed, the newest first. One that the
 * witness has not come to see yet is asked for again before newer ones, so that it never runs behind for ever.
 */
export class Collector {
  readonly #options: CollectorOptions;
  /** The size that the witness cosigned last, as far as is known here. */
  #had: TreeSize = 0;
  /** The largest size that it has cosigned since the start. */
  #done: TreeSize = 0;
  #pending: KeptCheckpoint | undefined;
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
   * @throws AppError NOTE_SYNTAX, SIGNATURE_INVALID, NOT_ENOUGH_WITNESSES: what it answered is no cosignature
   * @throws AppError as the ports
   */
  async step(): Promise<void> {
    const kept = this.#pending ?? (await this.#newest());
    if (kept === undefined) return;
    this.#pending = kept;
    try {
      await this.#take(await this.#answer(kept), kept);
    } catch (error) {
      this.#pending = undefined;
      this.#comeBack();
      throw error;
    }
  }

  async #newest(): Promise<KeptCheckpoint | undefined> {
    const latest = await this.#options.store.latest();
    return latest === undefined || latest.size <= this.#done ? undefined : latest;
  }

  async #answer(kept: KeptCheckpoint): Promise<WitnessAnswer> {
    const answer = await this.#ask(kept, Math.min(this.#had, kept.size));
    if (answer.kind !== "conflict") return answer;
    this.#had = answer.size;
    if (answer.size <= kept.size) return await this.#ask(kept, answer.size);
    throw this.#refusal(`it has cosigned size ${answer.size}, and ${kept.size} is the newest here`);
  }

  async #ask(kept: KeptCheckpoint, old: TreeSize): Promise<WitnessAnswer> {
    const { witness, log } = this.#options;
    const proof = await extensionProof(log, { first: old, second: kept.size });
    return await witness.addCheckpoint(formatCosignatureRequest({ old, proof, note: parseNote(kept.note) }));
  }

  async #take(answer: WitnessAnswer, kept: KeptCheckpoint): Promise<void> {
    const { store, witness, logger } = this.#options;
    switch (answer.kind) {
      case "cosigned":
        await store.addCosignatures(kept.size, await this.#verified(answer.lines, kept));
        [this.#had, this.#done] = [kept.size, kept.size];
        [this.#pending, this.#failures] = [undefined, 0];
        return;
      case "later":
        this.#comeBack(answer.after);
        if (this.#failures % LONG === 0)
          logger.warn(
            { witness: witness.name, size: kept.size, detail: answer.detail },
            "not cosigned for long",
          );
        return;
      case "conflict":
        throw this.#refusal(`it names size ${answer.size} now, and another one before`);
      case "refused":
        if (answer.split !== undefined) await this.#examine(answer.split, kept);
        throw this.#refusal(answer.detail);
    }
  }

  /** The cosignatures of other operators. What anybody else has signed is passed over. */
  async #verified(lines: string, { note }: KeptCheckpoint): Promise<NoteSignature[]> {
    const { clock } = this.#options;
    const { text } = parseNote(note);
    const answered = parseCosignatures(lines, text);
    const cosignatures = (await this.#othersKeys("witness")).flatMap((key) => {
      const at = cosignedAt(answered, key);
      if (at === undefined) return [];
      if (at === 0 || at > clock.now() + MAX_SKEW)
        throw new AppError("SIGNATURE_INVALID", {
          detail: `it is of the time ${at}, and now is ${clock.now()}`,
        });
      return signaturesBy(key, answered).slice(0, 1);
    });
    if (cosignatures.length > 0) return cosignatures;
    const detail = "no witness key in force of another operator of the directory is in the answer";
    throw new AppError("NOT_ENOUGH_WITNESSES", { detail });
  }

  /** Reports another tree that a witness shows, where it is an operator's of the directory, and is another. */
  async #examine(shown: unknown, { size }: KeptCheckpoint): Promise<void> {
    const { origin, splits } = this.#options;
    const { root, view, checkpoint } = parseEvidence(shown);
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
  #comeBack(after = 0): void {
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
