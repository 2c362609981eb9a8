/** Opens the log of a node's chain for an audit. */
import type { ChainLog, ClaimedKey } from "../audit/ports.ts";
import type { NodeOptions } from "../cli/context.ts";
import { AppError } from "../core/errors.ts";
import type { OperatorId } from "../core/units.ts";
import type { DirectoryChange } from "../indexer/ports.ts";
import { replay } from "../indexer/replay.ts";
import { openContract } from "./readers.ts";

/**
 * Reads the newest final block; the log is then read from the first block up to it.
 * @throws AppError CHAIN_ID_MISMATCH, NO_CONTRACT, CONTRACT_CODE_MISMATCH, RPC_UNAVAILABLE, RPC_INCONSISTENT
 * @throws AppError INDEX_STALE: nothing is final yet
 */
export async function openChainLog(options: NodeOptions): Promise<ChainLog> {
  const chain = await openContract(options);
  const { chainId, registry } = await chain.identity();
  const { final } = await chain.heads();
  if (final === undefined)
    throw new AppError("INDEX_STALE", { detail: "the node has no final block yet; see --finality" });
  const block = final.number;
  const { size } = await chain.treeAt(block);
  return {
    registry: { chainId, registry },
    block,
    size,
    pages: async function* () {
      const names = new Map<OperatorId, string>();
      for await (const { entries, ends, directory } of replay(chain, { block, size }))
        yield {
          entries: entries.map(({ bytes }) => bytes),
          ends,
          keys: directory.flatMap((change) => keysAdded(change, names)),
        };
    },
    rootAt: (at) => chain.rootAt(at),
  };
}

function keysAdded(change: DirectoryChange, names: Map<OperatorId, string>): ClaimedKey[] {
  if (change.type === "operator-registered") names.set(change.operator, change.name);
  if (change.type !== "operator-key-added") return [];
  const { operator, purpose, signatureType, publicKey, possession, index, from, until } = change;
  const key = { purpose, signatureType, publicKey, possession, entry: index, from, until };
  return [{ operator, name: names.get(operator) ?? "", ...key }];
}
