import { cp, mkdir, mkdtemp, readFile, readdir, readlink, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { Transaction, Wallet, id, type TransactionLike } from "ethers";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from "vitest";
import { z } from "zod";
import { bootstrap } from "../../../src/chain/embedded/bootstrap.ts";
import { EmbeddedChain } from "../../../src/chain/embedded/chain.ts";
import { GuardedChain } from "../../../src/chain/embedded/guarded-chain.ts";
import { Journal } from "../../../src/chain/embedded/journal.ts";
import { LONGEST_BODY, RpcServer } from "../../../src/chain/embedded/rpc-server.ts";
import { SAMPLE_INSTITUTIONS, SAMPLE_SCENES } from "../../../src/chain/embedded/samples.ts";
import { RegistryReader } from "../../../src/chain/registry/reader.ts";
import { toAddress } from "../../../src/chain/registry/registry.ts";
import { JsonRpc, hash32, quantity } from "../../../src/chain/rpc/rpc.ts";
import { readKey, readKeys } from "../../../src/chain/keys/signers.ts";
import type { Clock } from "../../../src/core/clock.ts";
import type { Step } from "../../../src/core/failpoint.ts";
import type { RegistryEvent } from "../../../src/indexer/ports.ts";
import { ROLES_AT_START, signed, startTestChain, type TestChain } from "../../support/chain/embedded.ts";
import { CHAIN_ID } from "../../support/chain/submit.ts";
import { sized } from "../../support/scale.ts";
import { TestClock } from "../../support/clock.ts";

interface Block {
  number: number;
  hash: string;
  timestamp: number;
}

const wallet = new Wallet(id("sender"));
const TO = `0x${"11".repeat(20)}`;

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "hufu-embedded-"))));
afterEach(() => rm(folder, { recursive: true }));

const journal = (): string => join(folder, "journal.ndjson");
const readJournal = (): Promise<string> => readFile(journal(), "utf8");

/** Opens the chain of this test's folder, does `action`, and closes it again. */
async function onChain<T>(
  action: (chain: EmbeddedChain) => Promise<T>,
  clock: Clock = new TestClock(),
): Promise<T> {
  const chain = await EmbeddedChain.open({ path: journal(), clock, chainId: CHAIN_ID });
  try {
    return await action(chain);
  } finally {
    await chain.close();
  }
}

/** The same with the chain's RPC port. */
async function onRpc<T>(action: (rpc: JsonRpc, chain: EmbeddedChain) => Promise<T>): Promise<T> {
  return await onChain(async (chain) => {
    const server = await RpcServer.listen(new GuardedChain(chain), { host: "127.0.0.1", port: 0 });
    return await action(new JsonRpc(server.url), chain).finally(() => server.close());
  });
}

/** What a transaction is to be instead of a transfer of nothing. */
type Change = Omit<TransactionLike, "from" | "nonce"> & { from?: Wallet };

/** Sends a transfer of nothing, or what `change` makes of it. */
async function send(chain: EmbeddedChain, nonce: number, change: Change = {}): Promise<unknown> {
  const { from = wallet, ...transaction } = change;
  return await chain.request("eth_sendRawTransaction", [
    await signed(from, { to: TO, ...transaction, nonce }),
  ]);
}

async function blockAt(chain: EmbeddedChain, number: number): Promise<Block> {
  const block = await chain.request("eth_getBlockByNumber", [`0x${number.toString(16)}`, false]);
  return z.object({ number: quantity, hash: hash32, timestamp: quantity }).parse(block);
}

const tipOf = (chain: EmbeddedChain): Promise<Block> => blockAt(chain, chain.height);

/** A journal of `count` transfers, as its lines with their ends: the header, then one for each block. */
async function linesOf(count: number): Promise<string[]> {
  await onChain(async (chain) => {
    for (let nonce = 0; nonce < count; nonce++) await send(chain, nonce);
  });
  return (await readJournal()).split(/(?<=\n)/);
}

const opening = (): Promise<EmbeddedChain> => onChain((chain) => Promise.resolve(chain));

