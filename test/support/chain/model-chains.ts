/** Builds model chains with the blocks that tests of an index start from. */
import type { Digest } from "../../../src/core/digest.ts";
import { ModelChain } from "./model-chain.ts";
import type { Known } from "../stack/observer.ts";

/** A model chain with an institution, four documents, the first of them revoked, and all of it final. */
export async function stockedChain(finality: number): Promise<{ chain: ModelChain; known: Known }> {
  const chain = new ModelChain(finality);
  chain.mine({ kind: "institution" });
  chain.mine({ kind: "documents", count: 4 });
  chain.mine({ kind: "revocation" });
  for (let i = 0; i < finality; i++) chain.mine();
  const events = await chain.events({ from: 0, to: chain.height });
  const [revoked, ...valid] = events.flatMap((event) => (event.type === "anchored" ? event.payloads : []));
  const digests = (...payloads: readonly (Uint8Array | undefined)[]): Digest[] =>
    payloads.flatMap((bytes) => (bytes === undefined ? [] : { algorithm: "sha256" as const, bytes }));
  return {
    chain,
    known: {
      valid: digests(...valid),
      revoked: digests(revoked),
      "not-found": digests(new Uint8Array(32).fill(0xab)),
    },
  };
}

/** A chain with all kinds of rows in the blocks that a reorg will remove. */
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
