import { setTimeout as sleep } from "node:timers/promises";
import { getCreateAddress, type Wallet } from "ethers";
import { z } from "zod";
import type { Names } from "../core/directory.ts";
import { AppError } from "../core/errors.ts";
import type { Address, InstitutionId } from "../core/units.ts";
import { creationCode, registry, toAddress, toRefusal } from "./registry.ts";
import { RpcRefusal, bigQuantity, data, hash32, quantity, type JsonRpc } from "./rpc.ts";

const receipt = z.object({ status: quantity, contractAddress: z.string().nullable().optional() });

/** Milliseconds between two looks for a receipt, and in all. */
const RECEIPT_POLL = 50;
const RECEIPT_TIMEOUT = 120_000;

/** Governance of a registry from a key at hand: each step is one transaction, waited for. */
export class Deployment {
  readonly #rpc: JsonRpc;
  readonly #chainId: number;

  private constructor(rpc: JsonRpc, chainId: number) {
    this.#rpc = rpc;
    this.#chainId = chainId;
  }

  static async on(rpc: JsonRpc): Promise<Deployment> {
    return new Deployment(rpc, await rpc.request("eth_chainId", [], quantity));
  }

  /** Where the first contract of `deployer` is, made or not. */
  static firstAddress(deployer: Wallet): Address {
    return toAddress(getCreateAddress({ from: deployer.address, nonce: 0 }));
  }

  async isDeployed(address: Address): Promise<boolean> {
    return (await this.#rpc.request("eth_getCode", [address, "latest"], data)) !== "0x";
  }

  /** Deploys a registry governed by `deployer`, whose key is a fresh one, so that the address is like no other. */
  async deploy(deployer: Wallet): Promise<Address> {
    await this.#transact(deployer, { data: creationCode(toAddress(deployer.address)) });
    return Deployment.firstAddress(deployer);
  }

  /** How many institutions and scenes there are. */
  async counts(address: Address): Promise<{ institutions: number; scenes: number }> {
    const [institutions, scenes] = await this.#read(address, "counts", []);
    return { institutions: Number(institutions), scenes: Number(scenes) };
  }

  async isAuthorized(address: Address, key: Wallet): Promise<boolean> {
    const [found] = (await this.#read(address, "keyOf", [key.address])) as [{ institution: bigint }];
    return found.institution !== 0n;
  }

  async registerInstitution(
    address: Address,
    governor: Wallet,
    institution: { admin: Wallet; names: Names },
  ): Promise<void> {
    const { admin, names } = institution;
    await this.#execute(address, governor, "registerInstitution", [admin.address, toTuple(names)]);
  }

  /** Lets `key` act for an institution from now on, without end. */
  async authorizeKey(
    address: Address,
    admin: Wallet,
    institution: InstitutionId,
    key: Wallet,
  ): Promise<void> {
    await this.#execute(address, admin, "authorizeKey", [institution, key.address, 0, 0]);
  }

  async defineScene(
    address: Address,
    governor: Wallet,
    scene: { slug: string; names: Names; blinded: boolean },
  ): Promise<void> {
    await this.#execute(address, governor, "defineScene", [scene.slug, toTuple(scene.names), scene.blinded]);
  }

  async #execute(to: Address, wallet: Wallet, name: string, args: readonly unknown[]): Promise<void> {
    await this.#transact(wallet, { to, data: registry.encodeFunctionData(name, args) });
  }

  async #read(to: Address, name: string, args: readonly unknown[]): Promise<unknown[]> {
    const call = { to, data: registry.encodeFunctionData(name, args) };
    const result = await this.#rpc.request("eth_call", [call, "latest"], data);
    return registry.decodeFunctionResult(name, result).toArray() as unknown[];
  }

  async #transact(wallet: Wallet, call: { to?: Address; data: string }): Promise<void> {
    const from = wallet.address;
    const gas = await this.#rpc.request("eth_estimateGas", [{ from, ...call }], bigQuantity).catch(explain);
    const gasPrice = await this.#rpc.request("eth_gasPrice", [], bigQuantity);
    const nonce = await this.#rpc.request("eth_getTransactionCount", [from, "latest"], quantity);
    const raw = await wallet.signTransaction({
      type: 0,
      chainId: this.#chainId,
      nonce,
      ...call,
      gasLimit: gas + gas / 4n,
      gasPrice: gasPrice + gasPrice / 4n,
    });
    await this.#mined(await this.#rpc.request("eth_sendRawTransaction", [raw], hash32));
  }

  async #mined(hash: string): Promise<void> {
    for (let waited = 0; waited < RECEIPT_TIMEOUT; waited += RECEIPT_POLL) {
      const found = await this.#rpc.request("eth_getTransactionReceipt", [hash], receipt.nullable());
      if (found?.status === 1) return;
      if (found !== null)
        throw new AppError("REGISTRY_REFUSED", { detail: `transaction ${hash} was reverted` });
      await sleep(RECEIPT_POLL);
    }
    throw new AppError("ANCHOR_TIMEOUT", {
      detail: `transaction ${hash} was not mined in ${RECEIPT_TIMEOUT / 1000} s`,
    });
  }
}

function explain(error: unknown): never {
  throw (error instanceof RpcRefusal ? toRefusal(error) : undefined) ?? error;
}

function toTuple(names: Names): readonly string[] {
  return [names["zh-Hans"], names["zh-Hant"], names.en];
}
