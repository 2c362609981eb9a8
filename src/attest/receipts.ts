/** Issues receipts of documents, each under one checkpoint. */
import type { EntryIndex } from "../core/units.ts";
import { parseNote } from "../log/note.ts";
import type { Receipt } from "../log/receipt.ts";
import type { CheckpointStore, FinalLog } from "./ports.ts";
import { documentAt, proveEntry } from "./proven.ts";

/** The checkpoint is one that another operator has cosigned, where there is one. */
export class Receipts {
  readonly #checkpoints: Pick<CheckpointStore, "covering">;
  readonly #log: FinalLog;

  constructor({ checkpoints, log }: { checkpoints: Pick<CheckpointStore, "covering">; log: FinalLog }) {
    this.#checkpoints = checkpoints;
    this.#log = log;
  }

  /**
   * The receipt of a document, without its salt; undefined while no checkpoint covers it.
   * @throws AppError ENTRY_NOT_FOUND, NOT_A_DOCUMENT, and the code of the doubt while the index is in doubt
   */
  async issue(index: EntryIndex): Promise<Receipt | undefined> {
    const checkpoint = await this.#checkpoints.covering(index); // first: what it covers no longer changes
    const { bytes, entry } = await documentAt(this.#log, index);
    if (checkpoint === undefined) return undefined;
    const { size } = checkpoint;
    const { proof } = await proveEntry(this.#log, index, size);
    const wanted = { institutions: [entry.institution], scenes: [], entries: [] };
    const [registered] = await this.#log.directoryEvents(wanted, size);
    const directory = registered && {
      ...(await proveEntry(this.#log, registered.index, size)),
      event: registered.event,
    };
    return {
      index,
      proof,
      checkpoint: parseNote(checkpoint.note),
      extra: { entry: bytes, salt: undefined, directory, file: undefined },
    };
  }
}