describe("a restart", () => {
  it("a restart gives the same blocks, state and registry", async () => {
    await using first = await startTestChain();
    const read = async (rpc: JsonRpc): Promise<unknown> => {
      const reader = new RegistryReader(rpc, { registry: first.registry, finality: 1 });
      const { latest } = await reader.heads();
      const trees = Array.from({ length: latest.number }, (_, i) => reader.treeAt(i + 1));
      return {
        latest,
        identity: await reader.identity(),
        trees: await Promise.all(trees),
        events: await reader.events({ from: 0, to: latest.number }),
      };
    };
    const before = await read(first.rpc);
    await cp(join(first.folder, "journal.ndjson"), journal());
    expect(await onRpc(read)).toEqual(before);
  });

  it("a restart leaves the journal unchanged and continues where the chain ended", async () => {
    await linesOf(3);
    const content = await readJournal();
    const tip = await onChain(tipOf);
    expect(await readJournal()).toBe(content);
    expect(tip.number).toBe(3);
    await onChain((chain) => send(chain, 3));
    expect((await readJournal()).startsWith(content)).toBe(true);
    expect(await onChain((chain) => blockAt(chain, 3))).toEqual(tip);
    expect(await onChain(tipOf)).toMatchObject({ number: 4 });
  });

  it("a restart gives the same blocks whatever was read before, also of the pending block", async () => {
    const tip = await onChain(async (chain) => {
      await send(chain, 0);
      for (const method of ["eth_call", "eth_estimateGas"])
        await chain.request(method, [{ to: TO }, "pending"]);
      await chain.request("eth_getBlockByNumber", ["pending", false]);
      await send(chain, 1);
      return await tipOf(chain);
    });
    expect(await onChain(tipOf)).toEqual(tip);
  });

  it("a restart at another time gives the same blocks", async () => {
    await linesOf(2);
    const tip = await onChain(tipOf);
    expect(await onChain(tipOf, new TestClock(2_000_000_000))).toEqual(tip);
    expect(await onChain(tipOf, new TestClock(1))).toEqual(tip);
  });

  it("a restart restores a transaction that was reverted", async () => {
    // reverts immediately
    const hash = await onChain((chain) => send(chain, 0, { to: null, data: "0x60006000fd" }));
    const receipt = await onChain((chain) => chain.request("eth_getTransactionReceipt", [hash]));
    expect(receipt).toMatchObject({ status: "0x0", transactionHash: hash });
  });

  it("two chains that begin separately have different registries", async () => {
    await using a = await startTestChain({ clock: new TestClock(1_800_000_000) });
    await using b = await startTestChain({ clock: new TestClock(1_700_000_000) });
    expect(a.registry).not.toBe(b.registry);
  });
});

describe("a last record that was being written when the process ended", () => {
  it("an incomplete last record is cut off, whatever part was written, and the chain continues", async () => {
    const lines = await linesOf(2);
    const [first, second] = await onChain(async (chain) => [
      await blockAt(chain, 1),
      await blockAt(chain, 2),
    ]);
    const whole = Buffer.from(lines.join(""));
    const start = Buffer.byteLength(lines.slice(0, -1).join(""));
    // the quick suite looks at every fourth place, and at the last ones; which, the seed decides
    const last = whole.length - 8;
    const step = sized({ quick: 4, short: 1 });
    for (let end = start + (inject("seed") % step); end < whole.length; end += end < last ? step : 1) {
      await writeFile(journal(), whole.subarray(0, end));
      const next = await onChain(async (chain) => {
        expect(await tipOf(chain)).toEqual(first);
        await send(chain, 1);
        expect(await tipOf(chain)).toEqual(second);
        await send(chain, 2);
        return await tipOf(chain);
      });
      if (end % 8 === 0) expect(await onChain(tipOf)).toEqual(next);
    }
  }, 120_000);

  it("an incomplete header is cut off, and a chain begins", async () => {
    const header = (await linesOf(0)).join("");
    for (let end = 0; end < header.length; end++) {
      await writeFile(journal(), header.slice(0, end));
      expect(await onChain((chain) => Promise.resolve(chain.height))).toBe(0);
      expect(await readJournal()).toBe(header);
    }
  });
});

