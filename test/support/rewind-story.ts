import { ModelChain } from "./model-chain.ts";

/** A chain with all kinds of rows in the blocks that a reorg is about to take. */
export function beforeReorg(): ModelChain {
  const chain = new ModelChain(6);
  chain.mine({ kind: "institution" }, { kind: "documents", count: 5 });
  for (let i = 0; i < 6; i++) chain.mine();
  for (const pick of [0, 3, 5]) chain.mine({ kind: "directory", pick }, { kind: "documents", count: 3 });
  chain.mine({ kind: "revocation" });
  return chain;
}

export function reorganise(chain: ModelChain): void {
  chain.drop(3);
  for (let i = 0; i < 4; i++) chain.mine({ kind: "documents", count: 2 });
}
