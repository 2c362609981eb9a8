/** Reads roots and consistency proofs of final sizes from the own index and contract. */
import { equalBytes } from "../core/bytes.ts";
import { AppError } from "../core/errors.ts";
import type { Hash, TreeSize } from "../core/units.ts";
import { assembleProof, consistencyRanges, nodesOf } from "../log/proof.ts";
import { foldSubtrees, frontierOf } from "../log/tree.ts";
import type { FinalLog, StoredRoots } from "./ports.ts";

/** The own view of the log: this operator's index, and the contract on its node. */
export interface OwnView {
  readonly log: FinalLog;
  readonly chain: StoredRoots;
}

/**
 * The root at a final size.
 * @returns it, and whether the contract stored it: whether a transaction ended at this size
 * @throws AppError INDEX_MISMATCH: the contract stored another one than the index has
 */
export async function ownRoot(
  { log, chain }: OwnView,
  size: TreeSize,
): Promise<{ root: Hash; isStored: boolean }> {
  const root = await indexedRoot(log, size);
  if (size === 0) return { root, isStored: true };
  const stored = await chain.rootAt(size);
  if (stored !== undefined && !equalBytes(stored, root))
    throw new AppError("INDEX_MISMATCH", { detail: `the contract has another root at size ${size}` });
  return { root, isStored: stored !== undefined };
}

/** The root at a final size, by the index alone. */
export async function indexedRoot(log: Pick<FinalLog, "nodes">, size: TreeSize): Promise<Hash> {
  const frontier = frontierOf(size);
  return foldSubtrees(frontier.map(await log.nodes(frontier)));
}

/** The proof that one final size extends another; nothing for the empty tree. */
export async function extensionProof(
  log: FinalLog,
  { first, second }: { first: TreeSize; second: TreeSize },
): Promise<Hash[]> {
  if (first === 0) return [];
  const ranges = consistencyRanges({ first, second });
  return assembleProof(ranges, await log.nodes(nodesOf(ranges)));
}
