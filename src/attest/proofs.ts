/** Proves several entries under one checkpoint, as the basis of an answer. */
import type { EntryIndex } from "../core/units.ts";
import type { ProvenEntries } from "../log/proven-entry.ts";
import type { CheckpointStore, FinalLog } from "./ports.ts";
import { proveEntry } from "./proven.ts";

export class Proofs {
  readonly #checkpoints: Pick<CheckpointStore, "covering">;
  readonly #log: FinalLog;

  constructor({ checkpoints, log }: { checkpoints: Pick<CheckpointStore, "covering">; log: FinalLog }) {
    this.#checkpoints = checkpoints;
    this.#log = log;
  }

  /**
   * In the order of `indexes`, of which there is one at least; undefined while no checkpoint covers all of them.
   * @throws AppError the code of the doubt while the index is in doubt
   */
  async of(indexes: readonly EntryIndex[]): Promise<ProvenEntries | undefined> {
    const checkpoint = await this.#checkpoints.covering(Math.max(...indexes));
    if (checkpoint === undefined) return undefined;
    const { size, note } = checkpoint;
    const entries = await Promise.all(indexes.map((index) => proveEntry(this.#log, index, size)));
    return { checkpoint: note, entries };
  }
}
