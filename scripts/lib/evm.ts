import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import { Wallet, getCreateAddress } from "ethers";
import type { DocumentGroup } from "../../src/anchor/ports.ts";
import {
  creationCode,
  decodeLog,
  encodeCall,
  rawLog,
  registry,
  toAddress,
} from "../../src/chain/registry.ts";
import { fromHex } from "../../src/core/bytes.ts";
import type { Hash, TreeSize } from "../../src/core/units.ts";
import type { RegistryEvent } from "../../src/indexer/ports.ts";

/** What one transaction cost and did. */
export interface Mined {
  readonly gas: number;
  readonly events: readonly RegistryEvent[];
}

const NAMES = ["示例", "範例", "Sample"];
const TIME = 1_800_000_000;

/**
 * A registry on Hardhat's node in this process, without journal and fees: for measuring and for comparing roots. It has
 * one institution with one key in force.
 */
export class BareRegistry {
  readonly #provider: Provider;
  readonly #wallet = Wallet.createRandom();
  readonly #close: () => Promise<void>;
  #nonce = 0;
  /** What setting it up has recorded. */
  readonly setup: RegistryEvent[] = [];

  private constructor(provider: Provider, close: () => Promise<void>) {
    this.#provider = provider;
    this.#close = close;
  }

  /** @param scenes how many document types it has, with ids from 1 */
  static async create({ scenes }: { scenes: number }): Promise<BareRegistry> {
    const hre = await createHardhatRuntimeEnvironment(
      {
        networks: {
          bare: {
            type: "edr-simulated",
            chainType: "l1",
            hardfork: "prague",
            accounts: [],
            initialDate: new Date(TIME * 1000),
            initialBaseFeePerGas: 0n,
            allowBlocksWithSameTimestamp: true,
          },
        },
      },
      {},
      import.meta.dirname,
    );
    const connection = await hre.network.create("bare");
    const bare = new BareRegistry(connection.provider, () => connection.close());
    await bare.#setUp(scenes);
    return bare;
  }

  /** Records one call of groups. */
  async anchor(groups: readonly DocumentGroup[]): Promise<Mined> {
    return await this.#send(encodeCall({ kind: "anchor", groups }), this.#address);
  }

  async rootAt(size: TreeSize): Promise<Hash> {
    const data = registry.encodeFunctionData("rootAt", [size]);
    const params = [{ to: this.#address, data }, "latest"];
    return fromHex((await this.#provider.request({ method: "eth_call", params })) as string);
  }

  async close(): Promise<void> {
    await this.#close();
  }

  get #address(): string {
    return getCreateAddress({ from: this.#wallet.address, nonce: 0 });
  }

  async #setUp(scenes: number): Promise<void> {
    const { address } = this.#wallet;
    await this.#send(creationCode(toAddress(address)));
    const calls = [
      registry.encodeFunctionData("registerInstitution", [address, NAMES]),
      registry.encodeFunctionData("authorizeKey", [1, address, 0, 0]),
      ...Array.from({ length: scenes }, (_, i) =>
        registry.encodeFunctionData("defineScene", [`scene-${i + 1}`, NAMES, false]),
      ),
    ];
    for (const data of calls) this.setup.push(...(await this.#send(data, this.#address)).events);
  }

  async #send(data: string, to?: string): Promise<Mined> {
    const raw = await this.#wallet.signTransaction({
      type: 0,
      chainId: 31_337,
      nonce: this.#nonce++,
      gasPrice: 0,
      gasLimit: 16_000_000,
      data,
      ...(to === undefined ? {} : { to }),
    });
    const hash = (await this.#provider.request({
      method: "eth_sendRawTransaction",
      params: [raw],
    })) as string;
    const receipt = (await this.#provider.request({
      method: "eth_getTransactionReceipt",
      params: [hash],
    })) as {
      status: string;
      gasUsed: string;
      logs: unknown[];
    };
    if (receipt.status !== "0x1") throw new Error("the transaction was reverted");
    const logs = receipt.logs
      .map((log) => rawLog.parse(log))
      .filter(({ topics }) => registry.getEvent(topics[0] ?? "") !== null);
    return { gas: Number(receipt.gasUsed), events: logs.filter(makesEntries).map(decodeLog) };
  }
}

type Provider = Awaited<
  ReturnType<Awaited<ReturnType<typeof createHardhatRuntimeEnvironment>>["network"]["create"]>
>["provider"];

/** The events of roles make no entries. */
function makesEntries({ topics }: { topics: string[] }): boolean {
  return !(registry.getEvent(topics[0] ?? "")?.name ?? "").startsWith("Role");
}
