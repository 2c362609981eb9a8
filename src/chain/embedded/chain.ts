/** Runs a chain in this process: Hardhat's node behind a journal, which a restart replays. */
import { randomInt } from "node:crypto";
import { Transaction } from "ethers";
import type { EdrNetworkUserConfig } from "hardhat/types/config";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import type { Clock } from "../../core/clock.ts";
import { AppError } from "../../core/errors.ts";
import type { OnUnsynced } from "../../core/storage.ts";
import { noFailpoint, type Failpoint } from "../../core/failpoint.ts";
import { EMBEDDED_CLIENT } from "../registry/reader.ts";
import { EMBEDDED_IDS } from "../rpc/local-chain.ts";
import { Journal, type JournalHeader, type JournalledBlock } from "./journal.ts";

/** Blocks above which a start takes half a minute and more: about 700 are replayed a second. */
export const MANY_BLOCKS = 20_000;

const HARDFORK = "prague";

/** Methods that only read; the node itself answers them. */
const READS = new Set([
  "eth_blockNumber",
  "eth_call",
  "eth_chainId",
  "eth_getBalance",
  "eth_getBlockByHash",
  "eth_getBlockByNumber",
  "eth_getBlockTransactionCountByHash",
  "eth_getBlockTransactionCountByNumber",
  "eth_getCode",
  "eth_getLogs",
  "eth_getStorageAt",
  "eth_getTransactionByBlockHashAndIndex",
  "eth_getTransactionByBlockNumberAndIndex",
  "eth_getTransactionByHash",
  "eth_getTransactionCount",
  "eth_getTransactionReceipt",
  "eth_syncing",
  "net_version",
  "web3_sha3",
]);

type Connection = Awaited<ReturnType<typeof connectNode>>;
type Provider = Connection["provider"];

/** An error in the form of JSON-RPC. */
export class JsonRpcError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * A chain that mines a block for each transaction and none otherwise, takes no fees, has no unlocked accounts, and serves
 * reads and `eth_sendRawTransaction` only.
 */
export class EmbeddedChain {
  readonly #connection: Connection;
  readonly #provider: Provider;
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #failpoint: Failpoint;
  #height: number;
  #time: number;
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(chain: {
    connection: Connection;
    journal: Journal;
    clock: Clock;
    failpoint: Failpoint;
    height: number;
    time: number;
  }) {
    this.#connection = chain.connection;
    this.#provider = chain.connection.provider;
    this.#journal = chain.journal;
    this.#clock = chain.clock;
    this.#failpoint = chain.failpoint;
    this.#height = chain.height;
    this.#time = chain.time;
  }

  /**
   * Opens the chain that the journal at `path` describes, or begins one.
   * @param options.chainId of a chain that begins: at random, so that what is signed for one chain is nothing on another
   * @param options.onUnsynced called when a block could not be synced to disk
   * @throws AppError JOURNAL_DAMAGED: the journal cannot be read, or does not replay to the hashes it names
   * @throws AppError DATA_OF_OLDER_VERSION
   */
  static async open({
    path,
    clock,
    chainId = randomInt(EMBEDDED_IDS.from, EMBEDDED_IDS.to + 1),
    onUnsynced,
    failpoint = noFailpoint,
  }: {
    path: string;
    clock: Clock;
    chainId?: number;
    onUnsynced?: OnUnsynced;
    failpoint?: Failpoint;
  }): Promise<EmbeddedChain> {
    const fresh: JournalHeader = {
      journal: "hufu-chain/2",
      chainId,
      hardfork: HARDFORK,
      genesisTime: clock.now(),
    };
    await using cleanup = new AsyncDisposableStack();
    const { journal, blocks } = await Journal.open(path, fresh, onUnsynced);
    cleanup.defer(() => journal.close());
    const connection = await connectNode(journal.header);
    cleanup.defer(() => connection.close());
    const chain = new EmbeddedChain({
      connection,
      journal,
      clock,
      failpoint,
      height: 0,
      time: journal.header.genesisTime,
    });
    for (const block of blocks) await chain.#replay(block);
    cleanup.move(); // close() of the chain closes them
    return chain;
  }

  /** Number of the newest block. */
  get height(): number {
    return this.#height;
  }

  /** The time that a block would have now. */
  get nextTime(): number {
    return Math.max(this.#clock.now(), this.#time);
  }

  /** @throws JsonRpcError */
  async request(method: string, params: readonly unknown[]): Promise<unknown> {
    if (method === "web3_clientVersion") return `${EMBEDDED_CLIENT}/1`;
    if (method === "eth_gasPrice") return "0x0";
    if (method === "eth_sendRawTransaction") return await this.#inSequence(() => this.#send(params[0]));
    if (method === "eth_estimateGas") return await this.#inSequence(() => this.#estimate(params));
    if (!READS.has(method))
      throw new JsonRpcError(-32601, `the method ${method.slice(0, 64)} is not served here`);
    return await this.#inSequence(() => this.#provider.request({ method, params: [...params] }));
  }

  async close(): Promise<void> {
    await this.#queue;
    await this.#connection.close();
    await this.#journal.close();
  }

  /** One request at a time: estimates set the time of the next block, and none sees a block before it is on disk. */
  #inSequence<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => undefined);
    return done;
  }