describe("a block that is not in the journal", () => {
  const KILL = new Error("killed");
  /** Sends a transaction to a chain that ends at a step of it. */
  async function killAt(at: Step): Promise<void> {
    const failpoint = (step: Step): void => {
      if (step === at) throw KILL;
    };
    const options = { path: journal(), clock: new TestClock(), chainId: CHAIN_ID, failpoint };
    const chain = await EmbeddedChain.open(options);
    await expect(send(chain, chain.height)).rejects.toBe(KILL);
    await chain.close();
  }

  it("a transaction that was not mined to its end is not repeated by a start", async () => {
    const before = (await linesOf(2)).join("");
    await killAt("in-block");
    expect(await readJournal()).toBe(before);
    expect(await onChain((chain) => Promise.resolve(chain.height))).toBe(2);
  });

  it("a block whose end was reached is there after a start", async () => {
    await linesOf(2);
    await killAt("journalled");
    expect(await onChain((chain) => Promise.resolve(chain.height))).toBe(3);
  });

  it("nobody sees a block before it is in the journal", async () => {
    const seen: unknown[] = [];
    let reading: Promise<unknown> | undefined;
    const failpoint = async (step: Step): Promise<void> => {
      if (step === "in-block") {
        reading = chain.request("eth_blockNumber", []).then((number) => seen.push(number));
        await new Promise((resolve) => setTimeout(resolve, 20));
        seen.push("in block");
      } else if (step === "journalled") seen.push("journalled");
    };
    const options = { path: journal(), clock: new TestClock(), chainId: CHAIN_ID, failpoint };
    const chain = await EmbeddedChain.open(options);
    await send(chain, 0);
    await reading;
    await chain.close();
    expect(seen).toEqual(["in block", "journalled", "0x1"]);
  });

  it("a block that cannot be journalled is taken back, and the chain goes on once it can be", async () => {
    await linesOf(1);
    const lost = vi.spyOn(Journal.prototype, "add").mockRejectedValueOnce(new Error("the disk is full"));
    const tip = await onChain(async (chain) => {
      const before = await tipOf(chain);
      await expect(send(chain, 1)).rejects.toThrow("the disk is full");
      expect(await tipOf(chain)).toEqual(before);
      await send(chain, 1);
      await send(chain, 2);
      return await tipOf(chain);
    });
    lost.mockRestore();
    expect(tip.number).toBe(3);
    expect(await onChain(tipOf)).toEqual(tip);
  });

  it("a transaction that the chain refuses is not in the journal", async () => {
    const before = (await linesOf(1)).join("");
    await onChain((chain) => expect(send(chain, 1, { gasLimit: 20_000 })).rejects.toBeInstanceOf(Error));
    expect(await readJournal()).toBe(before);
  });

  it("a journal of 0.1.0 is refused with what to do, and left as it was", async () => {
    const header = {
      journal: "hufu-chain/1",
      chainId: 31_337,
      hardfork: "prague",
      genesisTime: 1_800_000_000,
    };
    const block = { block: 1, time: 1_800_000_000, raw: "0xf8" };
    const kept = `${JSON.stringify(header)}\n${JSON.stringify(block)}\n`;
    await writeFile(journal(), kept);
    await expect(opening()).rejects.toThrowCode("DATA_OF_OLDER_VERSION");
    expect(await readJournal()).toBe(kept);
  });
});

describe("the chain id", () => {
  it("each chain has an id of its own, which a restart keeps and JSON can hold", async () => {
    const idOf = async (path: string): Promise<number> => {
      const chain = await EmbeddedChain.open({ path, clock: new TestClock() });
      const answer = quantity.parse(await chain.request("eth_chainId", []));
      await chain.close();
      return answer;
    };
    const ids = await Promise.all([1, 2, 3].map((i) => idOf(join(folder, `${i}.ndjson`))));
    expect(new Set(ids).size).toBe(3);
    for (const id of ids) expect(String(id)).toMatch(/^31337\d{10}$/);
    expect(await idOf(join(folder, "1.ndjson"))).toBe(ids[0]);
  });

  it("what is signed for one chain is refused by another", async () => {
    const raw = await signed(wallet, { nonce: 0, to: TO });
    const chain = await EmbeddedChain.open({ path: journal(), clock: new TestClock() });
    await expect(chain.request("eth_sendRawTransaction", [raw])).rejects.toThrow("invalid chain id");
    await chain.close();
  });
});

