/** Measures the free space of a folder's disk and stops acceptance before the disk is full. */
import { access, constants, statfs } from "node:fs/promises";
import type { Clock } from "../core/clock.ts";
import { storageFailed, storageFault, storageLow } from "../core/storage.ts";

/** Milliseconds that a measurement is valid. */
const VALID_FOR = 1_000;

/**
 * Refuses while less than a minimum is free, so that what was accepted can still be finished.
 */
export class DiskGuard {
  readonly #folder: string;
  readonly #minFree: number;
  readonly #clock: Clock;
  #free: Promise<number> | undefined;
  #measuredAt = 0;

  /** @param options.minFree bytes */
  constructor(options: { folder: string; minFree: number; clock: Clock }) {
    this.#folder = options.folder;
    this.#minFree = options.minFree;
    this.#clock = options.clock;
  }

  /** Bytes free for this process, at most a second old. @throws AppError STORAGE_FAILED: read-only, or it cannot be examined */
  async free(): Promise<number> {
    const now = this.#clock.millis();
    if (this.#free === undefined || Math.abs(now - this.#measuredAt) >= VALID_FOR) {
      this.#measuredAt = now;
      this.#free = this.#measure();
      this.#free.catch(() => undefined);
    }
    return await this.#free;
  }

  /** @throws AppError STORAGE_LOW, STORAGE_FAILED */
  async pass(): Promise<void> {
    const free = await this.free();
    // guard: F42 free space
    if (free < this.#minFree)
      throw storageLow(`${free} bytes are free for the data directory, and ${this.#minFree} have to be`);
  }

  async #measure(): Promise<number> {
    try {
      await access(this.#folder, constants.W_OK);
      const { bavail, bsize } = await statfs(this.#folder);
      return bavail * bsize;
    } catch (error) {
      const what = "the data directory cannot be used";
      throw storageFault(error, what) ?? storageFailed(what, error);
    }
  }
}