  /** Estimates at the time that a block would have now; by itself, the node counts on from its last block. */
  async #estimate(params: readonly unknown[]): Promise<unknown> {
    await this.#provider.request({ method: "evm_setNextBlockTimestamp", params: [this.nextTime] });
    return await this.#provider.request({ method: "eth_estimateGas", params: [...params] });
  }

  /** What was not mined to its end is in no journal, so that no start repeats it. */
  async #send(raw: unknown): Promise<string> {
    const transaction = await this.#validate(raw);
    const before = await this.#snapshot();
    const block = this.#height + 1;
    const time = this.nextTime;
    await this.#mine(transaction.serialized, time);
    await this.#failpoint("in-block");
    try {
      await this.#journal.add({ block, time, raw: transaction.serialized, hash: await this.#tip() });
    } catch (error) {
      await before.restore();
      throw error;
    }
    await this.#failpoint("journalled");
    return transaction.hash ?? "";
  }

  async #snapshot(): Promise<{ restore(): Promise<void> }> {
    const [height, time] = [this.#height, this.#time];
    const id: unknown = await this.#provider.request({ method: "evm_snapshot", params: [] });
    return {
      restore: async () => {
        await this.#provider.request({ method: "evm_revert", params: [id] });
        [this.#height, this.#time] = [height, time];
      },
    };
  }

  /** Refuses what the node would keep for later. */
  async #validate(raw: unknown): Promise<Transaction> {
    const { transaction, from } = parseTransaction(raw);
    const { hash, nonce } = transaction;
    if (transaction.chainId !== BigInt(this.#journal.header.chainId))
      throw new JsonRpcError(-32000, "invalid chain id");
    if ((await this.#provider.request({ method: "eth_getTransactionByHash", params: [hash] })) !== null) {
      throw new JsonRpcError(-32000, "already known");
    }
    const count = Number(
      await this.#provider.request({ method: "eth_getTransactionCount", params: [from, "latest"] }),
    );
    if (nonce < count) throw new JsonRpcError(-32000, "nonce too low");
    if (nonce > count) throw new JsonRpcError(-32000, "nonce too high");
    return transaction;
  }

  async #replay({ block, time, raw, hash }: JournalledBlock): Promise<void> {
    try {
      if (block !== this.#height + 1) throw new RangeError(`block ${block} does not follow ${this.#height}`);
      await this.#mine(raw, time);
    } catch (cause) {
      const detail = `block ${block} of the journal cannot be mined again`;
      throw new AppError("JOURNAL_DAMAGED", { detail }, { cause });
    }
    const tip = await this.#tip();
    if (tip !== hash) {
      const detail = `block ${block} replays to ${tip}, and the journal says ${hash}`;
      throw new AppError("JOURNAL_DAMAGED", { detail });
    }
  }

  async #mine(raw: string, time: number): Promise<void> {
    await this.#provider.request({ method: "evm_setNextBlockTimestamp", params: [time] });
    // a full block would raise it, and no account has a balance to pay it with
    await this.#provider.request({ method: "hardhat_setNextBlockBaseFeePerGas", params: ["0x0"] });
    await this.#provider.request({ method: "eth_sendRawTransaction", params: [raw] });
    this.#height += 1;
    this.#time = time;
  }

  async #tip(): Promise<string> {
    const params = ["latest", false];
    const tip = (await this.#provider.request({ method: "eth_getBlockByNumber", params })) as {
      hash: string;
    };
    return tip.hash;
  }
}

/** A signed transaction and its sender, which takes long to find for a long one. @throws JsonRpcError */
export function parseTransaction(raw: unknown): { transaction: Transaction; from: string } {
  try {
    const transaction = Transaction.from(raw as string);
    const { from } = transaction;
    if (from === null) throw new TypeError("not signed");
    return { transaction, from };
  } catch {
    throw new JsonRpcError(-32602, "the parameter is no signed transaction");
  }
}

async function connectNode({ chainId, hardfork, genesisTime }: JournalHeader) {
  const network: EdrNetworkUserConfig = {
    type: "edr-simulated",
    chainType: "l1",
    chainId,
    hardfork,
    initialDate: new Date(genesisTime * 1000),
    initialBaseFeePerGas: 0n,
    accounts: [],
    allowBlocksWithSameTimestamp: true,
    throwOnTransactionFailures: false,
    loggingEnabled: false,
  };
  // the root is a folder with a package.json; nothing else of the project is read
  const hre = await createHardhatRuntimeEnvironment(
    { networks: { chain: network } },
    {},
    import.meta.dirname,
  );
  return await hre.network.create("chain");
}
