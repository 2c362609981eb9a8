/** Runs a contract on Hardhat's node in this process. */
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import { Interface, type InterfaceAbi } from "ethers";

/** Unix seconds of the first block. */
export const EVM_START = 1_800_000_000;

/** A decoded event. */
export interface Emitted {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly log: unknown;
}

/** The effect of a transaction, or the custom error of the contract. */
export type Outcome =
  | { readonly kind: "done"; readonly gas: number; readonly events: readonly Emitted[] }
  | { readonly kind: "refused"; readonly error: string; readonly args: readonly unknown[] };

type Provider = Awaited<
  ReturnType<Awaited<ReturnType<typeof createHardhatRuntimeEnvironment>>["network"]["create"]>
>["provider"];

/** The node has no fees and needs no keys: any address can send, at any time. */
export class Evm implements AsyncDisposable {
  readonly #provider: Provider;
  readonly #close: () => Promise<void>;
  readonly #abi: Interface;
  /** Senders that are impersonated on the node. */
  readonly #known = new Set<string>();
  #address: string | undefined;

  private constructor(provider: Provider, close: () => Promise<void>, abi: Interface) {
    this.#provider = provider;
    this.#close = close;
    this.#abi = abi;
  }

  static async create(abi: Interface | InterfaceAbi): Promise<Evm> {
    const hre = await createHardhatRuntimeEnvironment(
      {
        networks: {
          bare: {
            type: "edr-simulated",
            chainType: "l1",
            hardfork: "prague",
            accounts: [],
            initialDate: new Date(EVM_START * 1000),
            initialBaseFeePerGas: 0n,
            allowBlocksWithSameTimestamp: true,
            allowUnlimitedContractSize: true,
          },
        },
      },
      {},
      import.meta.dirname,
    );
    const connection = await hre.network.create("bare");
    return new Evm(connection.provider, () => connection.close(), Interface.from(abi));
  }

  /** Address of the contract. */
  get address(): string {
    if (this.#address === undefined) throw new Error("nothing is deployed yet");
    return this.#address;
  }

  /** Creates the contract that later calls go to. @returns the outcome of its constructor */
  async deploy(from: string, creationCode: string): Promise<Outcome> {
    const outcome = await this.#send({ from, data: creationCode });
    if (outcome.kind === "done") this.#address = outcome.created;
    return outcome;
  }

  /** Sends a call of the contract's function `name`, in a block of its own. */
  async send(from: string, name: string, args: readonly unknown[]): Promise<Outcome> {
    return await this.#send({ from, to: this.address, data: this.#abi.encodeFunctionData(name, args) });
  }

  /** Sends raw calldata. */
  async sendRaw(from: string, data: string, value = 0n): Promise<Outcome> {
    return await this.#send({ from, to: this.address, data, value: `0x${value.toString(16)}` });
  }

  /** Calls a view of the contract. */
  async read(name: string, args: readonly unknown[] = []): Promise<unknown[]> {
    const data = this.#abi.encodeFunctionData(name, args);
    const result = await this.request("eth_call", [{ to: this.address, data }, "latest"]);
    return this.#abi.decodeFunctionResult(name, result as string).toArray(true) as unknown[];
  }

  /** The next block, and all after it, are not before `time`; the next has exactly this time. */
  async setTime(time: number | bigint): Promise<void> {
    await this.request("evm_setNextBlockTimestamp", [`0x${time.toString(16)}`]);
  }

  async request(method: string, params: readonly unknown[]): Promise<unknown> {
    return await this.#provider.request({ method, params: [...params] });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }

  async #send(transaction: {
    from: string;
    to?: string;
    data: string;
    value?: string;
  }): Promise<Outcome & { created?: string }> {
    const { from } = transaction;
    if (!this.#known.has(from)) {
      await this.request("hardhat_impersonateAccount", [from]);
      await this.request("hardhat_setBalance", [from, "0xffffffffffffffff"]);
      this.#known.add(from);
    }
    let hash: unknown;
    try {
      hash = await this.request("eth_sendTransaction", [
        { gas: "0xf42400", gasPrice: "0x0", ...transaction },
      ]);
    } catch (error) {
      return this.#refusal(error);
    }
    const receipt = (await this.request("eth_getTransactionReceipt", [hash])) as {
      gasUsed: string;
      contractAddress: string | null;
      logs: { topics: string[]; data: string }[];
    };
    const events = receipt.logs.flatMap((log) => {
      const found = this.#abi.parseLog(log);
      return found === null ? [] : [{ name: found.name, args: found.args.toObject(), log }];
    });
    const created = receipt.contractAddress;
    return { kind: "done", gas: Number(receipt.gasUsed), events, ...(created === null ? {} : { created }) };
  }

  #refusal(error: unknown): Outcome {
    const { data } = error as { data?: unknown };
    const bytes = typeof data === "string" ? data : (data as { data?: unknown } | undefined)?.data;
    if (typeof bytes !== "string") throw error;
    if (bytes === "0x") return { kind: "refused", error: "", args: [] };
    const found = this.#abi.parseError(bytes);
    if (found === null) throw error;
    return { kind: "refused", error: found.name, args: found.args.toArray(true) as unknown[] };
  }
}
