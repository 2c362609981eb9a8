import { Transaction, type Wallet } from "ethers";
import { z } from "zod";
import { fromHex, toHex } from "../core/bytes.ts";
import { AppError } from "../core/errors.ts";
import type { Address, Hash } from "../core/units.ts";
import type { Call, SignedTransaction, Submitter } from "../anchor/ports.ts";
import { encodeCall, toAddress, toRefusal } from "./registry.ts";
import { RpcRefusal, bigQuantity, hash32, quantity, type JsonRpc } from "./rpc.ts";

/**
 * Room above the estimate: what another's entries, recorded in between, can add to the cost of an append (subtrees to
 * read and one more to write), and a quarter.
 */
const GAS_HEADROOM = 100_000n;

const receipt = z.object({ transactionHash: hash32, status: quantity, blockNumber: quantity });

/** Signs with the keys held here and submits to one node: type-0 transactions, which every EVM chain takes. */
export class RegistrySubmitter implements Submitter {
  readonly #rpc: JsonRpc;
  readonly #registry: Address;
  readonly #chainId: number;
  readonly #wallets: ReadonlyMap<Address, Wallet>;

  constructor(rpc: JsonRpc, options: { registry: Address; chainId: number; wallets: readonly Wallet[] }) {
    this.#rpc = rpc;
    this.#registry = options.registry;
    this.#chainId = options.chainId;
    this.#wallets = new Map(options.wallets.map((wallet) => [toAddress(wallet.address), wallet]));
  }

  get signers(): readonly Address[] {
    return [...this.#wallets.keys()];
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
    const wallet = this.#wallets.get(signer);
    if (wallet === undefined) throw new RangeError(`no key for ${signer}`);
    const request = { from: signer, to: this.#registry, data: encodeCall(call) };
    const estimate = await this.#estimate(request);
    const gasPrice = await this.#rpc.request("eth_gasPrice", [], bigQuantity);
    const raw = await wallet.signTransaction({
      type: 0,
      chainId: this.#chainId,
      nonce,
      to: this.#registry,
      data: request.data,
      gasLimit: estimate + estimate / 4n + GAS_HEADROOM,
      gasPrice: gasPrice + gasPrice / 4n,
      value: 0,
    });
    const hash = Transaction.from(raw).hash;
    if (hash === null) throw new TypeError("a signed transaction has a hash");
    return { hash: fromHex(hash), signer, nonce, raw: fromHex(raw) };
  }

  async broadcast(transaction: SignedTransaction): Promise<void> {
    try {
      await this.#rpc.request("eth_sendRawTransaction", [`0x${toHex(transaction.raw)}`], hash32);
    } catch (error) {
      if (!(error instanceof RpcRefusal)) throw error;
      // Nodes word "I have it already" in their own ways, so the state on chain decides, not the message.
      if (await this.#isKnown(transaction)) return;
      throw error;
    }
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

  async #estimate(request: object): Promise<bigint> {
    try {
      return await this.#rpc.request("eth_estimateGas", [request], bigQuantity);
    } catch (error) {
      throw (error instanceof RpcRefusal ? toRefusal(error) : undefined) ?? error;
    }
  }

  async #isKnown({ hash }: SignedTransaction): Promise<boolean> {
    const known = z.object({ hash: hash32 }).nullable();
    return (await this.#rpc.request("eth_getTransactionByHash", [`0x${toHex(hash)}`], known)) !== null;
  }
}
