/** Cosigns checkpoints of the log that operators of the directory sign. */
import { equalBytes, toHex } from "../core/bytes.ts";
import type { Clock } from "../core/clock.ts";
import { AppError, fault, isAppError, quote } from "../core/errors.ts";
import type { TreeSize } from "../core/units.ts";
import type { Checkpoint } from "../log/checkpoint.ts";
import { formatNote, parseNote, signaturesBy, verifyNote, type Note, type VerifierKey } from "../log/note.ts";
import { prefixRoot } from "../log/proof.ts";
import { translateErrors } from "../log/proven-entry.ts";
import {
  formatCosignatures,
  formatEvidence,
  parseCosignatureRequest,
  verifyExtension,
  type CosignatureRequest,
} from "../log/witness.ts";
import { cosignaturesBy, signaturesOf } from "./cosignatures.ts";
import { currentIdentity, keysInForce, keysOfOthers, type OperatorIdentity } from "./identity.ts";
import type { CheckpointStore, FinalLog, OperatorSeeds, SplitView, StoredRoots, TreeHead } from "./ports.ts";
import type { SplitWatch } from "./splits.ts";
import { ownRoot } from "./tree.ts";

type Request = CosignatureRequest & { readonly checkpoint: Checkpoint };

/**
 * A checkpoint must extend the newest that this operator has signed or cosigned, and have the root that its own node has. Then
 * it is signed here as well: to sign and to cosign is one act, with one state, which is the newest checkpoint.
 */
export class Witness {
  readonly #options: WitnessOptions;

  constructor(options: WitnessOptions) {
    this.#options = options;
  }

  /**
   * Answers an add-checkpoint request.
   * @returns the signature lines
   * @throws AppError WITNESS_REQUEST, LOG_UNKNOWN, LOG_KEY_UNKNOWN
   * @throws AppError CHECKPOINT_CONFLICT: another size was cosigned last, with it as `size`
   * @throws AppError CHECKPOINT_INCONSISTENT
   * @throws AppError SPLIT_VIEW: the own node has another root; with `split`, where that can be shown
   * @throws AppError WITNESS_UNAVAILABLE: the size is not final here yet, or nothing may be signed
   * @throws AppError as the ports
   */
  async cosign(text: string): Promise<string> {
    const { origin } = this.#options;
    const request = parseCosignatureRequest(text);
    const { note, checkpoint } = request;
    if (checkpoint.origin !== origin)
      throw new AppError("LOG_UNKNOWN", { detail: `${quote(checkpoint.origin)} is not ${origin}` });
    const key = await this.#signerOf(note);
    if (request.old > checkpoint.size)
      throw new AppError("WITNESS_REQUEST", {
        detail: `size ${request.old} is above that of the checkpoint, ${checkpoint.size}`,
        at: "line 1",
      });
    const refusal = await this.#compare(request, key);
    try {
      return await this.#advance(request, refusal);
    } finally {
      if (refusal === undefined) await this.#keepSenders(note, key);
    }
  }

  /** @returns the own cosignature */
  async #advance(request: Request, refusal: AppError | undefined): Promise<string> {
    const { checkpoints, clock } = this.#options;
    const { text } = request.note;
    const signatures = signaturesOf(text, await this.#identity(), clock.now());
    await checkpoints.advance((last) => {
      requireNewest(last, request);
      if (refusal !== undefined) throw refusal;
      requireExtension(last, request);
      return formatNote({ text, signatures });
    });
    return formatCosignatures(signatures.slice(1));
  }

