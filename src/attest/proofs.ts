/** Proves several entries under one checkpoint, as the basis of an answer. */
import { decodeEntry } from "../core/entry.ts";
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
   * Those of `indexes` that a checkpoint covers, in this order; undefined while none covers any. Of the directory's entries
   * among them the events too, and those that register the institutions and define the document types of the others.
   * @throws AppError the code of the doubt while the index is in doubt
   */
  async of(indexes: readonly EntryIndex[]): Promise<ProvenEntries | undefined> {
    const checkpoint =
      (await this.#checkpoints.covering(Math.max(...indexes))) ??
      (await this.#checkpoints.covering(Math.min(...indexes)));
    if (checkpoint === undefined) return undefined;
    const { size, note } = checkpoint;
    const covered = indexes.filter((index) => index < size);
    const proven = await Promise.all(covered.map((index) => proveEntry(this.#log, index, size)));
    const decoded = proven.map((each) => ({ ...each, decoded: decodeEntry(each.entry) }));
    const documents = decoded.filter((each) => each.decoded.kind === "document");
    const found = await this.#log.directoryEvents(
      {
        institutions: distinct(documents.map((each) => each.decoded.institution)),
        scenes: distinct(documents.map((each) => each.decoded.scene)),
        entries: decoded.filter((each) => each.decoded.kind === "directory").map(({ index }) => index),
      },
      size,
    );
    const events = found.map(async ({ index, event }) => {
      return { ...(await proveEntry(this.#log, index, size)), event };
    });
    const entries = decoded.filter((each) => each.decoded.kind !== "directory");
    return {
      checkpoint: note,
      entries: entries.map(({ decoded: _, ...each }) => each),
      events: await Promise.all(events),
    };
  }
}

function distinct(ids: readonly number[]): number[] {
  return [...new Set(ids)];
}