describe("a journal that is not as it was written is damaged", () => {
  /** Lines from 0: the header, and blocks 1 to 3. */
  let lines: string[];
  beforeEach(async () => void (lines = await linesOf(3)));

  /** Writes the journal with the line at `at` changed, and opens it. */
  async function openWith(at: number, change: (line: string) => string): Promise<unknown> {
    const changed = change(lines[at] ?? "");
    expect(changed).not.toBe(lines[at]);
    await writeFile(journal(), lines.with(at, changed).join(""));
    return await opening();
  }
  /** Changes the digit before `mark`. */
  const digit =
    (mark: string) =>
    (line: string): string => {
      const at = line.indexOf(mark) - 1;
      return line.slice(0, at) + (line[at] === "1" ? "2" : "1") + line.slice(at + 1);
    };

  it("an unchanged journal is opened", async () => {
    await writeFile(journal(), lines.join(""));
    await expect(opening()).resolves.toBeInstanceOf(EmbeddedChain);
  });

  it.each<[string, number, (line: string) => string]>([
    ["the last digit of a raw transaction", 2, digit('","hash"')],
    ["the first byte of a raw transaction", 2, (line) => line.replace("0xf8", "0xf9")],
    ["the nonce of a raw transaction", 2, (line) => line.replace(/(0xf8..)01/, "$102")],
    ["a block to another one", 2, () => lines[1] ?? ""],
    ["the last raw transaction", 3, digit('","hash"')],
    ["a block's hash", 2, digit('"}')],
    ["the last block's hash", 3, digit('"}')],
    ["a block's time", 2, digit(',"raw"')],
    ["the last block's time", 3, digit(',"raw"')],
    ["a block's number", 2, digit(',"time"')],
    ["the last block's number", 3, digit(',"time"')],
    ["a record to one with a further member", 2, (line) => line.replace("}", ',"note":1}')],
    ["a record to one without its hash", 2, (line) => line.replace(/,"hash":"0x[0-9a-f]{64}"/, "")],
    ["a line to a part of it", 2, (line) => `${line.slice(0, 40)}\n`],
    ["a line to one without its end", 2, (line) => line.slice(0, -1)],
    ["a line to one after an empty line", 2, (line) => `\n${line}`],
    ["a line to nothing", 2, () => ""],
    ["a line to two of it", 2, (line) => line + line],
    ["text to a zero byte", 2, (line) => line.replace("raw", "r\u0000w")],
    ["the version in the header", 0, (line) => line.replace("hufu-chain/2", "hufu-chain/3")],
    ["the chain id in the header", 0, digit(',"hardfork"')],
    ["the first block's time in the header", 0, digit("}")],
    ["the hardfork in the header to an unknown one", 0, (line) => line.replace("prague", "pragve")],
    ["the hardfork in the header to another one", 0, (line) => line.replace("prague", "london")],
    ["the header to one without a hardfork", 0, (line) => line.replace("hardfork", "hardfolk")],
    ["the header to text that is not JSON", 0, (line) => line.slice(1)],
    ["the header to nothing", 0, () => ""],
  ])("a journal is damaged by a change of %s", async (_, at, change) => {
    await expect(openWith(at, change)).rejects.toThrowCode("JOURNAL_DAMAGED");
  });

  it("a journal with two blocks swapped is damaged", async () => {
    await writeFile(journal(), [lines[0], lines[2], lines[1], lines[3]].join(""));
    await expect(opening()).rejects.toThrowCode("JOURNAL_DAMAGED");
  });

  it("a journal is damaged by any other character in a record before the last", async () => {
    const text = lines.join("");
    const [header, last] = [lines[0]?.length ?? 0, lines.at(-1)?.length ?? 0];
    const position = fc.integer({ min: header, max: text.length - last - 1 });
    const any = fc.string({ minLength: 1, maxLength: 1, unit: "binary-ascii" });
    const character = fc.oneof(
      fc.nat(15).map((value) => value.toString(16)),
      any,
    );
    await fc.assert(
      fc.asyncProperty(position, character, async (at, other) => {
        fc.pre(text[at]?.toLowerCase() !== other.toLowerCase());
        await writeFile(journal(), text.slice(0, at) + other + text.slice(at + 1));
        await expect(opening()).rejects.toThrowCode("JOURNAL_DAMAGED");
      }),
      { numRuns: 60 },
    );
  });

  it("a damaged journal is left as it was found", async () => {
    const found = Buffer.from(`${lines.join("")}a line that was being writ`);
    found[(lines[0]?.length ?? 0) + 3] = 0xff; // not UTF-8 either
    await writeFile(journal(), found);
    await expect(opening()).rejects.toThrowCode("JOURNAL_DAMAGED");
    expect(await readFile(journal())).toEqual(found);
  });

  it.runIf(existsSync("/proc/self/fd"))("a damaged journal is not kept open", async () => {
    await expect(openWith(2, (line) => line.slice(2))).rejects.toThrowCode("JOURNAL_DAMAGED");
    await expect(openWith(3, digit('"}'))).rejects.toThrowCode("JOURNAL_DAMAGED");
    const open = await Promise.all(
      (await readdir("/proc/self/fd")).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => "")),
    );
    expect(open).not.toContain(journal());
  });
});

