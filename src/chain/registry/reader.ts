/** Reads blocks, events, roots and links of a registry from the nodes of its chain. */
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { equalBytes, fromHex, toHex } from "../../core/bytes.ts";
import { AppError, isAppError } from "../../core/errors.ts";
import type { Address, Finality, Hash, TreeSize, UnixSeconds } from "../../core/units.ts";
import type { BlockHeader, ChainIdentity, ChainReader, RegistryEvent } from "../../indexer/ports.ts";
import type { RegistryLinks } from "../../indexer/linked.ts";
import { isOfNode } from "../rpc/endpoint.ts";
import { CODE_HASH, codeHashOf, decodeLog, rawLog, registry, toAddress, TOPICS } from "./registry.ts";
import { CHAIN_PROFILES, type ChainProfile } from "../rpc/profile.ts";
import { RpcRefusal, data, hash32, quantity, type JsonRpc, type RpcSession } from "../rpc/rpc.ts";

/** Above this a block time is in milliseconds, as FISCO BCOS may give it. */
const MILLISECONDS_ABOVE = 1e11;

/** Requests for logs after which a larger one is tried. */
const GROW_AFTER = 16;

/** How often a node is asked that gives nothing where something must be, and milliseconds before the second time. */
const TIMES = 4;
const FIRST_PAUSE = 50;

const block = z.object({ number: quantity, hash: hash32, timestamp: quantity });

/** Log indexes may count in a block or in a transaction: with the transaction's index both give the order. */
const orderedLog = rawLog.extend({ transactionIndex: quantity });
type OrderedLog = z.infer<typeof orderedLog>;

/** The embedded chain's name in `web3_clientVersion`. */
export const EMBEDDED_CLIENT = "hufu-embedded-chain";

/** The registry to connect to, and how its chain is read. */
export interface ConnectOptions {
  readonly registry: Address;
  /** Refuse any other chain; undefined = accept the node's. */
  readonly chainId?: number | undefined;
  readonly finality: Finality;
  readonly profile?: ChainProfile | undefined;
}

/**
 * Connects to a registry, after checks that the chain id is the expected one and that the code at the address is the one
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

/**
 * Where a pool has several nodes, what is read from one call of `heads` or `identity` to the next comes from one of them, so
 * that nodes at different heights are never mixed.
 */
export class RegistryReader implements ChainReader {
  readonly #rpc: JsonRpc;
  readonly #registry: Address;
  readonly #finality: Finality;
  readonly #profile: ChainProfile;
  #session: RpcSession | undefined;
  /** The newest final block that was read, and the endpoint that gave it. */
  #lastFinal: { readonly final: BlockHeader; readonly by: string } | undefined;
  /** Blocks in one request for logs: halved when they are too many, doubled again after some requests that were not. */
  #span: number;
  /** Requests of as many blocks that were served since. */
  #served = 0;

  constructor(rpc: JsonRpc, { registry: address, finality, profile }: ConnectOptions) {
    this.#rpc = rpc;
    this.#registry = address;
    this.#finality = finality;
    this.#profile = profile ?? CHAIN_PROFILES.ethereum;
    this.#span = this.#profile.logSpan;
  }

