import { z } from "zod";
import { fromHex, toHex } from "../core/bytes.ts";
import { AppError, isAppError } from "../core/errors.ts";
import type { Address, Hash, TreeSize, UnixSeconds } from "../core/units.ts";
import type { BlockHeader, ChainIdentity, ChainReader, RegistryEvent } from "../indexer/ports.ts";
import type { RegistryLinks } from "../indexer/linked.ts";
import {
  CODE_HASH,
  codeHashOf,
  decodeLog,
  rawLog,
  registry,
  toAddress,
  TOPICS,
  type RawLog,
} from "./registry.ts";
import { RpcRefusal, data, hash32, quantity, type JsonRpc } from "./rpc.ts";

/** Which blocks count as final: those below this many confirmations (1 = included), or those the node says are. */
export type Finality = number | "finalized";

/** Above this a block time is in milliseconds, as FISCO BCOS may give it. */
const MILLISECONDS_ABOVE = 1e11;

const MAX_SPAN = 2_000;

const block = z.object({ number: quantity, hash: hash32, timestamp: quantity });

/** How the embedded chain names itself in `web3_clientVersion`. */
export const EMBEDDED_CLIENT = "hufu-embedded-chain";

/** What the chain says of itself, checked before anything is read from it. */
export interface ConnectOptions {
  readonly registry: Address;
  /** Refuse any other chain; undefined = take the node's. */
  readonly chainId?: number | undefined;
  readonly finality: Finality;
}

/**
 * Connects to a registry: the chain id is the one wanted, there is a contract at the address, and its code is the one
 * this version was built with.
 * @throws AppError CHAIN_ID_MISMATCH, NO_CONTRACT, CONTRACT_CODE_MISMATCH, RPC_UNAVAILABLE, RPC_INCONSISTENT
 */
export async function connect(rpc: JsonRpc, options: ConnectOptions): Promise<RegistryReader> {
  const reader = new RegistryReader(rpc, options);
  const { chainId } = await reader.identity();
  if (options.chainId !== undefined && options.chainId !== chainId) {
    const detail = `the node at ${rpc.endpoint} serves chain ${chainId}, and ${options.chainId} is expected`;
    throw new AppError("CHAIN_ID_MISMATCH", { detail });
  }
  return reader;
}

/** The registry as one node shows it. */
export class RegistryReader implements ChainReader {
  readonly #rpc: JsonRpc;
  readonly #registry: Address;
  readonly #finality: Finality;
  /** Blocks asked for at once: halved when a node finds them too many, doubled when it does not. */
  #span = MAX_SPAN;

  constructor(rpc: JsonRpc, { registry: address, finality }: ConnectOptions) {
    this.#rpc = rpc;
    this.#registry = address;
    this.#finality = finality;
  }

