/** Limits what a caller of the embedded chain's port may have it do: who sends what, at which cost, and how long an answer is. */
import { z } from "zod";
import type { Address } from "../../core/units.ts";
import { creationCode, rawLog, toAddress } from "../registry/registry.ts";
import { address20, data, hash32, quantity } from "../rpc/rpc.ts";
import { JsonRpcError, parseTransaction, type EmbeddedChain } from "./chain.ts";
import { SENDER_TOPICS, Senders } from "./senders.ts";

/**
 * Gas that a transaction may have: the dearest that a service sends (2,000 documents in 100 groups) with the quarter and the
 * 100,000 that it adds. A test measures it.
 */
export const MAX_GAS = 8_000_000;

/** Gas of a call that only reads. */
const MAX_READ_GAS = 1_000_000;

/** Bytes of a transaction; the dearest has 90,000. */
export const MAX_TRANSACTION = 96 << 10;

/** Blocks in one request for logs, blocks that are read at a time, and characters of the logs of one answer. */
const MAX_BLOCKS = 2_000;
const BLOCKS_AT_A_TIME = 20;
export const MAX_LOGS = 1 << 20;

/** Every contract of the chain is a registry: other code could loop until the node, which keeps each step, has no memory. */
const CREATION_CODE = creationCode(`0x${"0".repeat(40)}`).slice(0, -3 * 64);

const call = z.object({
  from: address20.optional(),
  to: address20.nullish(),
  data: data.optional(),
  input: data.optional(),
});
const filter = z.looseObject({
  fromBlock: z.string().optional(),
  toBlock: z.string().optional(),
  blockHash: hash32.optional(),
});

interface GuardOptions {
  /** The only address that makes the first registry; undefined = any. */
  readonly deployer?: Address | undefined;
  /** Rejects where no transaction may be taken now, such as while the disk is nearly full. */
  readonly gate?: () => Promise<void>;
}

export class GuardedChain {
  readonly #chain: EmbeddedChain;
  readonly #options: GuardOptions;
  readonly #senders = new Senders();
  /** The first block whose events were not read. */
  #next = 0;
  #following: Promise<unknown> = Promise.resolve();

  constructor(chain: EmbeddedChain, options: GuardOptions = {}) {
    this.#chain = chain;
    this.#options = options;
  }

  /** @throws JsonRpcError, and what the gate throws */
  async request(method: string, params: readonly unknown[]): Promise<unknown> {
    if (method === "eth_sendRawTransaction") return await this.#send(params);
    if (method === "eth_estimateGas")
      return await this.#chain.request(method, await this.#limited(params, MAX_GAS));
    if (method === "eth_call")
      return await this.#chain.request(method, await this.#limited(params, MAX_READ_GAS));
    if (method === "eth_getLogs") return await this.#logs(params);
    return await this.#chain.request(method, params);
  }

  async #send(params: readonly unknown[]): Promise<unknown> {
    const [raw] = params;
    if (typeof raw === "string" && raw.length > 2 + 2 * MAX_TRANSACTION)
      throw refused(`a transaction has at most ${MAX_TRANSACTION} bytes`);
    const { type, gasLimit, ...transaction } = fieldsOf(raw);
    if (type > 2) throw refused(`transactions of the types 0, 1 and 2 are taken, not of ${type}`);
    if (gasLimit > MAX_GAS) throw refused(`a transaction has at most ${MAX_GAS} gas`);
    await this.#follow();
    this.#requireKnownCode(transaction);
    if (!this.#maySend(transaction.from)) throw refused("the registry gives the sender nothing to do");
    await this.#options.gate?.();
    return await this.#chain.request("eth_sendRawTransaction", params);
  }

