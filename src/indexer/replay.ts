/** Reads the whole log from its events, and stores nothing of it. */
import { equalBytes } from "../core/bytes.ts";
import { AppError } from "../core/errors.ts";
import type { TreeSize } from "../core/units.ts";
import { EMPTY_ROOT } from "../log/hash.ts";
import { GrowingTree, frontierOf } from "../log/tree.ts";
import type { ChainReader, DirectoryChange, IndexedEntry } from "./ports.ts";
import { project } from "./project.ts";

/** Blocks read at a time. */
const STEP = 2_000;

/** Some blocks of the log, in order. */
export interface Replayed {
  readonly entries: readonly IndexedEntry[];
  /** Sizes of the log at which a transaction ended: those that the contract stored a root for. */
  readonly ends: readonly TreeSize[];
  readonly directory: readonly DirectoryChange[];
  /** The last of these blocks. */
  readonly block: number;
}

/**
 * Yields the log from the first block to `end`, or from where a reader has come to.
 * @throws AppError as the chain; RPC_INCONSISTENT: the events make another number of entries than the contract has
 */
export async function* replay(
  chain: Pick<ChainReader, "events">,
  end: { block: number; size: TreeSize },
  start = { block: 0, size: 0 },
): AsyncGenerator<Replayed> {
  // the hashes of the tree are not used here
  const tree = new GrowingTree(
    start.size,
    frontierOf(start.size).map(() => EMPTY_ROOT),
  );
  for (let from = start.block; from <= end.block; from += STEP) {
    const to = Math.min(end.block, from + STEP - 1);
    const { entries, directory } = project(await chain.events({ from, to }), tree);
    yield { entries, ends: endsOf(entries), directory, block: to };
  }
  if (tree.size === end.size) return;
  const detail = `the node gave ${tree.size} entries; the contract has ${end.size} at the end of block ${end.block}`;
  throw new AppError("RPC_INCONSISTENT", { detail });
}

/** A transaction is in one block, so the last of these entries ends one. */
function endsOf(entries: readonly IndexedEntry[]): TreeSize[] {
  return entries
    .filter(({ transaction }, i) => {
      const next = entries[i + 1];
      return next === undefined || !equalBytes(next.transaction, transaction);
    })
    .map(({ index }) => index + 1);
}
