/** Signs calls to a registry with keys of the test, and sends them directly to the node. */
import type { Wallet } from "ethers";
import type { Call, DocumentGroup, SignedTransaction, Submitter } from "../../../src/anchor/ports.ts";
import { LocalSigner } from "../../../src/chain/keys/signer.ts";
import { RegistrySubmitter } from "../../../src/chain/registry/submitter.ts";
import type { JsonRpc } from "../../../src/chain/rpc/rpc.ts";
import type { Address, Hash } from "../../../src/core/units.ts";

export const CHAIN_ID = 31_337;

export function submitterAt({
  rpc,
  registry,
  chainId = CHAIN_ID,
  hotKeys = [],
  maxGasPrice,
}: {
  rpc: JsonRpc;
  registry: Address;
  chainId?: number;
  hotKeys?: readonly Wallet[];
  maxGasPrice?: bigint | undefined;
}): RegistrySubmitter {
  const signers = hotKeys.map((wallet) => new LocalSigner(wallet));
  return new RegistrySubmitter(rpc, { registry, chainId, signers, maxGasPrice });
}

/** Documents of scene 1, or as `change` says. */
export function documentGroup(payloads: readonly Hash[], change: Partial<DocumentGroup> = {}): DocumentGroup {
  return { scene: 1, algorithm: "sha256", blinded: false, validUntil: 0, payloads, ...change };
}

export function anchorCall(...groups: readonly DocumentGroup[]): Call {
  return { kind: "anchor", groups };
}

/** Signs a call and sends it. @param options.nonce the key's next unless given */
export async function submit(
  submitter: Submitter,
  { call, signer = submitter.signers[0] ?? "0x", nonce }: { call: Call; signer?: Address; nonce?: number },
): Promise<SignedTransaction> {
  nonce ??= await submitter.nonceOf(signer);
  const transaction = await submitter.sign({ signer, nonce, call });
  await submitter.broadcast(transaction);
  return transaction;
}