  /**
   * Adds what the sender and others have signed to the own checkpoint of the same text, if there is one: also where the size is
   * not the newest here, so that an operator that is behind gets the cosignatures of one that is ahead.
   */
  async #keepSenders(note: Note, key: VerifierKey): Promise<void> {
    const { checkpoints, clock } = this.#options;
    const cosignatures = (await keysOfOthers(this.#options, "witness")).flatMap((other) => {
      try {
        return cosignaturesBy(other, note, clock.now());
      } catch (error) {
        if (isAppError(error, "SIGNATURE_INVALID")) return []; // the sender may add any line
        throw error;
      }
    });
    const signatures = [...signaturesBy(key, note).slice(0, 1), ...cosignatures];
    await checkpoints.addSignatures({ ...note, signatures }, { witnessed: cosignatures.length > 0 });
  }

  /** The key of the directory that signed the note. */
  async #signerOf(note: Note): Promise<VerifierKey> {
    const { log, origin, clock } = this.#options;
    const keys = keysInForce(await log.operators(), "log", { origin, now: clock.now() });
    const unknown = (detail: string): AppError => new AppError("LOG_KEY_UNKNOWN", { detail });
    // all of them: one invalid signature under a known key name makes the note invalid
    const [signer] = translateErrors(
      () => keys.filter((key) => verifyNote(note, key)),
      ["SIGNATURE_INVALID"],
      unknown,
    );
    if (signer === undefined) throw unknown("no log key in force of the directory's operators signed it");
    return signer;
  }

  async #identity(): Promise<OperatorIdentity> {
    const identity = await currentIdentity(this.#options);
    if (identity !== undefined) return identity;
    throw new AppError("WITNESS_UNAVAILABLE", { detail: "no operator of the directory has this one's keys" });
  }

  /** Compares a checkpoint with the own node. @returns why it cannot be cosigned; undefined where it can */
  async #compare(request: Request, key: VerifierKey): Promise<AppError | undefined> {
    const { size } = request.checkpoint;
    const final = await this.#options.log.size();
    const shown =
      size <= final ? { ...request.checkpoint, proof: [] } : await this.#shownBefore(request, final);
    const own = shown && (await ownRoot(this.#options, shown.size));
    if (shown !== undefined && own !== undefined && !equalBytes(own.root, shown.root))
      return await this.#splitError(request.note, key, { ...shown, ownRoot: own.root });
    if (size > final)
      return new AppError("WITNESS_UNAVAILABLE", { detail: `size ${size} is not final here yet` });
    if (own?.isStored === true) return undefined;
    return new AppError("CHECKPOINT_INCONSISTENT", { detail: `the contract stored no root at size ${size}` });
  }

  /** What the request's proof shows of the sender's tree at the old size, where that is final here. */
  async #shownBefore(
    { old, checkpoint, proof }: Request,
    final: TreeSize,
  ): Promise<Omit<ShownRoot, "ownRoot"> | undefined> {
    if (old === 0 || old > final) return undefined;
    const { root: complete } = await ownRoot(this.#options, old);
    const claim = { first: old, second: checkpoint.size, proof, complete, secondRoot: checkpoint.root };
    const root = fault(() => prefixRoot(claim)); // a false proof shows nothing, and is refused as one
    return root instanceof AppError ? undefined : { size: old, root, proof };
  }

  /** Reports a split view. @returns its error, with what this operator has signed of its own tree at that size */
  async #splitError(note: Note, key: VerifierKey, split: ShownRoot): Promise<AppError> {
    const { checkpoints, splits } = this.#options;
    const { size, root, proof, ownRoot: ours } = split;
    const signed = { ...note, signatures: signaturesBy(key, note).slice(0, 1) };
    await splits.report({ size, root, ownRoot: ours, signer: key, note: signed, proof });
    const detail = `at size ${size} the root is ${toHex(ours)} here`;
    const own = await checkpoints.at(size);
    if (own === undefined) return new AppError("SPLIT_VIEW", { detail });
    const view = { old: size, proof: [], note: parseNote(own.note) };
    return new AppError("SPLIT_VIEW", { detail, split: formatEvidence({ root: ours, view }) });
  }
}

/** A root of the sender's tree, and the own one at that size; the proof leads to the checkpoint of the request. */
type ShownRoot = Pick<SplitView, "size" | "root" | "ownRoot" | "proof">;

export interface WitnessOptions {
  readonly seeds: OperatorSeeds;
  /** The only log that is cosigned. */
  readonly origin: string;
  readonly checkpoints: CheckpointStore;
  readonly log: FinalLog;
  readonly chain: StoredRoots;
  readonly splits: SplitWatch;
  readonly clock: Clock;
}

/** Requires that a request begins at the checkpoint that was cosigned last, by whichever keys either was signed. */
function requireNewest(last: TreeHead | undefined, { old }: Request): void {
  const size = last?.size ?? 0;
  if (old === size) return;
  throw new AppError("CHECKPOINT_CONFLICT", { detail: `size ${size} was cosigned last, not ${old}`, size });
}

/** Requires that a checkpoint extends the one that was cosigned last. */
function requireExtension(last: TreeHead | undefined, { checkpoint, proof }: Request): void {
  try {
    verifyExtension(last ?? { size: 0, root: checkpoint.root }, checkpoint, proof);
  } catch (error) {
    if (!isAppError(error, "PROOF_SHAPE") && !isAppError(error, "PROOF_INVALID")) throw error;
    throw new AppError("CHECKPOINT_INCONSISTENT", { detail: error.fields.detail }, { cause: error });
  }
}