describe("a transaction that the chain does not take", () => {
  /** Tries `attempt` on a chain of two blocks, which then goes on. */
  async function refused(attempt: (chain: EmbeddedChain) => Promise<unknown>): Promise<void> {
    const before = (await linesOf(2)).join("");
    await onChain(async (chain) => {
      await expect(attempt(chain)).rejects.toBeInstanceOf(Error);
      expect(chain.height).toBe(2);
      expect(await readJournal()).toBe(before);
      await send(chain, 2);
      expect(chain.height).toBe(3);
    });
    expect((await onChain(tipOf)).number).toBe(3);
  }
  const raw = (chain: EmbeddedChain, bytes: unknown): Promise<unknown> =>
    chain.request("eth_sendRawTransaction", [bytes]);

  it.each<[string, (chain: EmbeddedChain) => Promise<unknown>]>([
    ["a nonce too low", (chain) => send(chain, 1, { value: 0, data: "0x01" })],
    ["a nonce too high", (chain) => send(chain, 3)],
    ["already known", (chain) => send(chain, 1)],
    ["another chain's id", (chain) => send(chain, 2, { chainId: 1 })],
    ["no chain's id", (chain) => send(chain, 2, { chainId: 0 })],
    ["nothing", (chain) => chain.request("eth_sendRawTransaction", [])],
    ["null", (chain) => raw(chain, null)],
    ["a number", (chain) => raw(chain, 7)],
    ["no bytes", (chain) => raw(chain, "0x")],
    ["bytes that are not a transaction", (chain) => raw(chain, `0x${"ab".repeat(100)}`)],
    ["text", (chain) => raw(chain, "garbage")],
    [
      "a transaction without signature",
      (chain) =>
        raw(chain, Transaction.from({ type: 0, chainId: CHAIN_ID, nonce: 2, to: TO }).unsignedSerialized),
    ],
    [
      "a transaction cut short",
      async (chain) => raw(chain, (await signed(wallet, { nonce: 2, to: TO })).slice(0, -2)),
    ],
    ["an object", async (chain) => raw(chain, { nonce: 2, to: TO })],
  ])("a sent transaction that is or has %s leaves nothing in the journal", async (_, attempt) => {
    await refused(attempt);
  });

  it.each<[string, Change]>([
    ["less gas than any transaction needs", { gasLimit: 20_000 }],
    ["more gas than a block has", { gasLimit: 10_000_000_000 }],
    ["a value that the sender does not have", { value: 1 }],
    ["a price that the sender cannot pay", { gasPrice: 1 }],
    ["code longer than allowed", { to: null, data: `0x${"00".repeat(50_000)}`, gasLimit: 5_000_000 }],
  ])("a refused transaction with %s leaves the chain working, and replays", async (_, change) => {
    await refused((chain) => send(chain, 2, change));
  });
});