  async identity(): Promise<ChainIdentity> {
    const chainId = await this.#rpc.request("eth_chainId", [], quantity);
    const genesis = await this.block(0);
    const code = await this.#rpc.request("eth_getCode", [this.#registry, "latest"], data);
    const codeHash = codeHashOf(code);
    if (code === "0x") {
      const detail = `there is no contract at ${this.#registry} on chain ${chainId} at ${this.#rpc.endpoint}`;
      throw new AppError("NO_CONTRACT", { detail });
    }
    if (toHex(codeHash) !== toHex(CODE_HASH)) {
      const detail = `the contract at ${this.#registry} is no registry of this version (code ${toHex(codeHash)}, expected ${toHex(CODE_HASH)})`;
      throw new AppError("CONTRACT_CODE_MISMATCH", { detail });
    }
    if (genesis === undefined) throw this.#inconsistent("the chain has no first block");
    return { chainId, genesisHash: genesis.hash, registry: this.#registry, codeHash };
  }

  /** Whether the chain makes no blocks while nothing happens, as the embedded one does: then old blocks are no sign. */
  async makesEmptyBlocks(): Promise<boolean> {
    const version = await this.#rpc.request("web3_clientVersion", [], z.string());
    return !version.startsWith(EMBEDDED_CLIENT);
  }

  async heads(): Promise<{ latest: BlockHeader; final: BlockHeader | undefined }> {
    const latest = await this.#header("latest");
    if (latest === undefined) throw this.#inconsistent("the chain has no newest block");
    if (this.#finality === "finalized") return { latest, final: await this.#finalized() };
    const height = latest.number - this.#finality + 1;
    return { latest, final: height === latest.number ? latest : await this.block(height) };
  }

  /** Some nodes refuse the tag, others give nothing, while no block is final. */
  async #finalized(): Promise<BlockHeader | undefined> {
    try {
      return await this.#header("finalized");
    } catch (error) {
      if (error instanceof RpcRefusal) return undefined;
      throw error;
    }
  }

  async block(number: number): Promise<BlockHeader | undefined> {
    if (number < 0) return undefined;
    const header = await this.#header(`0x${number.toString(16)}`);
    if (header !== undefined && header.number !== number)
      throw this.#inconsistent("the header of another block");
    return header;
  }

  async events({ from, to }: { from: number; to: number }): Promise<RegistryEvent[]> {
    const events: RegistryEvent[] = [];
    for (let start = from; start <= to;) {
      const end = Math.min(to, start + this.#span - 1);
      const logs = await this.#logs(start, end);
      if (logs === "too many") {
        this.#span = Math.max(1, Math.floor((end - start + 1) / 2));
        continue;
      }
      events.push(...this.#inOrder(logs, start, end).map(decodeLog));
      start = end + 1;
      this.#span = Math.min(MAX_SPAN, this.#span * 2);
    }
    return events;
  }

  async rootAt(size: TreeSize): Promise<Hash | undefined> {
    const [root] = await this.#call("rootAt", [size], "latest");
    const bytes = fromHex(root as string);
    return bytes.some((byte) => byte !== 0) ? bytes : undefined;
  }

  async treeAt(number: number): Promise<{ size: TreeSize; root: Hash }> {
    const [size, root] = await this.#call("head", [], `0x${number.toString(16)}`);
    if (!Number.isSafeInteger(Number(size))) throw this.#inconsistent("a size beyond 2^53");
    return { size: Number(size), root: fromHex(root as string) };
  }

  /** The registries that this one continues, and that continue it. */
  async links(): Promise<RegistryLinks> {
    const [predecessor, successor] = await this.#call("chainOfRegistries", [], "latest");
    const named = (address: unknown): Address | undefined =>
      /^0x0{40}$/.test(address as string) ? undefined : toAddress(address as string);
    return { predecessor: named(predecessor), successor: named(successor) };
  }

  get registry(): Address {
    return this.#registry;
  }

  async #header(tag: string): Promise<BlockHeader | undefined> {
    const header = await this.#rpc.request("eth_getBlockByNumber", [tag, false], block.nullable());
    if (header === null) return undefined;
    return { number: header.number, hash: fromHex(header.hash), time: toSeconds(header.timestamp) };
  }

  /** A node refuses ranges in words of its own; a single block it must give. */
  async #logs(from: number, to: number): Promise<RawLog[] | "too many"> {
    const filter = {
      address: this.#registry,
      topics: [TOPICS],
      fromBlock: `0x${from.toString(16)}`,
      toBlock: `0x${to.toString(16)}`,
    };
    try {
      return await this.#rpc.request("eth_getLogs", [filter], z.array(rawLog));
    } catch (error) {
      const splittable = error instanceof RpcRefusal || isAppError(error, "RPC_INCONSISTENT");
      if (splittable && to > from) return "too many";
      throw error;
    }
  }

  #inOrder(logs: readonly RawLog[], from: number, to: number): readonly RawLog[] {
    logs.forEach((log, i) => {
      const before = logs[i - 1];
      const ascends =
        before === undefined ||
        log.blockNumber > before.blockNumber ||
        (log.blockNumber === before.blockNumber && log.logIndex > before.logIndex);
      if (log.address.toLowerCase() !== this.#registry) throw this.#inconsistent("a log of another contract");
      if (log.blockNumber < from || log.blockNumber > to) throw this.#inconsistent("a log of another block");
      if (!ascends) throw this.#inconsistent("logs out of order");
    });
    return logs;
  }

  async #call(
    name: "rootAt" | "head" | "chainOfRegistries",
    args: readonly unknown[],
    tag: string,
  ): Promise<readonly unknown[]> {
    const call = { to: this.#registry, data: registry.encodeFunctionData(name, args) };
    const result = await this.#rpc.request("eth_call", [call, tag], data);
    try {
      return registry.decodeFunctionResult(name, result).toArray() as unknown[];
    } catch (cause) {
      throw this.#inconsistent(`a result of ${name} that cannot be decoded`, cause);
    }
  }

  #inconsistent(what: string, cause?: unknown): AppError {
    return new AppError(
      "RPC_INCONSISTENT",
      { detail: `the node at ${this.#rpc.endpoint} gave ${what}` },
      { cause },
    );
  }
}

function toSeconds(timestamp: number): UnixSeconds {
  return timestamp > MILLISECONDS_ABOVE ? Math.floor(timestamp / 1000) : timestamp;
}
