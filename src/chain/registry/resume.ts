import { toHex } from "../../core/bytes.ts";
import { AppError, isAppError } from "../../core/errors.ts";
import type { ChainIdentity } from "../../indexer/ports.ts";
import type { RpcPool } from "../rpc/pool.ts";
import { RegistryReader, connect, type ConnectOptions } from "./reader.ts";

/** A registry that is followed, whether or not a node of its chain answers now. */
export interface ResumedRegistry {
  readonly chain: RegistryReader;
  readonly chainId: number;
}

/**
 * Connects to a registry. Where it was followed before and no node answers now, it goes on with what is known of its
 * chain; once a node answers, that is what it has to serve.
 * @param options.away is told why no node answered
 * @throws AppError as `connect`; CHAIN_IDENTITY_MISMATCH where another registry was followed before
 */
export async function resume(
  rpc: RpcPool,
  {
    known,
    away,
    ...options
  }: ConnectOptions & { known: ChainIdentity | undefined; away: (why: AppError) => void },
): Promise<ResumedRegistry> {
  try {
    const chain = await connect(rpc, options);
    const identity = await chain.identity();
    pin(rpc, identity);
    return { chain, chainId: identity.chainId };
  } catch (error) {
    if (known === undefined || !isAppError(error) || !error.spec.retryable) throw error;
    refuseOther(known, options);
    pin(rpc, known);
    away(error);
    return { chain: new RegistryReader(rpc, options), chainId: known.chainId };
  }
}

function pin(rpc: RpcPool, { chainId, genesisHash }: ChainIdentity): void {
  rpc.pin({ chainId, genesisHash: `0x${toHex(genesisHash)}` });
}

function refuseOther(known: ChainIdentity, { registry, chainId }: ConnectOptions): void {
  if (known.registry === registry && (chainId ?? known.chainId) === known.chainId) return;
  const detail = `the index was made from registry ${known.registry} on chain ${known.chainId}; the settings name ${registry} on chain ${chainId ?? "of the node"}`;
  throw new AppError("CHAIN_IDENTITY_MISMATCH", { detail });
}