describe("blocks", () => {
  it("concurrent transactions of many keys are mined in one block each", async () => {
    const senders = Array.from({ length: 25 }, (_, i) => new Wallet(id(`sender ${i}`)));
    const hashes = await onChain(async (chain) => {
      const sent = senders.flatMap((from) => [0, 1].map((nonce) => send(chain, nonce, { from })));
      return await Promise.all(sent);
    });
    expect(new Set(hashes).size).toBe(50);
    await onChain(async (chain) => {
      expect(chain.height).toBe(50);
      for (const hash of hashes) {
        const receipt = await chain.request("eth_getTransactionReceipt", [hash]);
        expect(receipt).toMatchObject({ status: "0x1", transactionIndex: "0x0" });
      }
    });
  });

  it("no block is lost when the chain is closed while blocks are mined", async () => {
    const raws = await Promise.all([0, 1, 2, 3].map((nonce) => signed(wallet, { nonce, to: TO })));
    const chain = await EmbeddedChain.open({ path: journal(), clock: new TestClock(), chainId: CHAIN_ID });
    const sent = raws.map((raw) => chain.request("eth_sendRawTransaction", [raw]));
    await chain.close();
    expect(new Set(await Promise.all(sent)).size).toBe(4);
    expect((await onChain(tipOf)).number).toBe(4);
  });

  it("blocks have the clock's time, and it never decreases when the clock goes back", async () => {
    const clock = new TestClock();
    const start = clock.now();
    const times = await onChain(async (chain) => {
      for (const [nonce, seconds] of [10, -3600, 20, 3600, -1].entries()) {
        clock.advance(seconds);
        await send(chain, nonce);
      }
      return await Promise.all([0, 1, 2, 3, 4, 5].map(async (n) => (await blockAt(chain, n)).timestamp));
    }, clock);
    expect(times.map((time) => time - start)).toEqual([0, 10, 10, 10, 30, 30]);
  });

  it("times of blocks do not decrease over a restart, nor below the first block's", async () => {
    await linesOf(1);
    const times = await onChain(async (chain) => {
      await send(chain, 1);
      return await Promise.all([0, 1, 2].map(async (n) => (await blockAt(chain, n)).timestamp));
    }, new TestClock(1_000_000_000));
    expect(times).toEqual([1_800_000_000, 1_800_000_000, 1_800_000_000]);
  });

  it("a block costs no fee, also after one that used nearly all of its gas", async () => {
    // one invalid instruction, which uses up whatever gas there is
    const burn = { to: null, data: "0xfe", gasLimit: 59_000_000 };
    await onChain(async (chain) => {
      const taken = await send(chain, 0, burn).then(
        () => 1,
        () => 0,
      );
      await send(chain, taken);
      expect(chain.height).toBe(taken + 1);
    });
  });
});