  async identity(): Promise<ChainIdentity> {
    await this.#startSession();
    const chainId = await this.#node.request("eth_chainId", [], quantity);
    const genesis = await untilPresent(() => this.block(0));
    const code =
      (await untilPresent(async () => {
        const found = await this.#node.request("eth_getCode", [this.#registry, "latest"], data);
        return found === "0x" ? undefined : found;
      })) ?? "0x";
    const codeHash = codeHashOf(code);
    if (code === "0x") {
      const detail = `there is no contract at ${this.#registry} on chain ${chainId} at ${this.#node.endpoint}`;
      throw new AppError("NO_CONTRACT", { detail });
    }
    if (toHex(codeHash) !== toHex(CODE_HASH)) {
      const detail = `the contract at ${this.#registry} is no registry of this version (code ${toHex(codeHash)}, expected ${toHex(CODE_HASH)})`;
      throw new AppError("CONTRACT_CODE_MISMATCH", { detail });
    }
    if (genesis === undefined) throw this.#inconsistent("the chain has no first block");
    return { chainId, genesisHash: genesis.hash, registry: this.#registry, codeHash };
  }

  /** Whether blocks appear without transactions. The embedded chain makes none, so an old newest block is not a fault. */
  async makesEmptyBlocks(): Promise<boolean> {
    const version = await this.#rpc.request("web3_clientVersion", [], z.string()).catch(undefinedIfRefused);
    return version?.startsWith(EMBEDDED_CLIENT) !== true;
  }

  async heads(): Promise<{ latest: BlockHeader; final: BlockHeader | undefined }> {
    await this.#startSession();
    const latest = await untilPresent(() => this.#header("latest"));
    if (latest === undefined) throw this.#inconsistent("the chain has no newest block");
    const final = await this.#final(latest);
    if (this.#session !== undefined) await this.#compareFinal(this.#session, final);
    return { latest, final };
  }

  /** Puts the current node into quarantine, where there is another: its answers were inconsistent. */
  distrust(why: AppError): void {
    this.#session?.distrust(why);
  }

  async #startSession(): Promise<void> {
    this.#session = await this.#rpc.session?.();
  }

  /** The node of the session, for requests whose answers have to be consistent with earlier ones. */
  get #node(): JsonRpc {
    return this.#session ?? this.#rpc; // guard: F25 one endpoint a session
  }

  async #final(latest: BlockHeader): Promise<BlockHeader | undefined> {
    if (this.#finality === "finalized") return await this.#finalized();
    const height = latest.number - this.#finality + 1;
    return height === latest.number ? latest : await this.block(height);
  }

  /**
   * Compares a final block with the other nodes. Two nodes that give different blocks at a final height cannot both be
   * right, and which one is cannot be decided here: then nothing is read from either.
   */
  async #compareFinal(session: RpcSession, final: BlockHeader | undefined): Promise<void> {
    const last = this.#lastFinal;
    if (last !== undefined && last.by !== session.endpoint)
      this.#requireSameBlock(await this.block(last.final.number), last.final, last.by);
    if (final === undefined) return;
    for (const peer of session.peers) {
      const theirs = await this.#header(hex(final.number), peer).catch((error: unknown) => {
        if (isAppError(error)) return undefined;
        throw error;
      });
      this.#requireSameBlock(theirs, final, peer.endpoint);
    }
    this.#lastFinal = { final, by: session.endpoint };
  }

  /** A node that does not have the block yet is behind, which is not a contradiction. */
  #requireSameBlock(found: BlockHeader | undefined, final: BlockHeader, other: string): void {
    if (found === undefined || equalBytes(found.hash, final.hash)) return; // guard: F31 final blocks agree
    const detail = `the nodes at ${this.#node.endpoint} and ${other} have different blocks at height ${final.number}, which is final`;
    throw new AppError("RPC_INCONSISTENT", { detail, endpoint: this.#node.endpoint, disagree: true });
  }

  /** While no block is final, some nodes refuse the tag and others return null. */
  async #finalized(): Promise<BlockHeader | undefined> {
    return await this.#header("finalized").catch(undefinedIfRefused);
  }

  async block(number: number): Promise<BlockHeader | undefined> {
    if (number < 0) return undefined;
    const header = await this.#fromHistory(number, (height) => this.#header(hex(height)));
    if (header !== undefined && header.number !== number)
      throw this.#inconsistent("the header of another block");
    return header;
  }

  async events({ from, to }: { from: number; to: number }): Promise<RegistryEvent[]> {
    const events: RegistryEvent[] = [];
    for (let start = from; start <= to;) {
      const end = Math.min(to, start + this.#span - 1);
      const logs = await this.#logs(start, end);
      this.#adaptSpan(end - start + 1, logs !== "too many");
      if (logs === "too many") continue;
      events.push(...this.#inOrder(logs, start, end).map(decodeLog));
      start = end + 1;
    }
    return events;
  }

  #adaptSpan(blocks: number, fits: boolean): void {
    if (fits && blocks < this.#span) return;
    this.#served = fits ? this.#served + 1 : 0;
    if (!fits) this.#span = Math.max(1, Math.floor(blocks / 2));
    else if (this.#served % GROW_AFTER === 0) this.#span = Math.min(this.#profile.logSpan, this.#span * 2);
  }

  async rootAt(size: TreeSize): Promise<Hash | undefined> {
    const [root] = await this.#call("rootAt", [size], "latest");
    const bytes = fromHex(root as string);
    return bytes.some((byte) => byte !== 0) ? bytes : undefined;
  }

  async treeAt(number: number): Promise<{ size: TreeSize; root: Hash }> {
    const [size, root] = await this.#call("head", [], this.#profile.oldState ? hex(number) : "latest");
    if (!Number.isSafeInteger(Number(size))) throw this.#inconsistent("a size beyond 2^53");
    const head = { size: Number(size), root: fromHex(root as string) };
    return this.#profile.oldState ? head : await this.#treeBefore(number, head);
  }

  /** The head at the end of an earlier block: the newest one without the entries of the blocks since. */
  async #treeBefore(number: number, head: { size: TreeSize; root: Hash }): Promise<typeof head> {
    const latest = await this.#header("latest");
    if (latest === undefined || latest.number < number)
      throw this.#inconsistent("a newest block that goes back");
    const [next] = await this.events({ from: number + 1, to: latest.number });
    if (next === undefined) return head;
    const root = await this.rootAt(next.index);
    if (root === undefined) throw this.#inconsistent(`no root for size ${next.index}, at which a block ends`);
    return { size: next.index, root };
  }

  /** The registry that this one succeeds, and the one that succeeds it. */
  async links(): Promise<RegistryLinks> {
    const [predecessor, successor] = await this.#call("chainOfRegistries", [], "latest", this.#rpc);
    const named = (address: unknown): Address | undefined =>
      /^0x0{40}$/.test(address as string) ? undefined : toAddress(address as string);
    return { predecessor: named(predecessor), successor: named(successor) };
  }

  get registry(): Address {
    return this.#registry;
  }

  async #header(tag: string, node: JsonRpc = this.#node): Promise<BlockHeader | undefined> {
    const header = await node.request("eth_getBlockByNumber", [tag, false], block.nullable());
    if (header === null) return undefined;
    return { number: header.number, hash: fromHex(header.hash), time: toSeconds(header.timestamp) };
  }

  /** A range is not served for more reasons than nodes can tell apart; a single block must be served. */
  async #logs(from: number, to: number): Promise<OrderedLog[] | "too many"> {
    if (from === to) return await this.#fromHistory(from, (block) => this.#logsOf(block, block));
    try {
      return await this.#logsOf(from, to);
    } catch (error) {
      // guard: F29 smaller range
      if (isAppError(error) && !isOfNode(error)) return "too many";
      throw error;
    }
  }

  async #logsOf(from: number, to: number): Promise<OrderedLog[]> {
    const blocks = { fromBlock: hex(from), toBlock: hex(to) };
    const filter = { address: this.#registry, topics: [TOPICS], ...blocks };
    return await this.#node.request("eth_getLogs", [filter], z.array(orderedLog));
  }

  /**
   * Requests what nodes should keep permanently of the block `number`. Nodes that drop old blocks refuse with different
   * messages, so the criterion is that a node refuses a block again right after it served the same of the newest.
   * @throws AppError HISTORY_UNAVAILABLE
   */
  async #fromHistory<T>(number: number, ask: (number: number) => Promise<T>): Promise<T> {
    try {
      return await ask(number);
    } catch (error) {
      if (!(error instanceof RpcRefusal) || error.kind !== "refused") throw error;
      const newest = await this.#header("latest");
      if (newest === undefined || newest.number <= number) throw error;
      await ask(newest.number);
      return await ask(number).catch((cause: unknown) => {
        if (!(cause instanceof RpcRefusal)) throw cause;
        const detail = `the node at ${this.#node.endpoint} refuses block ${number}, and gives block ${newest.number}; ${cause.fields.detail}`;
        throw new AppError("HISTORY_UNAVAILABLE", { detail }, { cause });
      });
    }
  }

  #inOrder(logs: readonly OrderedLog[], from: number, to: number): readonly OrderedLog[] {
    logs.forEach((log, i) => {
      const before = logs[i - 1];
      // guard: F27 log address
      if (log.address.toLowerCase() !== this.#registry) throw this.#inconsistent("a log of another contract");
      if (log.blockNumber < from || log.blockNumber > to) throw this.#inconsistent("a log of another block");
      if (before !== undefined && !isAfter(log, before)) throw this.#inconsistent("logs out of order");
    });
    return logs;
  }

  async #call(
    name: "rootAt" | "head" | "chainOfRegistries",
    args: readonly unknown[],
    tag: string,
    node: JsonRpc = this.#node,
  ): Promise<readonly unknown[]> {
    const call = { to: this.#registry, data: registry.encodeFunctionData(name, args) };
    const result = await node.request("eth_call", [call, tag], data);
    try {
      return registry.decodeFunctionResult(name, result).toArray() as unknown[];
    } catch (cause) {
      throw this.#inconsistent(`a result of ${name} that cannot be decoded`, cause);
    }
  }

  #inconsistent(what: string, cause?: unknown): AppError {
    return new AppError(
      "RPC_INCONSISTENT",
      { detail: `the node at ${this.#node.endpoint} gave ${what}` },
      { cause },
    );
  }
}

/**
 * What is there, or undefined where it is missing again and again: behind one address may be nodes of which some do not
 * have it yet.
 */
async function untilPresent<T>(ask: () => Promise<T | undefined>): Promise<T | undefined> {
  for (let time = 1; ; time++) {
    const found = await ask();
    if (found !== undefined || time === TIMES) return found;
    await sleep(FIRST_PAUSE * 2 ** (time - 1));
  }
}

/** Handles the refusal of something that not every node has. */
function undefinedIfRefused(error: unknown): undefined {
  if (!(error instanceof RpcRefusal)) throw error;
}

function toSeconds(timestamp: number): UnixSeconds {
  return timestamp > MILLISECONDS_ABOVE ? Math.floor(timestamp / 1000) : timestamp;
}

function isAfter(log: OrderedLog, before: OrderedLog): boolean {
  if (log.blockNumber !== before.blockNumber) return log.blockNumber > before.blockNumber;
  if (log.transactionIndex !== before.transactionIndex) return log.transactionIndex > before.transactionIndex;
  return log.logIndex > before.logIndex;
}

function hex(number: number): string {
  return `0x${number.toString(16)}`;
}
