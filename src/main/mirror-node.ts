/** Opens the node that a mirror is made from. */
import type { CliPorts, NodeOptions } from "../cli/context.ts";
import { equalBytes } from "../core/bytes.ts";
import { systemClock } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";
import type { DirectoryChange } from "../indexer/ports.ts";
import { replay } from "../indexer/replay.ts";
import { originOf } from "../log/checkpoint.ts";
import { openContract } from "./readers.ts";

/**
 * The log at the newest final block of a node, whose contract has its root.
 * @throws AppError INDEX_STALE: nothing is final yet; and as `openContract`
 */
export async function openNodeSource(options: NodeOptions): ReturnType<CliPorts["openNodeSource"]> {
  const chain = await openContract(options);
  const { final } = await chain.heads();
  if (final === undefined)
    throw new AppError("INDEX_STALE", { detail: "the node has no final block yet; see --finality" });
  const { number: block } = final;
  const { size, root } = await chain.treeAt(block);
  // where a chain makes no empty blocks, an old block is no sign of a lag
  const time = (await chain.makesEmptyBlocks()) ? final.time : systemClock.now();
  const origin = originOf(await chain.identity());
  return {
    target: { origin, size, root, believed: { by: "node", block, time } },
    confirm: async (tree) => {
      const stored = await chain.rootAt(tree.size);
      if (stored !== undefined && equalBytes(stored, tree.root)) return;
      const detail = `the contract has another root of ${tree.size} entries than the one that is held`;
      throw new AppError("LOG_CHANGED", { detail });
    },
    pages: async function* (held) {
      const { read } = held;
      const start = read === undefined ? undefined : { block: read.block + 1, size: read.size };
      let at = start?.size ?? 0;
      for await (const page of replay(chain, { block, size }, start)) {
        at += page.entries.length;
        yield {
          // an operator may have given some of them
          entries: page.entries.filter(({ index }) => index >= held.size).map(({ bytes }) => bytes),
          events: page.directory.map(({ index, event }: DirectoryChange) => ({ index, event })),
          read: { block: page.block, size: at },
        };
      }
    },
  };
}