describe("the RPC port", () => {
  let chain: TestChain;
  beforeAll(async () => void (chain = await startTestChain()));
  afterAll(() => chain.close());

  const post = (body: string): Promise<Response> =>
    fetch(chain.url, { method: "POST", headers: { "content-type": "application/json" }, body });
  const request = (method: string, params: unknown[] = [], id: unknown = 1): object => ({
    jsonrpc: "2.0",
    id,
    method,
    params,
  });
  async function ask(message: unknown): Promise<unknown> {
    return (await post(JSON.stringify(message))).json();
  }

  it.each([
    ["eth_chainId", [], "0x7a69"],
    ["net_version", [], "31337"],
    ["eth_gasPrice", [], "0x0"],
    ["eth_blockNumber", [], "0xf"],
    ["eth_getBalance", [TO, "latest"], "0x0"],
    ["eth_syncing", [], false],
  ] as const)("the RPC port answers %s", async (method, params, result) => {
    expect(await ask(request(method, [...params]))).toEqual({ jsonrpc: "2.0", id: 1, result });
  });

  it.each([
    "evm_mine",
    "evm_revert",
    "evm_snapshot",
    "evm_increaseTime",
    "evm_setNextBlockTimestamp",
    "evm_setAutomine",
    "hardhat_reset",
    "hardhat_setBalance",
    "hardhat_setCode",
    "hardhat_setStorageAt",
    "hardhat_impersonateAccount",
    "hardhat_metadata",
    "eth_accounts",
    "eth_sendTransaction",
    "eth_sign",
    "eth_signTransaction",
    "eth_signTypedData_v4",
    "eth_newFilter",
    "eth_subscribe",
    "personal_sign",
    "personal_unlockAccount",
    "debug_traceTransaction",
    "debug_traceCall",
    "txpool_content",
    "miner_start",
    "admin_peers",
    "anvil_reorg",
    "eth_CALL",
    "constructor",
    "__proto__",
    "",
  ])("the RPC port does not serve %j", async (method) => {
    const height = chain.chain.height;
    expect(await ask(request(method, []))).toMatchObject({ id: 1, error: { code: -32_601 } });
    expect(chain.chain.height).toBe(height);
  });

  it("the RPC port answers a batch in its order, with an error for each bad request", async () => {
    const answers = await ask([request("eth_chainId", [], 7), request("eth_accounts", [], "a"), { id: 1 }]);
    expect(answers).toMatchObject([
      { id: 7, result: "0x7a69" },
      { id: "a", error: { code: -32_601 } },
      { id: null, error: { code: -32_600 } },
    ]);
  });

  it.each([
    ["a body that is not JSON", "{", -32_700],
    ["an empty body", "", -32_700],
    ["a number", "7", -32_600],
    ["null", "null", -32_600],
    ["no method", '{"jsonrpc":"2.0","id":1}', -32_600],
    ["another version", '{"jsonrpc":"1.0","id":1,"method":"eth_chainId"}', -32_600],
    ["parameters by name", '{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":{}}', -32_600],
  ])("the RPC port refuses %s", async (_, body, code) => {
    expect(await (await post(body)).json()).toMatchObject({ id: null, error: { code } });
  });

  it("the RPC port passes on the node's errors with their codes", async () => {
    const answer = await ask(request("eth_call", [{ to: "0x12" }, "latest"]));
    expect(answer).toMatchObject({ id: 1, error: { code: -32_602 } });
  });

  it.each(["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])(
    "the RPC port refuses the method %s",
    async (method) => {
      expect((await fetch(chain.url, { method })).status).toBe(405);
    },
  );

  it("the RPC port accepts a body of the longest transaction and more, and no longer one", async () => {
    const message = JSON.stringify(request("eth_chainId"));
    const padded = (length: number): string => message + " ".repeat(length - message.length);
    const largest = await post(padded(LONGEST_BODY));
    expect(await largest.json()).toMatchObject({ result: "0x7a69" });
    expect((await post(padded(LONGEST_BODY + 1))).status).toBe(413);
  });

  it("the RPC port accepts a transaction and mines it", async () => {
    const [key] = chain.hotKeys;
    const raw = await signed(key, { nonce: 1, to: key.address });
    const hash = await chain.rpc.request("eth_sendRawTransaction", [raw], hash32);
    const receipt = z.object({ status: quantity });
    expect(await chain.rpc.request("eth_getTransactionReceipt", [hash], receipt)).toEqual({ status: 1 });
    expect(await ask(request("eth_sendRawTransaction", [raw]))).toMatchObject({ error: { code: -32_000 } });
  });

  it("a port that is in use is refused", async () => {
    const port = Number(new URL(chain.url).port);
    const again = RpcServer.listen(new GuardedChain(chain.chain), { host: "127.0.0.1", port });
    await expect(again).rejects.toMatchObject({ code: "EADDRINUSE" });
  });
});

describe("the sample directory", () => {
  let whole: TestChain;
  let lines: string[];
  beforeAll(async () => {
    whole = await startTestChain();
    lines = (await readFile(join(whole.folder, "journal.ndjson"), "utf8")).split(/(?<=\n)/);
  });
  afterAll(() => whole.close());

  /** Puts into this test's folder what an end of the setup leaves: a journal of these lines, and keys. */
  async function leave(journalled: readonly string[], keys: readonly string[]): Promise<void> {
    await rm(folder, { recursive: true });
    await mkdir(folder);
    for (const key of keys) await cp(join(whole.folder, key), join(folder, key), { recursive: true });
    await writeFile(journal(), journalled.join(""));
  }

  /** Sets up the chain in this test's folder, and checks that it has the whole directory. */
  async function setUp(): Promise<{ registry: string; height: number }> {
    const folders = { governance: join(folder, "governance"), hot: join(folder, "hot") };
    return await onRpc(async (rpc, { height: before }) => {
      const registry = await bootstrap(rpc, folders);
      const reader = new RegistryReader(rpc, { registry, finality: 1 });
      const { latest } = await reader.heads();
      expect(latest.number).toBeGreaterThanOrEqual(before);
      expectWhole(await reader.events({ from: 0, to: latest.number }), await readKeys(folders.hot));
      return { registry, height: latest.number };
    });
  }

  function expectWhole(events: readonly RegistryEvent[], keys: readonly Wallet[]): void {
    const found = events.map((event) => {
      if (event.type === "scene-defined") return [event.scene, event.slug, event.names, event.blinded];
      if (event.type === "institution-registered")
        return [event.institution, event.names, event.officialNumber];
      return event.type === "key-added" ? [event.institution, event.key] : [];
    });
    expect(found).toHaveLength(ROLES_AT_START + SAMPLE_SCENES.length + 3 * SAMPLE_INSTITUTIONS.length);
    expect(found).toEqual(
      expect.arrayContaining([
        ...SAMPLE_SCENES.map(({ slug, names, blinded }, i) => [i + 1, slug, names, blinded]),
        ...SAMPLE_INSTITUTIONS.map(({ names, officialNumber }, i) => [i + 1, names, officialNumber]),
        ...keys.map(({ address }, i) => [i + 1, toAddress(address)]),
      ]),
    );
  }

  it("the sample directory is not set up on a registry of another version, with what to do", async () => {
    await leave([], ["governance"]);
    const deployer = await readKey(join(folder, "governance", "deployer.key"));
    await onRpc(async (rpc, chain) => {
      const other = await signed(deployer, { nonce: 0, data: "0x60016000f3" }); // code of one zero byte
      await chain.request("eth_sendRawTransaction", [other]);
      const folders = { governance: join(folder, "governance"), hot: join(folder, "hot") };
      await expect(bootstrap(rpc, folders)).rejects.toThrowCode("CONTRACT_CODE_MISMATCH");
    });
  });

  it("a second setup of the sample directory adds nothing", async () => {
    await leave(lines, ["governance", "hot"]);
    expect(await setUp()).toEqual({ registry: whole.registry, height: whole.chain.height });
    expect(await readJournal()).toBe(lines.join(""));
  });

  it("the sample directory is complete after a kill of the setup at any block or transaction", async () => {
    expect(lines).toHaveLength(1 + whole.chain.height);
    for (let kept = 1; kept <= lines.length; kept++) {
      await leave(lines.slice(0, kept), ["governance", "hot"]);
      expect([kept, await setUp()]).toEqual([kept, { registry: whole.registry, height: whole.chain.height }]);
    }
  });

  it.each([
    ["with no key but the deployer's, before any block", 1, ["governance/deployer.key"]],
    ["with no key but the deployer's, after the deployment", 2, ["governance/deployer.key"]],
    ["with every key but the hot ones", 2, ["governance"]],
  ])("the sample directory is complete after a kill of the setup %s", async (_, kept, keys) => {
    await leave(lines.slice(0, kept), keys);
    const done = await setUp();
    expect(done).toEqual({ registry: whole.registry, height: whole.chain.height });
    expect(await setUp()).toEqual(done);
  });
});
