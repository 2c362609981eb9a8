/** Cosigns checkpoints of the log that operators of the directory sign. */
import { equalBytes, toHex } from "../core/bytes.ts";
import type { Clock } from "../core/clock.ts";
import { AppError, isAppError, quote } from "../core/errors.ts";
import type { Hash } from "../core/units.ts";
import { cosign, type Checkpoint } from "../log/checkpoint.ts";
import { parseNote, verifyNote, type Note, type VerifierKey } from "../log/note.ts";
import { translateErrors } from "../log/proven-entry.ts";
import {
  formatCosignatures,
  formatEvidence,
  parseCosignatureRequest,
  verifyExtension,
  type CosignatureRequest,
} from "../log/witness.ts";
import { currentIdentity, keysInForce, type OperatorIdentity } from "./identity.ts";
import type {
  CheckpointStore,
  FinalLog,
  OperatorSeeds,
  StoredRoots,
  TreeHead,
  WitnessStore,
} from "./ports.ts";
import type { SplitWatch } from "./splits.ts";
import { extensionProof, ownRoot } from "./tree.ts";

type Request = CosignatureRequest & { readonly checkpoint: Checkpoint };

/** A checkpoint must extend what was cosigned before, and have the root that this operator's own node has. */
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
    const { origin, store, clock } = this.#options;
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
    const refusal = await this.#compare(request);
    const { signers } = await this.#identity();
    await store.advance(key.publicKey, (last) => {
      requireExtension(last, request);
      if (refusal !== undefined) throw refusal;
      return { size: checkpoint.size, root: checkpoint.root };
    });
    return formatCosignatures([cosign(note.text, signers.witness, clock.now())]);
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
  async #compare({ checkpoint: { size, root }, note }: Request): Promise<AppError | undefined> {
    const { log, splits } = this.#options;
    if (size > (await log.size()))
      return new AppError("WITNESS_UNAVAILABLE", { detail: `size ${size} is not final here yet` });
    const own = await ownRoot(this.#options, size);
    if (!equalBytes(own.root, root)) {
      await splits.report({ size, root, ownRoot: own.root, note, proof: [] });
      return await this.#splitError(size, own.root);
    }
    if (own.isStored) return undefined;
    return new AppError("CHECKPOINT_INCONSISTENT", { detail: `the contract stored no root at size ${size}` });
  }

  /** The error of a split view, with what this operator has signed of its own tree. */
  async #splitError(size: number, root: Hash): Promise<AppError> {
    const { checkpoints, log } = this.#options;
    const detail = `at size ${size} the root is ${toHex(root)} here`;
    const latest = await checkpoints.latest();
    if (latest === undefined || latest.size < size) return new AppError("SPLIT_VIEW", { detail });
    const proof = await extensionProof(log, { first: size, second: latest.size });
    const view = { old: size, proof, note: parseNote(latest.note) };
    return new AppError("SPLIT_VIEW", { detail, split: formatEvidence({ root, view }) });
  }
}

export interface WitnessOptions {
  readonly seeds: OperatorSeeds;
  /** The only log that is cosigned. */
  readonly origin: string;
  readonly store: WitnessStore;
  readonly checkpoints: Pick<CheckpointStore, "latest">;
  readonly log: FinalLog;
  readonly chain: StoredRoots;
  readonly splits: SplitWatch;
  readonly clock: Clock;
}

/** Requires that a checkpoint extends the one that was cosigned last. */
function requireExtension(last: TreeHead | undefined, { old, checkpoint, proof }: Request): void {
  const size = last?.size ?? 0;
  if (old !== size)
    throw new AppError("CHECKPOINT_CONFLICT", { detail: `size ${size} was cosigned last, not ${old}`, size });
  try {
    verifyExtension({ size, root: last?.root ?? checkpoint.root }, checkpoint, proof);
  } catch (error) {
    if (!isAppError(error, "PROOF_SHAPE") && !isAppError(error, "PROOF_INVALID")) throw error;
    throw new AppError("CHECKPOINT_INCONSISTENT", { detail: error.fields.detail }, { cause: error });
  }
}
