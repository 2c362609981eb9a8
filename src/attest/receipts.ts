import { decodeEntry } from "../core/entry.ts";
import { AppError } from "../core/errors.ts";
import type { EntryIndex, TreeSize } from "../core/units.ts";
import { parseNote } from "../log/note.ts";
import { assembleProof, inclusionRanges, nodesOf } from "../log/proof.ts";
import type { ProvenEntry } from "../log/proven-entry.ts";
import type { Receipt } from "../log/receipt.ts";
import type { CheckpointStore, FinalLog } from "./ports.ts";

/** Makes receipts of documents: all from one checkpoint, the newest. */
export class Receipts {
  readonly #checkpoints: Pick<CheckpointStore, "latest">;
  readonly #log: FinalLog;

  constructor({ checkpoints, log }: { checkpoints: Pick<CheckpointStore, "latest">; log: FinalLog }) {
    this.#checkpoints = checkpoints;
    this.#log = log;
  }

  /**
   * The receipt of a document, without its salt; undefined while no checkpoint covers it.
   * @throws AppError ENTRY_NOT_FOUND, NOT_A_DOCUMENT, and the code of the doubt while the index is in doubt
   */
  async issue(index: EntryIndex): Promise<Receipt | undefined> {
    const checkpoint = await this.#checkpoints.latest(); // first: what it covers does not change any more
    const entry = await this.#log.entry(index);
    if (entry === undefined)
      throw new AppError("ENTRY_NOT_FOUND", { detail: `the log has no entry ${index}` });
    const { kind, institution } = decodeEntry(entry);
    if (kind !== "document")
      throw new AppError("NOT_A_DOCUMENT", { detail: `entry ${index} is a ${kind}, not a document` });
    if (checkpoint === undefined || checkpoint.size <= index) return undefined;
    const { size } = checkpoint;
    const proven = await this.#prove({ index, entry }, size);
    const registered = await this.#log.registration(institution, size);
    const directory = registered && { ...(await this.#prove(registered, size)), event: registered.event };
    return {
      index,
      proof: proven.proof,
      checkpoint: parseNote(checkpoint.note),
      extra: { entry, salt: undefined, directory, file: undefined },
    };
  }

  async #prove({ index, entry }: Omit<ProvenEntry, "proof">, size: TreeSize): Promise<ProvenEntry> {
    const ranges = inclusionRanges({ index, size });
    return { index, entry, proof: assembleProof(ranges, await this.#log.nodes(nodesOf(ranges))) };
  }
}
