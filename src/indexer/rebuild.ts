import type { Logger } from "pino";
import type { Clock } from "../core/clock.ts";
import type { Hash, TreeSize } from "../core/units.ts";
import { Indexer } from "./indexer.ts";
import type { ChainReader, IndexStore } from "./ports.ts";

/** An index with the hash of all that it holds. */
export interface HashedIndex {
  readonly store: IndexStore;
  stateHash(): Promise<Hash>;
}

export interface Rebuilt {
  readonly entries: TreeSize;
  readonly blocks: number;
  readonly milliseconds: number;
  /** The state hash of the index that was there. */
  readonly before: Hash;
  /** The state hash of the one that has taken its place. */
  readonly after: Hash;
}

/**
 * Makes an index anew from the chain alone, beside the live one, and then puts it in the live one's place. A fault on
 * the way leaves the live one as it was.
 * @param parts.fresh an index that holds nothing
 * @param parts.swap replaces what the live index holds by what the fresh one does, whole or not at all
 * @throws AppError what keeps an index from being made: RPC_UNAVAILABLE, RPC_INCONSISTENT, INDEX_MISMATCH
 */
export async function rebuildIndex(parts: {
  chain: ChainReader;
  live: HashedIndex;
  fresh: HashedIndex;
  swap: () => Promise<void>;
  clock: Clock;
  log: Logger;
}): Promise<Rebuilt> {
  const { chain, live, fresh, swap, clock, log } = parts;
  const before = await live.stateHash();
  const started = clock.millis();
  await new Indexer({ chain, store: fresh.store, clock, log }).sync();
  const milliseconds = clock.millis() - started;
  await swap();
  const { size, block } = await fresh.store.cursor();
  const after = await live.stateHash();
  return { entries: size, blocks: (block?.number ?? -1) + 1, milliseconds, before, after };
}