  /** The first registry is made by an address that no registry can know. */
  #maySend(from: Address): boolean {
    if (this.#senders.registries.size > 0) return this.#senders.have(from, this.#chain.nextTime);
    return (this.#options.deployer ?? from) === from;
  }

  /** The parameters of a call with a limit of gas; what could give an account other code is left out. */
  async #limited([request, block, ...overrides]: readonly unknown[], gas: number): Promise<unknown[]> {
    const parsed = call.safeParse(request);
    if (!parsed.success) throw invalid("the call has no valid from, to and data");
    if (overrides.some((each) => each !== undefined && each !== null))
      throw invalid("a call takes no overrides");
    const { from = `0x${"0".repeat(40)}`, to, data: text, input = text } = parsed.data;
    await this.#follow();
    this.#requireKnownCode({ from: toAddress(from), to: to ?? null, data: input ?? "0x" });
    const target = to === undefined || to === null ? {} : { to };
    return [{ from, ...target, data: input ?? "0x", gas: hex(gas) }, ...(block === undefined ? [] : [block])];
  }

  /** @throws JsonRpcError: it runs other code than a registry's */
  #requireKnownCode({ from, to, data: code }: { from: Address; to: string | null; data: string }): void {
    const known =
      to === null
        ? code.toLowerCase().startsWith(CREATION_CODE)
        : toAddress(to) === from || this.#senders.registries.has(toAddress(to));
    if (!known)
      throw refused("only calls of registries are served, transactions to oneself, and new registries");
  }

  /** Reads the events of the blocks since the last time, one call after the other. */
  #follow(): Promise<void> {
    const done = this.#following.then(async () => {
      for (const end = this.#chain.height; this.#next <= end;) {
        const to = Math.min(end, this.#next + MAX_BLOCKS - 1);
        const found = await this.#logsOf({
          fromBlock: hex(this.#next),
          toBlock: hex(to),
          topics: [SENDER_TOPICS],
        });
        for (const log of z.array(rawLog).parse(found)) this.#senders.apply(log);
        this.#next = to + 1;
      }
    });
    this.#following = done.catch(() => undefined);
    return done;
  }

  /** Nodes refuse long answers by an error, whereupon a reader asks for fewer blocks. */
  async #logs([request]: readonly unknown[]): Promise<unknown[]> {
    const { data: asked } = filter.safeParse(request);
    if (asked === undefined) throw invalid("the filter is none");
    if (asked.blockHash !== undefined) return await this.#logsOf(asked);
    const { fromBlock, toBlock, ...rest } = asked;
    const [from, to] = [this.#numberOf(fromBlock), Math.min(this.#numberOf(toBlock), this.#chain.height)];
    if (to - from >= MAX_BLOCKS) throw tooLong(`logs of more than ${MAX_BLOCKS} blocks`);
    const logs: unknown[] = [];
    for (let start = from, characters = 0; start <= to; start += BLOCKS_AT_A_TIME) {
      const end = Math.min(to, start + BLOCKS_AT_A_TIME - 1);
      const found = await this.#logsOf({ ...rest, fromBlock: hex(start), toBlock: hex(end) });
      characters += JSON.stringify(found).length;
      if (characters > MAX_LOGS) throw tooLong(`logs of more than ${MAX_LOGS} characters`);
      logs.push(...found);
    }
    return logs;
  }

  async #logsOf(asked: object): Promise<unknown[]> {
    return (await this.#chain.request("eth_getLogs", [asked])) as unknown[];
  }

  #numberOf(block = "latest"): number {
    if (block === "earliest") return 0;
    if (["latest", "pending", "safe", "finalized"].includes(block)) return this.#chain.height;
    const parsed = quantity.safeParse(block);
    if (!parsed.success) throw invalid("a block is a number or a tag");
    return parsed.data;
  }
}

function fieldsOf(raw: unknown): {
  type: number;
  gasLimit: bigint;
  from: Address;
  to: string | null;
  data: string;
} {
  const { transaction, from } = parseTransaction(raw);
  const { type, gasLimit, to, data: code } = transaction;
  return { type: type ?? 0, gasLimit, from: toAddress(from), to, data: code };
}

const hex = (number: number): string => `0x${number.toString(16)}`;
const refused = (message: string): JsonRpcError => new JsonRpcError(-32_000, message);
const invalid = (message: string): JsonRpcError => new JsonRpcError(-32_602, message);
const tooLong = (what: string): JsonRpcError => new JsonRpcError(-32_005, `${what}; ask for fewer blocks`);
