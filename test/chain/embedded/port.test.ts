/** Tests what the embedded chain's port takes: from whom, from where, and how much. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Transaction, Wallet, id, type TransactionLike } from "ethers";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { MAX_GROUPS } from "../../../src/anchor/plan.ts";
import { EmbeddedChain } from "../../../src/chain/embedded/chain.ts";
import { GuardedChain, MAX_GAS, MAX_TRANSACTION } from "../../../src/chain/embedded/guarded-chain.ts";
import { creationCode, encodeCall, registry, toAddress } from "../../../src/chain/registry/registry.ts";
import { readKey } from "../../../src/chain/keys/signers.ts";
import { fromHex } from "../../../src/core/bytes.ts";
import { storageLow } from "../../../src/core/storage.ts";
import { TestClock } from "../../support/clock.ts";
import { signed, startTestChain, type TestChain } from "../../support/chain/embedded.ts";
import { anchorCall, CHAIN_ID, documentGroup } from "../../support/chain/submit.ts";
import { RawConnection } from "../../support/network/raw.ts";

/** JUMPDEST, PUSH1 0, JUMP: until the gas is used up. */
const ENDLESS = "0x5b600056";
const DAY = 86_400;
const stranger = new Wallet(id("stranger"));

let clock: TestClock;
let chain: TestChain;
const start = async (): Promise<void> => {
  clock = new TestClock();
  chain = await startTestChain({ clock });
};

const journal = (): Promise<string> => readFile(join(chain.folder, "journal.ndjson"), "utf8");
const governor = (): Promise<Wallet> => readKey(join(chain.folder, "governance", "deployer.key"));
const admin = (): Promise<Wallet> => readKey(join(chain.folder, "governance", "institution-1-admin.key"));
const payload = (text: string): Uint8Array => fromHex(id(text));

type Change = Omit<TransactionLike, "nonce">;

async function rpc(method: string, ...params: unknown[]): Promise<unknown> {
  return await chain.rpc.request(method, params, {
    safeParse: (data: unknown) => ({ success: true, data }),
  } as never);
}

/** Sends a call of the registry, or what `change` makes of it, and gives the receipt's status. */
async function send(from: Wallet, change: Change | string): Promise<string> {
  const effect = typeof change === "string" ? { data: change } : change;
  const nonce = Number(await rpc("eth_getTransactionCount", from.address, "latest"));
  const raw = await signed(from, { to: chain.registry, gasLimit: 1_000_000, ...effect, nonce });
  const hash = await rpc("eth_sendRawTransaction", raw);
  return ((await rpc("eth_getTransactionReceipt", hash)) as { status: string }).status;
}

const callOf = (name: string, ...values: unknown[]): string => registry.encodeFunctionData(name, values);

/** An attempt that is refused before it is mined, and leaves no trace. */
async function expectRefused(attempt: () => Promise<unknown>, why: string): Promise<void> {
  const [before, height] = [await journal(), chain.chain.height];
  await expect(attempt()).rejects.toThrow(why);
  expect([await journal(), chain.chain.height]).toEqual([before, height]);
}

