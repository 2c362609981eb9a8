/** Rebuilds an index from the chain alone, beside the live one, and then replaces the live one. */
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
  /** The state hash of the replaced index. */
  readonly before: Hash;
  /** The state hash of the new index. */
  readonly after: Hash;
}

/**
 * A fault before the replacement leaves the live index unchanged.
 * @param parts.fresh an index that holds nothing
 * @param parts.swap replaces the contents of the live index by those of the fresh one, atomically
 * @throws AppError the index cannot be made: RPC_UNAVAILABLE, RPC_INCONSISTENT, INDEX_MISMATCH
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
