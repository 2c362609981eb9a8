/** Connects to a registry, also while none of the nodes of a known chain answers. */
import { toHex } from "../../core/bytes.ts";
import { AppError, isAppError } from "../../core/errors.ts";
import type { ChainIdentity } from "../../indexer/ports.ts";
import type { RpcPool } from "../rpc/pool.ts";
import { RegistryReader, connect, type ConnectOptions } from "./reader.ts";

export interface ResumedRegistry {
  readonly chain: RegistryReader;
  readonly chainId: number;
}

/**
 * Connects to a registry. Where it was followed before and no node answers, the known identity of its chain is used; a
 * node that answers later has to serve it.
 * @param options.onUnreachable receives why no node answered
 * @throws AppError as `connect`; CHAIN_IDENTITY_MISMATCH where another registry was followed before
 */
export async function resume(
  rpc: RpcPool,
  {
    known,
    onUnreachable,
    ...options
  }: ConnectOptions & { known: ChainIdentity | undefined; onUnreachable: (why: AppError) => void },
): Promise<ResumedRegistry> {
  try {
    const chain = await connect(rpc, options);
    const identity = await chain.identity();
    pin(rpc, identity);
    return { chain, chainId: identity.chainId };
  } catch (error) {
    if (known === undefined || !isAppError(error) || !error.spec.retryable) throw error;
    refuseOtherRegistry(known, options);
    pin(rpc, known);
    onUnreachable(error);
    return { chain: new RegistryReader(rpc, options), chainId: known.chainId };
  }
}

function pin(rpc: RpcPool, { chainId, genesisHash }: ChainIdentity): void {
  rpc.pin({ chainId, genesisHash: `0x${toHex(genesisHash)}` });
}

function refuseOtherRegistry(known: ChainIdentity, { registry, chainId }: ConnectOptions): void {
  if (known.registry === registry && (chainId ?? known.chainId) === known.chainId) return;
  const detail = `the index was made from registry ${known.registry} on chain ${known.chainId}; the settings name ${registry} on chain ${chainId ?? "of the node"}`;
  throw new AppError("CHAIN_IDENTITY_MISMATCH", { detail });
}
