/** Collects one witness's cosignatures of the checkpoints that this operator has signed. */
import type { Logger } from "pino";
import { equalBytes } from "../core/bytes.ts";
import type { Clock } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";
import type { TreeSize, UnixSeconds } from "../core/units.ts";
import { cosignedAt } from "../log/checkpoint.ts";
import { parseNote, signaturesBy, verifyNote, type Note, type VerifierKey } from "../log/note.ts";
import { formatCosignatureRequest, parseCosignatures, parseEvidence } from "../log/witness.ts";
import { cosignaturesBy } from "./cosignatures.ts";
import { keysOfOthers } from "./identity.ts";
import type {
  CheckpointStore,
  FinalLog,
  SignedCheckpoint,
  OperatorSeeds,
  RemoteWitness,
  StoredRoots,
  WitnessAnswer,
} from "./ports.ts";
import type { Publisher } from "./publisher.ts";
import type { SplitWatch } from "./splits.ts";
import { extensionProof, ownRoot } from "./tree.ts";

/** Milliseconds until a witness that did not cosign is asked again: the first time, and at most. */
const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 60_000;
/** Seconds without a cosignature after which that is logged, and logged again. */
const WARN_AFTER = 120;
/** Checkpoints that a witness is asked for one after the other, at most; of more it is asked for the newest alone. */
const BACKLOG = 60;

/**
 * Asks for each checkpoint in order, and for the newest again once its cosignature is old. One that the witness is not ready for
 * yet is asked for until it is, so that a witness that is behind cosigns the same ones.
 */