describe("the senders of the embedded chain", () => {
  beforeEach(start);
  afterEach(() => chain.close());

  const SCENE = callOf("defineScene", "a-type", ["类型", "類型", "A type"], false, false);
  const profile = (number: string): unknown[] => [1, 2, "CN", number, ["机构", "機構", "An institution"]];
  const ACCEPT = callOf("acceptKey", 1);
  const grant = (role: string, to: Wallet): string => callOf("grantRole", id(role), to.address);
  const anchored = (): string => encodeCall(anchorCall(documentGroup([payload("a document")])));
  const addKey = (key: Wallet, from = 0, until = 0): string => callOf("addKey", 1, key.address, from, until);

  it("the governor defines a document type", async () => {
    expect(await send(await governor(), SCENE)).toBe("0x1");
  });

  it.each([
    [
      "ACCREDITOR_ROLE",
      (): string => callOf("registerInstitution", stranger.address, profile("91440300MA00TEST01")),
    ],
    ["SCENE_ROLE", (): string => SCENE],
    ["PAUSER_ROLE", (): string => callOf("setPaused", true)],
  ])("a holder of %s is taken once it has the role, and no longer after", async (role, act) => {
    const holder = new Wallet(id(role));
    await expectRefused(() => send(holder, act()), "nothing to do");
    await send(await governor(), grant(role, holder));
    expect(await send(holder, act())).toBe("0x1");
    await send(await governor(), callOf("revokeRole", id(role), holder.address));
    await expectRefused(() => send(holder, act()), "nothing to do");
  });

  it("the next governor takes over, and the earlier one is a stranger after", async () => {
    const [first, next] = [await governor(), new Wallet(id("next governor"))];
    for (const role of ["ACCREDITOR_ROLE", "SCENE_ROLE", "PAUSER_ROLE"])
      await send(first, callOf("renounceRole", id(role), first.address));
    await send(first, callOf("beginDefaultAdminTransfer", next.address));
    clock.advance(3 * DAY);
    expect(await send(next, callOf("acceptDefaultAdminTransfer"))).toBe("0x1");
    expect(await send(next, grant("SCENE_ROLE", next))).toBe("0x1");
    await expectRefused(() => send(first, callOf("setPaused", true)), "nothing to do");
  });

  it("an institution's admin proposes a key, which accepts and anchors", async () => {
    const key = new Wallet(id("key"));
    await expectRefused(() => send(key, ACCEPT), "nothing to do");
    expect(await send(await admin(), addKey(key))).toBe("0x1");
    expect(await send(key, ACCEPT)).toBe("0x1");
    expect(await send(key, anchored())).toBe("0x1");
  });

  it("a key is taken before its window begins, and is refused by the contract", async () => {
    const key = new Wallet(id("key"));
    await send(await admin(), addKey(key, clock.now() + DAY));
    expect(await send(key, ACCEPT)).toBe("0x1");
    expect(await send(key, anchored())).toBe("0x0");
  });

  it("a proposed key is a stranger a day after its window", async () => {
    const key = new Wallet(id("key"));
    await send(await admin(), addKey(key, 0, clock.now() + 1));
    clock.advance(DAY);
    expect(await send(key, ACCEPT)).toBe("0x0");
    clock.advance(1);
    await expectRefused(() => send(key, ACCEPT), "nothing to do");
  });

  it("the next admin is taken once it is named, and the earlier one no longer after", async () => {
    const next = new Wallet(id("next admin"));
    await send(await admin(), callOf("nameAdmin", 1, next.address));
    clock.advance(3 * DAY);
    expect(await send(next, callOf("acceptAdmin", 1))).toBe("0x1");
    expect(await send(next, addKey(new Wallet(id("its key"))))).toBe("0x1");
    await expectRefused(async () => send(await admin(), addKey(stranger)), "nothing to do");
  });

  it.each<[string, () => Promise<Wallet>, () => string]>([
    ["its admin cancels", admin, () => callOf("cancelAdmin", 1)],
    ["the institution is suspended", governor, () => callOf("setInstitutionState", 1, 2)],
  ])("who was named the next admin is a stranger after %s", async (_, by, act) => {
    const next = new Wallet(id("next admin"));
    await send(await admin(), callOf("nameAdmin", 1, next.address));
    expect(await send(next, callOf("acceptAdmin", 1))).toBe("0x0");
    expect(await send(await by(), act())).toBe("0x1");
    await expectRefused(() => send(next, callOf("acceptAdmin", 1)), "nothing to do");
  });

  it("a key whose window has ended is taken for a day, so that what it sent before is mined and refused", async () => {
    const [key] = chain.hotKeys;
    const another = new Wallet(id("another key"));
    await send(await admin(), addKey(another));
    await send(another, ACCEPT);
    expect(await send(await admin(), callOf("retireKey", key.address, 0))).toBe("0x1");
    expect(await send(key, anchored())).toBe("0x0");
    clock.advance(DAY);
    await expectRefused(() => send(key, anchored()), "nothing to do");
  });

  it("senders are known again after a restart", async () => {
    const guarded = new GuardedChain(chain.chain);
    const raw = await signed(chain.hotKeys[0], { nonce: 1, to: chain.hotKeys[0].address });
    await expect(guarded.request("eth_sendRawTransaction", [raw])).resolves.toMatch(/^0x/);
    const other = await signed(stranger, { nonce: 0, to: stranger.address });
    await expect(guarded.request("eth_sendRawTransaction", [other])).rejects.toThrow("nothing to do");
  });

  it("a holder of a role deploys the next registry", async () => {
    const deployer = new Wallet(id("deployer"));
    const creation = {
      to: null,
      data: creationCode(toAddress(deployer.address), chain.registry),
      gasLimit: 7e6,
    };
    await expectRefused(() => send(deployer, creation), "nothing to do");
    await send(await governor(), grant("PAUSER_ROLE", deployer));
    expect(await send(deployer, creation)).toBe("0x1");
  });

  it("the first registry is made by the deployer alone", async () => {
    const [deployer, path] = [new Wallet(id("deployer")), join(chain.folder, "another.ndjson")];
    const empty = await EmbeddedChain.open({ path, clock, chainId: CHAIN_ID });
    const guarded = new GuardedChain(empty, { deployer: toAddress(deployer.address) });
    const create = async (from: Wallet): Promise<unknown> => {
      const data = creationCode(toAddress(from.address));
      return guarded.request("eth_sendRawTransaction", [
        await signed(from, { nonce: 0, data, gasLimit: 7e6 }),
      ]);
    };
    await expect(create(stranger)).rejects.toThrow("nothing to do");
    await expect(create(deployer)).resolves.toMatch(/^0x/);
    expect(empty.height).toBe(1);
    await empty.close();
  });
});

