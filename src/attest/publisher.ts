/** Signs checkpoints of final sizes and stores them. */
import type { Logger } from "pino";
import { toBase64 } from "../core/bytes.ts";
import type { Clock } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";
import type { Address, TreeSize } from "../core/units.ts";
import { cosign, formatCheckpoint, originOf, type Checkpoint } from "../log/checkpoint.ts";
import { formatNote, signNote } from "../log/note.ts";
import { verifyExtension } from "../log/witness.ts";
import { currentIdentity, publicKeysOf, type OperatorIdentity } from "./identity.ts";
import type { CheckpointStore, FinalLog, SignedCheckpoint, OperatorSeeds, StoredRoots } from "./ports.ts";
import { extensionProof, ownRoot } from "./tree.ts";

/**
 * Each has a root that the contract has stored, and extends every checkpoint signed before. It is stored before it is
 * served.
 */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #origin: string;
  #missingLogged = false;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#origin = originOf(options.registry);
  }

  /**
   * Signs the newest final size, unless it is signed already.
   * @returns the signed checkpoint
   * @throws AppError INDEX_MISMATCH: the index has another tree than the contract, or than an earlier checkpoint
   * @throws AppError as the ports
   */
  async step(): Promise<SignedCheckpoint | undefined> {
    const { store, log, clock } = this.#options;
    const size = await log.size();
    const latest = await store.latest();
    if (size === 0 || size <= (latest?.size ?? 0)) return undefined;
    const identity = await this.#identity();
    if (identity === undefined) return undefined;
    const checkpoint = await this.#verified(size, latest);
    return await store.keep(signedNote(checkpoint, identity, clock.now()));
  }

  async #identity(): Promise<OperatorIdentity | undefined> {
    const { seeds, logger } = this.#options;
    const identity = await currentIdentity({ ...this.#options, origin: this.#origin });
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

  /** The tree of this size, once contract, index and the checkpoint before agree on it. */
  async #verified(size: TreeSize, before: SignedCheckpoint | undefined): Promise<Checkpoint> {
    const { root, isStored } = await ownRoot(this.#options, size);
    if (!isStored)
      throw new AppError("INDEX_MISMATCH", { detail: `the contract has no root at size ${size}` });
    if (before !== undefined) {
      const proof = await extensionProof(this.#options.log, { first: before.size, second: size });
      verifyExtension(before, { size, root }, proof);
    }
    return { origin: this.#origin, size, root };
  }
}

export interface PublisherOptions {
  readonly seeds: OperatorSeeds;
  /** The registry that keeps the log. */
  readonly registry: { readonly chainId: number; readonly registry: Address };
  readonly store: CheckpointStore;
  readonly log: FinalLog;
  readonly chain: StoredRoots;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The note with the log's signature, and the operator's own cosignature, which gives it a time. */
function signedNote(checkpoint: Checkpoint, { signers }: OperatorIdentity, now: number): string {
  const text = formatCheckpoint(checkpoint);
  return formatNote({ text, signatures: [signNote(text, signers.log), cosign(text, signers.witness, now)] });
}
