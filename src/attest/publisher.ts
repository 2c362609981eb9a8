/** Signs checkpoints of final sizes and stores them, and renews the cosignature of the newest on a quiet log. */
import type { Logger } from "pino";
import { toBase64 } from "../core/bytes.ts";
import type { Clock } from "../core/clock.ts";
import { AppError, isAppError } from "../core/errors.ts";
import type { Hash, TreeSize } from "../core/units.ts";
import { cosignedAt, formatCheckpoint } from "../log/checkpoint.ts";
import { formatNote, parseNote } from "../log/note.ts";
import { verifyExtension } from "../log/witness.ts";
import { signaturesOf } from "./cosignatures.ts";
import { currentIdentity, publicKeysOf, type OperatorIdentity } from "./identity.ts";
import type { CheckpointStore, FinalLog, SignedCheckpoint, OperatorSeeds, StoredRoots } from "./ports.ts";
import { extensionProof, ownRoot } from "./tree.ts";

/**
 * Each has a root that the contract has stored, and extends every checkpoint signed before. It is stored before it is
 * served.
 */
export class Publisher {
  readonly #options: PublisherOptions;
  #missingLogged = false;

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /**
   * Signs the newest common size unless it is signed already, and then cosigns the newest checkpoint again once that is due.
   * @returns the signed checkpoint; undefined = nothing is due, or nothing may be signed
   * @throws AppError INDEX_MISMATCH: the index has another tree than the contract, or than an earlier checkpoint
   * @throws AppError as the ports
   */
  async step(): Promise<SignedCheckpoint | undefined> {
    const { store, log, clock, interval } = this.#options;
    const size = await log.commonSize({ until: clock.millis(), interval });
    const latest = await store.latest();
    if (size > (latest?.size ?? 0)) return await this.sign(size);
    return latest !== undefined && (await this.#isOld(latest)) ? await this.sign(latest.size) : undefined;
  }

  /**
   * Signs a final size, or cosigns it again.
   * @returns the signed checkpoint; undefined = a larger size is signed, or nothing may be signed
   * @throws AppError as {@link step}
   */
  async sign(size: TreeSize): Promise<SignedCheckpoint | undefined> {
    const { store, origin, clock } = this.#options;
    const identity = await this.#identity();
    const before = await store.latest();
    if (identity === undefined || size < (before?.size ?? 1)) return undefined;
    const text = formatCheckpoint({ origin, size, root: await this.#verified(size, before) });
    const note = formatNote({ text, signatures: signaturesOf(text, identity, clock.now()) });
    try {
      return await store.advance(() => note);
    } catch (error) {
      if (isAppError(error, "CHECKPOINT_CONFLICT")) return undefined; // a larger one was cosigned meanwhile
      throw error;
    }
  }

  async #isOld({ note }: SignedCheckpoint): Promise<boolean> {
    const { clock, renewal } = this.#options;
    const identity = await this.#identity();
    const at = identity && cosignedAt(parseNote(note), identity.signers.witness.key);
    return clock.now() >= (at ?? 0) + renewal;
  }

  async #identity(): Promise<OperatorIdentity | undefined> {
    const { seeds, logger } = this.#options;
    const identity = await currentIdentity(this.#options);
    if (identity === undefined && !this.#missingLogged) {
      const keys = publicKeysOf(seeds).map(({ publicKey, ...key }) => ({
        ...key,
        publicKey: toBase64(publicKey),
      }));
      logger.warn({ keys }, "no operator of the directory has these keys: no checkpoint is signed");
    }
    this.#missingLogged = identity === undefined;
    return identity;
  }

  /** The root at this size, once contract, index and the checkpoint before agree on it. */
  async #verified(size: TreeSize, before: SignedCheckpoint | undefined): Promise<Hash> {
    const { root, isStored } = await ownRoot(this.#options, size);
    if (!isStored)
      throw new AppError("INDEX_MISMATCH", { detail: `the contract has no root at size ${size}` });
    if (before !== undefined) {
      const proof = await extensionProof(this.#options.log, { first: before.size, second: size });
      verifyExtension(before, { size, root }, proof);
    }
    return root;
  }
}

export interface PublisherOptions {
  readonly seeds: OperatorSeeds;
  /** The log that is signed. */
  readonly origin: string;
  readonly store: CheckpointStore;
  readonly log: FinalLog;
  readonly chain: StoredRoots;
  /** Of common sizes, in milliseconds. */
  readonly interval: number;
  /** Seconds after which the newest checkpoint is cosigned again. */
  readonly renewal: number;
  readonly clock: Clock;
  readonly logger: Logger;
}