describe("transactions that the embedded chain does not take", () => {
  beforeAll(start);
  afterAll(() => chain.close());

  const long = (bytes: number): string => `0x${"11".repeat(bytes)}`;

  it.each<[string, () => Wallet, Change | string, string]>([
    ["an endless loop of a stranger", () => stranger, { to: null, data: ENDLESS, gasLimit: 30e6 }, "at most"],
    [
      "one with less gas",
      () => stranger,
      { to: null, data: ENDLESS, gasLimit: 5e6 },
      "only calls of registries",
    ],
    [
      "one of a key",
      () => chain.hotKeys[0],
      { to: null, data: ENDLESS, gasLimit: 5e6 },
      "only calls of registries",
    ],
    [
      "100 kB of a stranger to itself",
      () => stranger,
      { to: stranger.address, data: long(9e4), gasLimit: 5e6 },
      "nothing to do",
    ],
    [
      "100 kB of a stranger to the registry",
      () => stranger,
      { data: long(9e4), gasLimit: 5e6 },
      "nothing to do",
    ],
    ["nothing of a stranger", () => stranger, "0x", "nothing to do"],
    [
      "more bytes than any needs",
      () => chain.hotKeys[0],
      { data: long(MAX_TRANSACTION), gasLimit: 5e6 },
      "bytes",
    ],
    ["more gas than any needs", () => chain.hotKeys[0], { gasLimit: MAX_GAS + 1 }, "gas"],
    [
      "data to another address",
      () => chain.hotKeys[0],
      { to: stranger.address, data: long(32) },
      "only calls",
    ],
    [
      "a call of a precompile",
      () => chain.hotKeys[0],
      { to: `0x${"00".repeat(19)}05`, data: long(96) },
      "only calls",
    ],
  ])("%s is refused before it is mined, and is in no journal", async (_, from, change, why) => {
    await expectRefused(() => send(from(), change), why);
  });

  it("a transaction that gives an account code is refused", async () => {
    const [key] = chain.hotKeys;
    const authorization = await key.authorize({ address: chain.registry, chainId: CHAIN_ID, nonce: 1 });
    const set = {
      type: 4,
      gasPrice: null,
      maxFeePerGas: 0,
      maxPriorityFeePerGas: 0,
      authorizationList: [authorization],
    };
    await expectRefused(() => send(key, { ...set, to: key.address }), "types 0, 1 and 2");
  });

  it("a transaction of type 2 is taken", async () => {
    const [, key] = chain.hotKeys;
    const fees = { type: 2, gasPrice: null, maxFeePerGas: 0, maxPriorityFeePerGas: 0 };
    expect(await send(key, { ...fees, to: key.address })).toBe("0x1");
  });

  it("nothing is taken while the gate is shut, such as on a full disk", async () => {
    const [key] = chain.hotKeys;
    let full = true;
    const gate = (): Promise<void> =>
      full ? Promise.reject(storageLow("5 bytes are free")) : Promise.resolve();
    const guarded = new GuardedChain(chain.chain, { gate });
    const raw = await signed(key, { nonce: 1, to: key.address });
    await expectRefused(() => guarded.request("eth_sendRawTransaction", [raw]), "5 bytes are free");
    full = false;
    expect(await guarded.request("eth_sendRawTransaction", [raw])).toBe(Transaction.from(raw).hash);
  });
});