export class Collector {
  readonly #options: CollectorOptions;
  /** The size that the witness cosigned last, as far as is known here. */
  #witnessSize: TreeSize = 0;
  /** The largest size that was asked for to the end, and when; undefined since the start. */
  #asked: { readonly size: TreeSize; readonly at: UnixSeconds } | undefined;
  /** Whether the witness has cosigned a size that is not final here. */
  #isAhead = false;
  #pending: SignedCheckpoint | undefined;
  #failures = 0;
  /** When the witness began to defer requests, or that was logged last. */
  #deferredSince: UnixSeconds | undefined;
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
    const checkpoint = this.#pending ?? (await this.#next());
    if (checkpoint === undefined) return;
    this.#pending = checkpoint;
    try {
      await this.#request(checkpoint);
    } catch (error) {
      this.#pending = undefined;
      this.#backOff();
      throw error;
    }
  }

  async #next(): Promise<SignedCheckpoint | undefined> {
    const { store, clock, renewal } = this.#options;
    const [asked, latest] = [this.#asked, await store.latest()];
    if (latest === undefined || asked === undefined) return latest;
    if (latest.size <= asked.size)
      return this.#isAhead || clock.now() >= asked.at + renewal ? latest : undefined;
    const [next = latest.size, ...more] = await store.sizes({ after: asked.size, limit: BACKLOG });
    return more.length + 1 < BACKLOG ? await store.at(next) : latest;
  }

  async #request(checkpoint: SignedCheckpoint): Promise<void> {
    let [asked, answer] = [checkpoint, await this.#ask(checkpoint, this.#witnessSize)];
    if (answer.kind === "conflict") {
      const { size } = answer;
      this.#witnessSize = size;
      const agreed = size <= checkpoint.size ? checkpoint : await this.#atLeast(size);
      if (agreed === undefined) {
        this.#end(checkpoint.size, { isAhead: true });
        await this.#defer({ after: undefined, detail: `it has cosigned size ${size}` }, checkpoint);
        return;
      }
      [asked, answer] = [agreed, await this.#ask(agreed, size)];
    }
    await this.#handle(answer, asked);
  }

  /** The smallest checkpoint from a size on, signed now where none is; undefined where the size is not final here. */
  async #atLeast(size: TreeSize): Promise<SignedCheckpoint | undefined> {
    const { store, log, publisher } = this.#options;
    if (size > (await log.size())) return undefined;
    const [stored] = await store.sizes({ after: size - 1, limit: 1 });
    if (stored !== undefined) return await store.at(stored);
    if ((await ownRoot(this.#options, size)).isStored) return await publisher.sign(size);
    throw this.#refusal(`it has cosigned size ${size}, at which the contract stored no root`);
  }

  async #ask(checkpoint: SignedCheckpoint, old: TreeSize): Promise<WitnessAnswer> {
    const { witness, log } = this.#options;
    const first = Math.min(old, checkpoint.size);
    const proof = await extensionProof(log, { first, second: checkpoint.size });
    return await witness.addCheckpoint(
      formatCosignatureRequest({ old: first, proof, note: parseNote(checkpoint.note) }),
    );
  }

  async #handle(answer: WitnessAnswer, checkpoint: SignedCheckpoint): Promise<void> {
    switch (answer.kind) {
      case "cosigned":
        await this.#keep(answer.lines, checkpoint);
        this.#witnessSize = checkpoint.size;
        this.#end(checkpoint.size, { isAhead: false });
        [this.#failures, this.#deferredSince] = [0, undefined];
        return;
      case "later":
        await this.#defer(answer, checkpoint);
        return;
      case "conflict":
        throw this.#refusal(`it names size ${answer.size} now, and another one before`);
      case "refused":
        if (answer.split !== undefined) await this.#reportSplit(answer.split);
        throw this.#refusal(answer.detail);
    }
  }

  #end(size: TreeSize, { isAhead }: { isAhead: boolean }): void {
    const { clock } = this.#options;
    this.#asked = { size: Math.max(size, this.#asked?.size ?? 0), at: clock.now() };
    [this.#pending, this.#isAhead] = [undefined, isAhead];
  }

  async #defer(
    { after, detail }: { after: number | undefined; detail: string },
    { size }: SignedCheckpoint,
  ): Promise<void> {
    const { witness, logger, clock } = this.#options;
    this.#backOff(after);
    this.#deferredSince ??= clock.now();
    if (clock.now() < this.#deferredSince + WARN_AFTER) return;
    this.#deferredSince = clock.now();
    if (await this.#hasFreshCosignature()) return;
    logger.warn({ witness: witness.name, size, detail }, "not cosigned for long");
  }

  /** Whether a cosignature came lately, with a request of the witness itself. */
  async #hasFreshCosignature(): Promise<boolean> {
    const { store, clock } = this.#options;
    const newest = await store.covering(0);
    const note = newest && parseNote(newest.note);
    const times = (await this.#keys()).map((key) => (note && cosignedAt(note, key)) ?? 0);
    return Math.max(0, ...times) > clock.now() - WARN_AFTER;
  }

  /** The keys whose cosignatures are kept. */
  async #keys(): Promise<readonly VerifierKey[]> {
    const { key } = this.#options;
    return key === undefined ? await keysOfOthers(this.#options, "witness") : [key];
  }

  /** Keeps the cosignatures of the witness's keys. Signatures by other keys are ignored. */
  async #keep(lines: string, { note }: SignedCheckpoint): Promise<void> {
    const { store, clock, key } = this.#options;
    const answered: Note = parseCosignatures(lines, parseNote(note).text);
    const signatures = (await this.#keys()).flatMap((each) => cosignaturesBy(each, answered, clock.now()));
    const detail =
      key === undefined ? "no witness key in force of another operator" : `no cosignature by ${key.name}`;
    if (signatures.length === 0)
      throw new AppError("NOT_ENOUGH_WITNESSES", { detail: `${detail} is in the answer` });
    await store.addSignatures({ ...answered, signatures }, { witnessed: key === undefined });
  }

  /** Reports a split view, where the evidence is of another tree, and signed by an operator of the directory. */
  async #reportSplit(evidence: unknown): Promise<void> {
    const { origin, splits, log } = this.#options;
    const { root, view, checkpoint } = parseEvidence(evidence);
    const { old: size, proof } = view;
    const signer = (await keysOfOthers(this.#options, "log")).find((key) => verifyNote(view.note, key));
    if (signer === undefined || checkpoint.origin !== origin) return;
    if (size === 0 || size > (await log.size())) return;
    const own = await ownRoot(this.#options, size);
    if (equalBytes(own.root, root)) return;
    const note = { ...view.note, signatures: signaturesBy(signer, view.note).slice(0, 1) };
    await splits.report({ size, root, ownRoot: own.root, signer, note, proof });
  }

  #refusal(detail: string): AppError {
    return new AppError("WITNESS_REFUSED", { detail: `${this.#options.witness.name}: ${detail}` });
  }

  /** @param after milliseconds after which the witness wants to be asked again; each wait is longer where it names none */
  #backOff(after = FIRST_WAIT * 2 ** this.#failures): void {
    this.#failures += 1;
    this.#notBefore = this.#options.clock.millis() + Math.min(LONGEST_WAIT, Math.max(FIRST_WAIT, after));
  }
}

export interface CollectorOptions {
  readonly witness: RemoteWitness;
  /** Of a witness outside of the directory; undefined = it is another operator of the directory. */
  readonly key: VerifierKey | undefined;
  readonly seeds: OperatorSeeds;
  readonly origin: string;
  readonly store: CheckpointStore;
  readonly log: FinalLog;
  readonly chain: StoredRoots;
  readonly publisher: Pick<Publisher, "sign">;
  readonly splits: SplitWatch;
  /** Seconds after which the newest checkpoint is cosigned again. */
  readonly renewal: number;
  readonly clock: Clock;
  readonly logger: Logger;
}
