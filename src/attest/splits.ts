/** Reports, once for each root, that another operator's tree differs from the own one. */
import type { Logger } from "pino";
import { toHex } from "../core/bytes.ts";
import type { Clock } from "../core/clock.ts";
import { formatNote, type Note } from "../log/note.ts";
import type { SplitStore, SplitView } from "./ports.ts";

export class SplitWatch {
  readonly #options: SplitWatchOptions;

  constructor(options: SplitWatchOptions) {
    this.#options = options;
  }

  async report({ note, ...seen }: Omit<SplitView, "observedAt" | "note"> & { note: Note }): Promise<void> {
    const { store, origin, clock, logger, onSplit } = this.#options;
    const isNew = await store.keep({ ...seen, note: formatNote(note), observedAt: clock.now() });
    if (!isNew) return;
    onSplit();
    const { size, root, ownRoot } = seen;
    logger.error({ origin, size, root: toHex(root), ownRoot: toHex(ownRoot) }, "split view");
  }
}

export interface SplitWatchOptions {
  readonly store: SplitStore;
  readonly origin: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onSplit: () => void;
}