describe("calls of the embedded chain", () => {
  beforeAll(start);
  afterAll(() => chain.close());

  const method = ["eth_call", "eth_estimateGas"] as const;
  const CODE = { [stranger.address]: { code: ENDLESS } };
  const tries: [string, () => unknown[]][] = [
    ["an endless loop as a creation", () => [{ data: ENDLESS, gas: "0x1c9c380" }, "latest"]],
    ["an endless loop as a creation to null", () => [{ to: null, data: ENDLESS }]],
    ["an endless loop as an override", () => [{ to: stranger.address }, "latest", CODE]],
    [
      "an override of the registry",
      () => [{ to: chain.registry }, "latest", { [chain.registry]: { code: ENDLESS } }],
    ],
    ["a precompile", () => [{ to: `0x${"00".repeat(19)}05`, data: "0x00" }, "latest"]],
    ["no object", () => ["0x", "latest"]],
    ["data that is no hexadecimal", () => [{ to: chain.registry, data: "0x0" }, "latest"]],
  ];
  it.each(method.flatMap((name) => tries.map(([what, params]) => [name, what, params] as const)))(
    "%s of %s is refused",
    async (name, _, params) => {
      await expect(rpc(name, ...params())).rejects.toThrowCode("RPC_REFUSED");
    },
  );

  it("a call of the registry reads it, whatever gas is asked for", async () => {
    const data = callOf("counts");
    for (const gas of [{}, { gas: "0x1" }, { gas: "0xffffffffff" }]) {
      const result = (await rpc("eth_call", { to: chain.registry, data, ...gas }, "latest")) as string;
      expect(registry.decodeFunctionResult("counts", result).toArray().map(Number)).toEqual([2, 0, 8]);
    }
  });

  it("an estimate of a transaction to oneself is given", async () => {
    const { address } = chain.hotKeys[0];
    expect(Number(await rpc("eth_estimateGas", { from: address, to: address }))).toBeLessThan(22_000);
  });

  it("the dearest transactions of a service fit their limits, and not much more does", async () => {
    const perGroup = 2_000 / MAX_GROUPS;
    const groups = Array.from({ length: MAX_GROUPS }, (_, group) => {
      const payloads = Array.from({ length: perGroup }, (__, i) => payload(`${group}/${i}`));
      return documentGroup(payloads, { validUntil: 4_000_000_000 + group });
    });
    const data = encodeCall(anchorCall(...groups));
    const { address: from } = chain.hotKeys[0];
    const creation = { from, data: creationCode(toAddress(from)) };
    const needed = [
      Number(await rpc("eth_estimateGas", { from, to: chain.registry, data })),
      Number(await rpc("eth_estimateGas", creation)),
    ];
    const limit = Math.max(...needed) * 1.25 + 100_000;
    expect(limit).toBeLessThanOrEqual(MAX_GAS);
    expect(MAX_GAS).toBeLessThan(1.25 * limit);
    expect(data.length / 2 + 200).toBeLessThanOrEqual(MAX_TRANSACTION);
  });
});

describe("logs of the embedded chain", () => {
  beforeAll(start);
  afterAll(() => chain.close());

  const LOG = "1".repeat(50_000);
  /** A chain of so many blocks, each with a long log. */
  function longChain(height: number): { guarded: GuardedChain; asked: number[] } {
    const asked: number[] = [];
    const request = (_: string, [range]: { fromBlock: string; toBlock: string }[]): unknown => {
      const { fromBlock, toBlock } = range ?? { fromBlock: "", toBlock: "" };
      const blocks = Number(toBlock) - Number(fromBlock) + 1;
      asked.push(blocks);
      return Promise.resolve(Array.from({ length: blocks }, () => LOG));
    };
    return { guarded: new GuardedChain({ height, request } as never), asked };
  }

  it("logs are read block by block up to a limit, so that no answer is too long", async () => {
    const { guarded, asked } = longChain(1_000);
    await expect(guarded.request("eth_getLogs", [{ fromBlock: "0x0", toBlock: "latest" }])).rejects.toThrow(
      "fewer",
    );
    expect(asked).toHaveLength(2);
    expect(Math.max(...asked)).toBe(20);
    expect(await guarded.request("eth_getLogs", [{ fromBlock: "0x1", toBlock: "0x14" }])).toHaveLength(20);
  });

  it.each([
    [{ fromBlock: "earliest" }],
    [{ fromBlock: "0x0", toBlock: "latest" }],
    [{ fromBlock: "0x0", toBlock: "0xffffffff" }],
  ])("logs of more than 2,000 blocks are refused (%j)", async (filter) => {
    await expect(longChain(2_000).guarded.request("eth_getLogs", [filter])).rejects.toThrow("2000 blocks");
  });

  it.each([[[]], [["latest"]], [[{ fromBlock: "0x0g" }]], [[{ fromBlock: 1 }]]])(
    "a filter that is none is refused (%j)",
    async (params) => {
      await expect(rpc("eth_getLogs", ...params)).rejects.toThrowCode("RPC_REFUSED");
    },
  );

  it("logs are given by number, by tag and by the block's hash", async () => {
    const block = (await rpc("eth_getBlockByNumber", "latest", false)) as { hash: string; number: string };
    const logs = await rpc("eth_getLogs", { fromBlock: block.number, toBlock: block.number });
    expect(logs).toHaveLength(1);
    expect(await rpc("eth_getLogs", { blockHash: block.hash })).toEqual(logs);
    expect(await rpc("eth_getLogs", {})).toEqual(logs);
    expect(await rpc("eth_getLogs", { fromBlock: "earliest", address: stranger.address })).toEqual([]);
  });
});

