/** Reports that another operator's tree differs from the own one: counts each observation, and logs once for each key and root. */
import type { Logger } from "pino";
import { toHex } from "../core/bytes.ts";
import type { Clock } from "../core/clock.ts";
import { formatNote, formatVerifierKey, type Note, type VerifierKey } from "../log/note.ts";
import type { SplitStore, SplitView } from "./ports.ts";

export class SplitWatch {
  readonly #options: SplitWatchOptions;

  constructor(options: SplitWatchOptions) {
    this.#options = options;
  }

  /** Counts what was observed, and keeps and logs it unless it is known, or too much of the same key is. */
  async report({ note, signer, ...seen }: ObservedSplit): Promise<void> {
    const { store, origin, clock, logger, onSplit } = this.#options;
    onSplit();
    const split = { ...seen, signer: signer.publicKey, note: formatNote(note), observedAt: clock.now() };
    if (!(await store.keep(split))) return;
    const { size, root, ownRoot } = seen;
    const key = formatVerifierKey(signer);
    logger.error({ origin, size, root: toHex(root), ownRoot: toHex(ownRoot), key }, "split view");
  }
}

type ObservedSplit = Omit<SplitView, "observedAt" | "note" | "signer"> & {
  readonly note: Note;
  readonly signer: VerifierKey;
};

export interface SplitWatchOptions {
  readonly store: SplitStore;
  readonly origin: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called for each observation. */
  readonly onSplit: () => void;
}
