import { z } from "zod";
import { fromHex, toHex } from "../core/bytes.ts";
import { AppError } from "../core/errors.ts";
import type { Address, Hash } from "../core/units.ts";
import type { Call, SignedTransaction, Submitter } from "../anchor/ports.ts";
import { encodeCall } from "./registry.ts";
import { hash32, quantity, type JsonRpc } from "./rpc.ts";
import type { Signer } from "./signer.ts";
import { broadcast, estimateGas, signTransaction } from "./transactions.ts";

const receipt = z.object({ transactionHash: hash32, status: quantity, blockNumber: quantity });

/** Signs with the keys held here and submits to one node: type-0 transactions, which every EVM chain takes. */
export class RegistrySubmitter implements Submitter {
  readonly #rpc: JsonRpc;
  readonly #registry: Address;
  readonly #chainId: number;
  readonly #signers: ReadonlyMap<Address, Signer>;

  constructor(rpc: JsonRpc, options: { registry: Address; chainId: number; signers: readonly Signer[] }) {
    this.#rpc = rpc;
    this.#registry = options.registry;
    this.#chainId = options.chainId;
    this.#signers = new Map(options.signers.map((signer) => [signer.address, signer]));
  }

  get signers(): readonly Address[] {
    return [...this.#signers.keys()];
  }

  async nonceOf(signer: Address): Promise<number> {
    return await this.#rpc.request("eth_getTransactionCount", [signer, "latest"], quantity);
  }

  async sign({
    signer,
    nonce,
    call,
  }: {
    signer: Address;
    nonce: number;
    call: Call;
  }): Promise<SignedTransaction> {
    const held = this.#signers.get(signer);
    if (held === undefined) throw new RangeError(`no key for ${signer}`);
    const effect = { to: this.#registry, data: encodeCall(call) };
    const gas = await estimateGas(this.#rpc, { from: signer, ...effect });
    const chainId = this.#chainId;
    const { hash, raw } = await signTransaction(this.#rpc, held, { ...effect, chainId, nonce, gas });
    return { hash: fromHex(hash), signer, nonce, raw: fromHex(raw) };
  }

  async broadcast(transaction: SignedTransaction): Promise<void> {
    const { hash, raw } = transaction;
    await broadcast(this.#rpc, { hash: `0x${toHex(hash)}`, raw: `0x${toHex(raw)}` });
  }

  async outcome(hash: Hash): Promise<"unknown" | "succeeded" | "reverted"> {
    const text = `0x${toHex(hash)}`;
    const found = await this.#rpc.request("eth_getTransactionReceipt", [text], receipt.nullable());
    if (found === null) return "unknown";
    if (found.transactionHash.toLowerCase() !== text) {
      throw new AppError("RPC_INCONSISTENT", {
        detail: `the node at ${this.#rpc.endpoint} gave another receipt`,
      });
    }
    return found.status === 1 ? "succeeded" : "reverted";
  }
}
