/** Signs the sender's transactions with the keys held here and submits them to the chain. */
import { Transaction } from "ethers";
import { z } from "zod";
import { fromHex, toHex } from "../../core/bytes.ts";
import { AppError } from "../../core/errors.ts";
import type { Address, Hash } from "../../core/units.ts";
import type { Call, Repriced, SignedTransaction, Submitter } from "../../anchor/ports.ts";
import { encodeCall } from "./registry.ts";
import { hash32, quantity, type JsonRpc } from "../rpc/rpc.ts";
import { signFields, type Signed, type Signer } from "../keys/signer.ts";
import { broadcast, estimateGas, nodePrice, signPriced, withQuarter } from "./transactions.ts";

const receipt = z.object({
  transactionHash: hash32,
  status: quantity,
  blockHash: hash32,
  blockNumber: quantity,
});
const header = z.object({ hash: hash32 }).nullable();

/** Submits type-0 transactions, which every EVM chain accepts. */
export class RegistrySubmitter implements Submitter {
  readonly #rpc: JsonRpc;
  readonly #registry: Address;
  readonly #chainId: number;
  readonly #signers: ReadonlyMap<Address, Signer>;
  readonly #maxGasPrice: bigint | undefined;

  /** @param options.maxGasPrice wei, above which nothing is signed */
  constructor(
    rpc: JsonRpc,
    options: {
      registry: Address;
      chainId: number;
      signers: readonly Signer[];
      maxGasPrice?: bigint | undefined;
    },
  ) {
    this.#rpc = rpc;
    this.#registry = options.registry;
    this.#chainId = options.chainId;
    this.#signers = new Map(options.signers.map((signer) => [signer.address, signer]));
    this.#maxGasPrice = options.maxGasPrice;
  }

  get signers(): readonly Address[] {
    return [...this.#signers.keys()];
  }

  async nonceOf(signer: Address, block?: number): Promise<number> {
    const at = block === undefined ? "latest" : `0x${block.toString(16)}`;
    return await this.#rpc.request("eth_getTransactionCount", [signer, at], quantity);
  }

  async height(): Promise<number> {
    return await this.#rpc.request("eth_blockNumber", [], quantity);
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
    const held = this.#signerOf(signer);
    const to = call.kind === "heartbeat" ? signer : this.#registry;
    const effect = { to, data: encodeCall(call) };
    const gas = await estimateGas(this.#rpc, { from: signer, ...effect });
    const price = this.#limited({ least: await nodePrice(this.#rpc) });
    if (price.needed !== undefined) {
      const detail = `the node asks for ${price.needed} wei for a unit of gas, and at most ${price.limit} may be paid`;
      throw new AppError("GAS_PRICE_ABOVE_LIMIT", { detail });
    }
    const { gasPrice } = price;
    const signed = await signPriced(held, { ...effect, chainId: this.#chainId, nonce, gas, gasPrice });
    return toSigned(signed, { signer, nonce, gasPrice });
  }

  async reprice({ signer, nonce, raw, gasPrice: before }: SignedTransaction): Promise<Repriced> {
    const held = this.#signerOf(signer);
    const asked = await nodePrice(this.#rpc);
    if (asked === 0n && before === 0n) return { kind: "free" };
    const raised = (before * 11n + 9n) / 10n; // guard: F5 price bump
    const price = this.#limited({ least: raised > asked ? raised : asked, wanted: withQuarter(asked) });
    if (price.needed !== undefined) return { kind: "above-limit", ...price };
    const { to, data, gasLimit, chainId } = Transaction.from(`0x${toHex(raw)}`);
    const { gasPrice } = price;
    const signed = await signFields(held, { to, data, gasLimit, chainId, nonce, gasPrice, value: 0 });
    return { kind: "signed", transaction: toSigned(signed, { signer, nonce, gasPrice }) };
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
    if (!(await this.#isOnChain(found))) return "unknown"; // guard: F26 receipt on the chain
    return found.status === 1 ? "succeeded" : "reverted";
  }

  /** A node may keep the receipt of a block that a reorg has removed, which proves nothing. */
  async #isOnChain({ blockHash, blockNumber }: z.infer<typeof receipt>): Promise<boolean> {
    const block = [`0x${blockNumber.toString(16)}`, false];
    const found = await this.#rpc.request("eth_getBlockByNumber", block, header);
    return found?.hash.toLowerCase() === blockHash.toLowerCase();
  }

  #signerOf(address: Address): Signer {
    const held = this.#signers.get(address);
    if (held === undefined) throw new RangeError(`no key for ${address}`);
    return held;
  }

  /** The price wanted, or the limit where that is less, but never less than `least`. */
  #limited({
    least,
    wanted = withQuarter(least),
  }: {
    least: bigint;
    wanted?: bigint;
  }): { gasPrice: bigint; needed?: undefined } | { needed: bigint; limit: bigint } {
    const limit = this.#maxGasPrice;
    const gasPrice = wanted > least ? wanted : least;
    if (limit === undefined || gasPrice <= limit) return { gasPrice }; // guard: F8 fee cap
    return least <= limit ? { gasPrice: limit } : { needed: least, limit };
  }
}

function toSigned(
  { hash, raw }: Signed,
  rest: Pick<SignedTransaction, "signer" | "nonce" | "gasPrice">,
): SignedTransaction {
  return { hash: fromHex(hash), raw: fromHex(raw), ...rest };
}