describe("requests of the embedded chain's port", () => {
  beforeAll(start);
  afterAll(() => chain.close());

  const BODY = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_chainId" });
  /** Sends a request with these headers, and gives the whole answer. */
  async function raw(
    headers: Record<string, string>,
    { line = "POST / HTTP/1.1", body = BODY } = {},
  ): Promise<string> {
    const all = {
      host: new URL(chain.url).host,
      "content-type": "application/json",
      "content-length": String(body.length),
      connection: "close",
      ...headers,
    };
    const lines = Object.entries(all)
      .filter(([, value]) => value !== "")
      .map(([name, value]) => `${name}: ${value}`);
    const connection = new RawConnection(chain.url);
    connection.write(`${line}\r\n${lines.join("\r\n")}\r\n\r\n${body}`);
    return await connection.closed;
  }
  const statusOf = (answer: string): number => Number(answer.split(" ")[1]);

  it.each(["localhost", "LOCALHOST:8545", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:8545", "127.1.2.3"])(
    "a request for the host %s is answered",
    async (host) => {
      expect(statusOf(await raw({ host }))).toBe(200);
    },
  );

  it.each([
    "hufu.example",
    "rebound.example:8545",
    "127.0.0.1.example",
    "localhost.example",
    "127.0.0.1@evil.example",
    "localhost:8545:80",
    "0.0.0.0",
    "[::ffff:127.0.0.1]",
    "192.168.0.1",
  ])(
    "a request for the host %s, as of a page whose name resolves to this machine, is refused",
    async (host) => {
      expect(statusOf(await raw({ host }))).toBe(421);
    },
  );

  it("a request without a host is refused", async () => {
    expect(statusOf(await raw({ host: "" }))).toBe(400);
    expect(statusOf(await raw({ host: "" }, { line: "POST / HTTP/1.0" }))).toBe(421);
  });

  it.each(["https://evil.example", "null", "http://127.0.0.1:3000", "http://localhost"])(
    "a request of a page of the origin %s is refused",
    async (origin) => {
      expect(statusOf(await raw({ origin }))).toBe(403);
    },
  );

  it.each([
    "",
    "text/plain",
    "text/plain;charset=UTF-8",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "application/jsonp",
  ])("a body of the type %j, which a page sends without asking, is refused", async (type) => {
    expect(statusOf(await raw({ "content-type": type }))).toBe(415);
  });

  it("a page's question whether it may send is not answered with yes", async () => {
    const asking = {
      "access-control-request-method": "POST",
      "access-control-request-headers": "content-type",
    };
    for (const origin of ["https://evil.example", ""]) {
      const answer = await raw({ ...asking, origin }, { line: "OPTIONS / HTTP/1.1" });
      expect([403, 405]).toContain(statusOf(answer));
      expect(answer.toLowerCase()).not.toContain("access-control");
    }
  });

  it("a batch of 100 requests is answered, and one of more is not", async () => {
    const batch = (count: number): string => `[${Array.from({ length: count }, () => BODY).join()}]`;
    const headers = { "content-type": "application/json" };
    const ask = async (body: string): Promise<unknown> =>
      (await fetch(chain.url, { method: "POST", headers, body })).json();
    expect(await ask(batch(100))).toHaveLength(100);
    const refused = { id: null, error: { code: -32_600 } };
    expect(await ask(batch(101))).toMatchObject(refused);
    expect(statusOf(await raw({}, { body: batch(38_836) }))).toBe(413);
    expect(await ask(`[${"1,".repeat(38_835)}1]`)).toMatchObject(refused);
  });
});
