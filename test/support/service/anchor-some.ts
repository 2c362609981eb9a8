/** Anchors many new documents, and reads the tree of the contract. */
import { createHash, randomUUID } from "node:crypto";
import { connect } from "../../../src/chain/registry/reader.ts";
import { JsonRpc } from "../../../src/chain/rpc/rpc.ts";
import type { Hash, TreeSize } from "../../../src/core/units.ts";
import { ask, type TestService } from "./service.ts";

const SCENE = "enterprise-credit-report";

/** Anchors this many new documents. @returns the anchor id of the first */
export async function anchorSome(
  { url, keys }: Pick<TestService, "url" | "keys">,
  documents: number,
  query = "?wait=final",
): Promise<string> {
  const name = randomUUID();
  const digest = (i: number): string => `sha256:${createHash("sha256").update(`${name} ${i}`).digest("hex")}`;
  const body = {
    documents: Array.from({ length: documents }, (_, i) => ({ digest: digest(i), scene: SCENE })),
  };
  const answer = await ask(`${url}/v1/anchors${query}`, { key: keys.issuer, body });
  return (answer.body["anchors"] as { id: string }[])[0]?.id ?? "";
}

/** The contract's tree at its newest final block. */
export async function contractTree(
  { rpc, registry }: Pick<TestService, "rpc" | "registry">,
  finality: number,
): Promise<{ size: TreeSize; root: Hash }> {
  const reader = await connect(new JsonRpc(rpc), { registry, finality });
  const { final } = await reader.heads();
  return await reader.treeAt(final?.number ?? 0);
}
