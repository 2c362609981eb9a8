/** Estimates, signs and broadcasts single transactions and waits for their receipts. */
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { AppError, isAppError } from "../../core/errors.ts";
import type { Address } from "../../core/units.ts";
import { toRefusal } from "./refusals.ts";
import { rawLog } from "./registry.ts";
import { RpcRefusal, bigQuantity, hash32, quantity, type JsonRpc } from "../rpc/rpc.ts";
import { signFields, type Signed, type Signer } from "../keys/signer.ts";

/**
 * Units above the estimate and a quarter: entries recorded in between can add to the cost of an append (subtrees to read
 * and one more to write).
 */
const GAS_HEADROOM = 100_000n;

/** Milliseconds until the next request for a receipt: at first, and at most. */
const FIRST_POLL = 25;
const LONGEST_POLL = 2_000;

const receipt = z.object({
  transactionHash: hash32,
  status: quantity,
  blockNumber: quantity,
  logs: z.array(rawLog),
});
export type TransactionReceipt = z.infer<typeof receipt>;

/** Target and data of a transaction; without `to` it creates a contract. */
export interface Effect {
  readonly to?: Address;
  readonly data: string;
}

/**
 * Units of gas that the effect would cost from `from` in the present state.
 * @throws Refusal the contract would refuse it
 */
export async function estimateGas(rpc: JsonRpc, request: Effect & { from: string }): Promise<bigint> {
  try {
    return await rpc.request("eth_estimateGas", [request], bigQuantity);
  } catch (error) {
    throw (error instanceof RpcRefusal ? toRefusal(error) : undefined) ?? error;
  }
}

/** The node's gas price, in wei. */
export async function nodePrice(rpc: JsonRpc): Promise<bigint> {
  return await rpc.request("eth_gasPrice", [], bigQuantity);
}

/** Signs a type-0 transaction at the node's price and a quarter. */
async function signTransaction(
  rpc: JsonRpc,
  signer: Signer,
  transaction: Effect & { chainId: number; nonce: number; gas: bigint },
): Promise<Signed> {
  return await signPriced(signer, { ...transaction, gasPrice: withQuarter(await nodePrice(rpc)) });
}

/** The same at a price in wei. */
export async function signPriced(
  signer: Signer,
  { gas, ...transaction }: Effect & { chainId: number; nonce: number; gas: bigint; gasPrice: bigint },
): Promise<Signed> {
  return await signFields(signer, {
    ...transaction,
    gasLimit: gas + gas / 4n + GAS_HEADROOM,
    value: 0,
  });
}

export function withQuarter(amount: bigint): bigint {
  return amount + amount / 4n;
}

/** Sends the bytes to the node. Bytes that it knows or has mined already are not an error. */
export async function broadcast(rpc: JsonRpc, { hash, raw }: Signed): Promise<void> {
  try {
    await rpc.request("eth_sendRawTransaction", [raw], hash32);
  } catch (error) {
    if (!(error instanceof RpcRefusal)) throw error;
    // nodes report a known transaction with different messages, so the state on chain decides
    const known = z.object({ hash: hash32 }).nullable();
    if ((await rpc.request("eth_getTransactionByHash", [hash], known)) === null) throw error;
  }
}

/**
 * Signs an effect whose cost is known, sends it once, and waits until it is included.
 * @param options.timeout milliseconds
 * @throws Refusal, or AppError REGISTRY_REFUSED: mined, and refused after all
 * @throws AppError ANCHOR_TIMEOUT, or what failed, with the transaction's hash: it may still be mined
 */
export async function transact(
  rpc: JsonRpc,
  signer: Signer,
  { timeout = 120_000, ...effect }: Effect & { chainId: number; gas: bigint; timeout?: number },
): Promise<TransactionReceipt> {
  const nonce = await rpc.request("eth_getTransactionCount", [signer.address, "latest"], quantity);
  const signed = await signTransaction(rpc, signer, { ...effect, nonce });
  const found = await waitForReceipt(rpc, signed, timeout).catch((error: unknown) => {
    throw isAppError(error) ? mayBeMined(error, signed) : error;
  });
  if (found.status === 1) return found;
  const { to, data } = effect;
  await estimateGas(rpc, { from: signer.address, ...(to === undefined ? {} : { to }), data });
  throw new AppError("REGISTRY_REFUSED", { detail: `transaction ${signed.hash} was reverted` });
}

async function waitForReceipt(rpc: JsonRpc, signed: Signed, timeout: number): Promise<TransactionReceipt> {
  await broadcast(rpc, signed);
  for (let waited = 0, wait = FIRST_POLL; ; wait = Math.min(wait * 2, LONGEST_POLL)) {
    const found = await rpc.request("eth_getTransactionReceipt", [signed.hash], receipt.nullable());
    if (found?.transactionHash.toLowerCase() === signed.hash) return found;
    if (found !== null)
      throw new AppError("RPC_INCONSISTENT", { detail: `the node at ${rpc.endpoint} gave another receipt` });
    if (waited >= timeout)
      throw new AppError("ANCHOR_TIMEOUT", { detail: `not mined within ${timeout / 1000} s` });
    await sleep(wait);
    waited += wait;
  }
}

/** A node that refuses the bytes has not accepted them; after any other fault it may have. */
function mayBeMined(error: AppError, { hash }: Signed): AppError {
  if (error instanceof RpcRefusal) return error;
  const detail = `${error.fields.detail}; transaction ${hash} may still be mined: look for it before you try again`;
  return new AppError(error.code, { ...error.fields, detail }, { cause: error });
}
