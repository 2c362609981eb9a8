/** Tests faults of RPC nodes: nothing half-read is stored and no answer is wrong. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { z } from "zod";
import { quantity } from "../../src/chain/rpc/rpc.ts";
import { toAddress } from "../../src/chain/registry/registry.ts";
import { startTestChain, type TestChain } from "../support/chain/embedded.ts";
import { TestClock } from "../support/clock.ts";
import { FaultBench } from "../support/stack/fault-bench.ts";
import { ScriptedNode, forward, type Answer, type RpcRequest } from "../support/chain/json-rpc.ts";
import { randomFrom } from "../support/random.ts";
import { anchorCall, documentGroup, submit, submitterAt } from "../support/chain/submit.ts";

let bench: FaultBench;
let made = 0;
beforeAll(async () => void (bench = await FaultBench.open()));
afterAll(async () => await bench[Symbol.asyncDispose]());

type Fault = (request: RpcRequest) => Answer | Promise<Answer> | undefined;

/** A node in front of the chain that does as `fault` says while it is set, and counts how often that was. */
async function faulty(): Promise<ScriptedNode & { fault: Fault | undefined; met: number }> {
  const state: { fault: Fault | undefined; met: number } = { fault: undefined, met: 0 };
  const node = await ScriptedNode.start((request) => {
    const answer = now().fault?.(request);
    if (answer === undefined) return forward(bench.chain.url, request);
    now().met += 1;
    return answer;
  });
  const both = Object.assign(node, state);
  const now = (): typeof state => both;
  return both;
}

const padding = "ab".repeat(5 << 20);
const wrapped = ({ id }: RpcRequest, members: object): Answer => ({
  body: JSON.stringify({ jsonrpc: "2.0", id, ...members }),
});

/** Milliseconds that a node has where it does not answer in time. */
const SOON = 500;

/** Each fault, for every method; those of time with how long a node has. */
const FAULTS: readonly [string, (request: RpcRequest) => Answer | Promise<Answer>, number?][] = [
  ["F17: HTTP 500", () => ({ status: 500, body: "{}" })],
  ["F17: HTTP 503 with Retry-After", () => ({ status: 503, headers: { "retry-after": "1" }, body: "" })],
  ["F17: HTTP 429 with Retry-After", () => ({ status: 429, headers: { "retry-after": "1" }, body: "" })],
  [
    "F18: an answer that comes after the time allowed",
    async (request) => {
      await sleep(3 * SOON);
      return await forward(bench.chain.url, request);
    },
    SOON,
  ],
  ["F19: a reset in the middle of an answer", () => "reset"],
  ["F20: JSON that breaks off", () => ({ body: '{"jsonrpc":"2.0","id":1,"result":"0x' })],
  ["F20: HTML", () => ({ headers: { "content-type": "text/html" }, body: "<html>Welcome</html>" })],
  [
    "F21: the answer to another request",
    async (request) =>
      wrapped({ ...request, id: request.id + 1 }, (await forward(bench.chain.url, request)) as object),
  ],
  ["F28: an answer of 10 MB", (request) => wrapped(request, { result: `0x${padding}` })],
  ["F30: a connection that stays open and says nothing", () => "silence", SOON],
  ["F30: an answer that stops half-way", () => "stall", SOON],
];

describe.each(FAULTS)("%s", (title, fault, timeout) => {
  const pool = { request: timeout === undefined ? {} : { timeout } };
  it(`${title}: the index writes nothing, answers nothing wrong, and continues once the fault is over`, async () => {
    await using node = await faulty();
    await using follower = await bench.follower([node.url], { pool });
    await follower.through();
    const before = await follower.dump();
    const text = `during ${made++}`;
    await bench.anchor(text);
    node.fault = fault;
    for (let i = 0; i < 2; i++) {
      expect(await follower.round()).toMatch(/^RPC_(UNAVAILABLE|INCONSISTENT)$/);
      expect(await follower.dump()).toEqual(before);
      await follower.isRight();
      expect(await follower.verdict("stands")).toBe("valid");
      expect(await follower.verdict("revoked")).toBe("revoked");
    }
    expect(node.met).toBeGreaterThan(0);
    node.fault = undefined;
    await follower.through();
    expect(await follower.verdict(text)).toBe("valid");
    await using fresh = await bench.follower([bench.chain.url]);
    await fresh.through();
    expect(await follower.dump()).toEqual(await fresh.dump());
  });

  it(`${title}: new entries are read from another node`, async () => {
    await using node = await faulty();
    await using other = await faulty();
    await using follower = await bench.follower([node.url, other.url], { pool });
    await follower.through();
    const text = `during ${made++}`;
    await bench.anchor(text);
    node.fault = fault;
    await follower.through();
    expect(node.met).toBeGreaterThan(0);
    expect(await follower.verdict(text)).toBe("valid");
  });

  it(`${title}: a fault in the middle of a round leaves no partial read`, async () => {
    await using node = await faulty();
    await using follower = await bench.follower([node.url], { pool });
    await follower.through();
    const before = await follower.dump();
    await bench.anchor(`during ${made++}`);
    for (const method of ["eth_getLogs", "eth_call"]) {
      node.fault = (request) => (request.method === method ? fault(request) : undefined);
      expect(await follower.round()).toMatch(/^RPC_(UNAVAILABLE|INCONSISTENT)$/);
      await follower.isRight();
      if (method === "eth_getLogs") expect(await follower.dump()).toEqual(before);
    }
  });
});

describe("F18: a slow node", () => {
  it("F18: a slow node is waited for as long as is allowed", async () => {
    await using node = await faulty();
    await using follower = await bench.follower([node.url]);
    node.fault = async (request) => {
      await sleep(40);
      return await forward(bench.chain.url, request);
    };
    expect(await follower.round()).toBeUndefined();
    expect(await follower.verdict("stands")).toBe("valid");
  });
});

describe("F28: an answer without end", () => {
  it("F28: an endless answer is cut off, and little of it is kept in memory", async () => {
    await using node = await faulty();
    await using follower = await bench.follower([node.url]);
    node.fault = ({ method }) => (method === "eth_getBlockByNumber" ? "endless" : undefined);
    expect(await follower.round()).toBe("RPC_INCONSISTENT");
    expect(node.taken).toBeGreaterThan(4 << 20);
    expect(node.taken).toBeLessThan(32 << 20); // what the system holds between the two comes on top
  });
});

describe("F15: a node that serves another chain from one moment to the next", () => {
  let other: TestChain;
  beforeAll(async () => void (other = await startTestChain({ clock: new TestClock(1_700_000_000) })));
  afterAll(() => other.close());

  const elsewhere = async (request: RpcRequest): Promise<Answer> =>
    request.method === "eth_chainId" ? { result: "0x1" } : await forward(other.url, request);

  it("F15: a node of another chain is not read, and the right one is read on", async () => {
    await using node = await faulty();
    await using follower = await bench.follower([node.url]);
    await follower.through();
    const before = await follower.dump();
    node.fault = elsewhere;
    for (let i = 0; i < 3; i++) {
      expect(await follower.round()).toBe("RPC_INCONSISTENT");
      expect(await follower.dump()).toEqual(before);
      await follower.isRight();
    }
    expect(await follower.doubt()).toBeUndefined();
    expect(node.met).toBeGreaterThan(0);
    node.fault = undefined;
    expect(await follower.through()).toEqual([]);
  });

  it("F15: another chain id is found within a round though the blocks are the same, and nothing is sent", async () => {
    await using node = await faulty();
    await using follower = await bench.follower([node.url]);
    await follower.through();
    const before = await follower.dump();
    const text = `under another id ${made++}`;
    await bench.anchor(text);
    node.fault = ({ method }) => (method === "eth_chainId" ? { result: "0x1" } : undefined);
    for (let i = 0; i < 2; i++) {
      expect(await follower.round()).toBe("RPC_INCONSISTENT");
      expect(await follower.dump()).toEqual(before);
      await follower.isRight();
    }
    const [wallet] = bench.chain.hotKeys;
    const submitter = submitterAt({ ...bench.chain, rpc: follower.pool, hotKeys: [wallet] });
    const bytes = { hash: new Uint8Array(32), raw: new Uint8Array([0xc0]) };
    const sending = submitter.broadcast({
      ...bytes,
      signer: toAddress(wallet.address),
      nonce: 0,
      gasPrice: 0n,
    });
    await expect(sending).rejects.toThrowCode("RPC_INCONSISTENT");
    expect(node.requests.map(({ method }) => method)).not.toContain("eth_sendRawTransaction");
    expect(await follower.doubt()).toBeUndefined();
    node.fault = undefined;
    expect(await follower.through()).toEqual([]);
    expect(await follower.verdict(text)).toBe("valid");
  });

  it("F15: another first block is found under the same id, after the connection was lost", async () => {
    await using node = await faulty();
    await using follower = await bench.follower([node.url]);
    await follower.through();
    const before = await follower.dump();
    node.fault = () => "reset";
    await follower.round();
    node.fault = async (request) => await forward(other.url, request);
    await sleep(20);
    expect(await follower.round()).toBe("RPC_INCONSISTENT");
    expect(await follower.dump()).toEqual(before);
    expect(follower.lines.some(({ detail }) => String(detail).includes("first block"))).toBe(true);
  });

  it("F15: a node of another chain is left for another node, and no transaction is prepared at it", async () => {
    await using node = await faulty();
    await using right = await faulty();
    await using follower = await bench.follower([node.url, right.url]);
    await follower.through();
    node.fault = elsewhere;
    expect(await follower.through()).toEqual([]);
    const asked = node.requests.length;
    const [wallet] = bench.chain.hotKeys;
    const submitter = submitterAt({ ...bench.chain, rpc: follower.pool, hotKeys: [wallet] });
    expect(await submitter.nonceOf(toAddress(wallet.address))).toBeGreaterThan(0);
    const since = node.requests.slice(asked).map(({ method }) => method);
    expect(since.filter((method) => method !== "eth_chainId")).toEqual([]);
  });

  it("F15: the index alone finds another chain too, and is in doubt for as long as it lasts", async () => {
    await using node = await faulty();
    await using follower = await bench.follower([node.url], { pinned: false });
    await follower.through();
    const height = await bench.chain.rpc.request("eth_blockNumber", [], z.string());
    node.fault = async (request) => {
      const answer = await elsewhere(request);
      if (request.params[0] !== "latest" || typeof answer === "string" || !("result" in answer))
        return answer;
      return { result: { ...(answer.result as object), number: height } };
    };
    expect(await follower.round()).toBe("NO_CONTRACT");
    expect(await follower.doubt()).toBe("NO_CONTRACT");
    expect(await follower.verdict("revoked")).toBe("indeterminate");
    node.fault = undefined;
    await follower.through();
    expect(await follower.doubt()).toBeUndefined();
    await follower.isRight();
  });
});

describe("a node that drops old blocks", () => {
  /** The oldest block of which it has the logs. */
  let oldestKept: number;
  beforeAll(async () => {
    await bench.anchor("kept by every node");
    oldestKept = await bench.chain.rpc.request("eth_blockNumber", [], quantity);
  });

  const dropped = ({ method, params }: RpcRequest): boolean =>
    method === "eth_getLogs" && Number((params[0] as { fromBlock: string }).fromBlock) < oldestKept;
  const refusing = (code: number, message: string) => (): Answer => ({ error: { code, message } });
  const DROPS: readonly [string, (request: RpcRequest) => Answer | Promise<Answer>][] = [
    ["refuses old logs by EIP-4444", refusing(4444, "pruned history unavailable")],
    ["refuses old logs by its own message", refusing(-32_000, "Receipt not available for From block 1.")],
    ["silently omits old logs", () => ({ result: [] })],
    [
      "silently truncates a range",
      async (request) => {
        const [filter] = request.params as [{ toBlock: string }];
        const fromBlock = `0x${oldestKept.toString(16)}`;
        if (Number(filter.toBlock) < oldestKept) return { result: [] };
        return await forward(bench.chain.url, { ...request, params: [{ ...filter, fromBlock }] });
      },
    ],
  ];

  it.each(DROPS)("a node that %s makes no index, and the missing history is reported", async (_, drop) => {
    await using node = await faulty();
    node.fault = (request) => (dropped(request) ? drop(request) : undefined);
    await using follower = await bench.follower([node.url]);
    for (let i = 0; i < 2; i++) {
      expect(await follower.round()).toBe("HISTORY_UNAVAILABLE");
      for (const text of ["stands", "revoked", "kept by every node", "never anchored"])
        expect(await follower.verdict(text)).toBe("indeterminate");
    }
    expect(node.met).toBeGreaterThan(0);
    node.fault = undefined;
    expect(await follower.through()).toEqual([]);
    expect(await follower.verdict("stands")).toBe("valid");
  });

  it.each(DROPS)("the index is made from another node where one %s", async (_, drop) => {
    await using node = await faulty();
    node.fault = (request) => (dropped(request) ? drop(request) : undefined);
    await using follower = await bench.follower([node.url, bench.chain.url]);
    expect(new Set(await follower.through())).toEqual(new Set(["HISTORY_UNAVAILABLE"]));
    await using fresh = await bench.follower([bench.chain.url]);
    await fresh.through();
    expect(await follower.dump()).toEqual(await fresh.dump());
  });

  it.each(DROPS)("an existing index continues with a node that %s", async (_, drop) => {
    await using node = await faulty();
    await using follower = await bench.follower([node.url]);
    await follower.through();
    node.fault = (request) => (dropped(request) ? drop(request) : undefined);
    const text = `after the drop ${made++}`;
    await bench.anchor(text);
    expect(await follower.round()).toBeUndefined();
    expect(await follower.verdict(text)).toBe("valid");
  });

  it("a pruned node is distinguished from one that refuses all logs, and from one that fails now and then", async () => {
    await using node = await faulty();
    await using follower = await bench.follower([node.url]);
    node.fault = ({ method }) =>
      method === "eth_getLogs" ? { error: { code: -32_005, message: "limit exceeded" } } : undefined;
    expect(await follower.round()).toBe("RPC_REFUSED");
    let asked = 0;
    node.fault = (request) =>
      dropped(request) && asked++ === 0 ? { error: { code: -32_000, message: "busy" } } : undefined;
    expect(await follower.round()).toBeUndefined();
  });
});

describe("an empty answer of a balancer at the first start", () => {
  it.each<[string, string, unknown]>([
    ["no logs", "eth_getLogs", []],
    ["no code", "eth_getCode", "0x"],
    ["no block", "eth_getBlockByNumber", null],
  ])(
    "a node that gives %s every second time is asked again, and makes the index",
    async (_, method, empty) => {
      await using node = await faulty();
      await using follower = await bench.follower([node.url]);
      let asked = 0;
      node.fault = (request) =>
        request.method === method && asked++ % 2 === 0 ? { result: empty } : undefined;
      expect(await follower.round()).toBeUndefined();
      expect(node.met).toBeGreaterThan(0);
      expect(await follower.doubt()).toBeUndefined();
      expect(await follower.verdict("stands")).toBe("valid");
      await follower.isRight();
    },
  );
});

describe("F25: nodes at different heights", () => {
  /** What a node that is some blocks behind answers. */
  async function behind(by: number, request: RpcRequest): Promise<Answer> {
    const { url } = bench.chain;
    const height = (await bench.chain.rpc.request("eth_blockNumber", [], quantity)) - by;
    const at = (tag: unknown): unknown => (tag === "latest" ? `0x${height.toString(16)}` : tag);
    const [first, second] = request.params;
    const missing = (tag: unknown): boolean => typeof tag === "string" && Number(at(tag)) > height;
    switch (request.method) {
      case "eth_getBlockByNumber":
        return missing(first) ? { result: null } : forward(url, { ...request, params: [at(first), second] });
      case "eth_call":
        if (missing(second)) return { error: { code: -32_000, message: "header not found" } };
        return await forward(url, { ...request, params: [first, at(second)] });
      case "eth_getLogs": {
        const filter = first as { fromBlock: string; toBlock: string };
        if (Number(filter.fromBlock) > height) return { result: [] };
        const toBlock = `0x${Math.min(Number(filter.toBlock), height).toString(16)}`;
        return await forward(url, { ...request, params: [{ ...filter, toBlock }] });
      }
      default:
        return await forward(url, request);
    }
  }

  it("F25: nodes mixed at random behind one address give a complete and right index", async () => {
    const random = randomFrom(inject("seed"));
    await using node = await faulty();
    await using follower = await bench.follower([node.url]);
    await follower.through();
    node.fault = (request) => (random() < 0.3 ? behind(1 + Math.floor(random() * 2), request) : undefined);
    for (let i = 0; i < 5; i++) {
      const text = `balanced ${made++}`;
      await bench.anchor(text);
      await follower.through();
    }
    expect(node.met).toBeGreaterThan(0);
    expect(await follower.doubt()).toBeUndefined();
    node.fault = undefined;
    await follower.through();
    await using fresh = await bench.follower([bench.chain.url]);
    await fresh.through();
    expect(await follower.dump()).toEqual(await fresh.dump());
  });

  it("F25: a node that goes back is not a reorg: nothing is rolled back, and the other one is read", async () => {
    await using ahead = await faulty();
    await using late = await faulty();
    await using follower = await bench.follower([late.url, ahead.url]);
    await follower.through();
    await bench.anchor(`ahead ${made++}`);
    late.fault = () => "reset";
    await follower.through();
    const before = await follower.dump();
    late.fault = (request) => behind(2, request);
    await sleep(30);
    const fault = await follower.round();
    expect([undefined, "RPC_INCONSISTENT"]).toContain(fault);
    expect(await follower.dump()).toEqual(before);
    await follower.through();
    expect(await follower.doubt()).toBeUndefined();
    expect(late.met).toBeGreaterThan(0);
  });

  it("F25: one round reads from one node only", async () => {
    await using first = await faulty();
    await using second = await faulty();
    await using follower = await bench.follower([first.url, second.url]);
    await follower.through();
    await bench.anchor(`pinned ${made++}`);
    // the first node goes away between the newest block and its logs
    first.fault = ({ method }) => (method === "eth_getLogs" ? "reset" : undefined);
    const seen = second.requests.length;
    const fault = await follower.round();
    expect(fault).toBe("RPC_UNAVAILABLE");
    const asked = second.requests.slice(seen).map(({ method }) => method);
    expect(asked).not.toContain("eth_getLogs");
  });
});

describe("F29: a range of logs that is too large", () => {
  const span = ({ params }: RpcRequest): number => {
    const [{ fromBlock, toBlock }] = params as [{ fromBlock: string; toBlock: string }];
    return Number(toBlock) - Number(fromBlock) + 1;
  };

  it.each<[string, (request: RpcRequest) => Answer]>([
    [
      "refused by the usual code",
      () => ({ error: { code: -32_005, message: "query returned more than 10000 results" } }),
    ],
    ["refused by another message", () => ({ error: { code: -32_602, message: "block range is too wide" } })],
    ["answered without end", (request) => wrapped(request, { result: [padding] })],
  ])("F29: a range that is %s is requested in halves until it fits", async (_, refusal) => {
    await using node = await faulty();
    await using follower = await bench.follower([node.url], {
      pool: { request: { timeout: 2_000, maxReply: 4 << 20 } },
    });
    node.fault = (request) =>
      request.method === "eth_getLogs" && span(request) > 3 ? refusal(request) : undefined;
    expect(await follower.through()).toEqual([]);
    expect(node.met).toBeGreaterThan(1);
    await using fresh = await bench.follower([bench.chain.url]);
    await fresh.through();
    expect(await follower.dump()).toEqual(await fresh.dump());
  });

  it("F29: an index is made for the first time by a node that refuses ranges with HTTP 400", async () => {
    await using node = await faulty();
    node.fault = (request) =>
      request.method === "eth_getLogs" && span(request) > 3
        ? {
            status: 400,
            body: JSON.stringify({
              jsonrpc: "2.0",
              id: request.id,
              error: { code: -32_600, message: "eth_getLogs is limited to a 3 block range on this plan" },
            }),
          }
        : undefined;
    await using follower = await bench.follower([node.url]);
    expect(await follower.round()).toBeUndefined();
    expect(await follower.verdict("stands")).toBe("valid");
  });

  it("F29: a range that is silently cut off is found, and nothing of it is stored", async () => {
    await using node = await faulty();
    node.fault = (request) => {
      if (request.method !== "eth_getLogs" || span(request) <= 10) return undefined;
      const [filter] = request.params as [{ fromBlock: string }];
      const toBlock = `0x${(Number(filter.fromBlock) + 9).toString(16)}`;
      return forward(bench.chain.url, { ...request, params: [{ ...filter, toBlock }] });
    };
    await using follower = await bench.follower([node.url]);
    expect(await follower.round()).toBe("RPC_INCONSISTENT");
    expect(await follower.verdict("never anchored")).toBe("indeterminate");
    expect(node.met).toBeGreaterThan(0);
    // the kind of node that does so is asked for as much as it gives
    await using knowing = await bench.follower([node.url], { profile: "fisco-bcos" });
    expect(await knowing.through()).toEqual([]);
    expect(await knowing.verdict("stands")).toBe("valid");
  });
});

describe("F31: two nodes that disagree", () => {
  /** The same chain with other hashes from some block on: what a node on a fork would show. */
  async function forked(request: RpcRequest): Promise<Answer> {
    const answer = await forward(bench.chain.url, request);
    if (request.method !== "eth_getBlockByNumber" || typeof answer === "string" || !("result" in answer))
      return answer;
    const block = answer.result as { number: string; hash: string } | null;
    if (block === null || Number(block.number) < 8) return answer;
    return { result: { ...block, hash: `0x${"f".repeat(8)}${block.hash.slice(10)}` } };
  }

  it("F31: a disagreement about a final block is logged, stops the index, and lets answers age", async () => {
    await using one = await faulty();
    await using two = await faulty();
    await using follower = await bench.follower([one.url, two.url]);
    await follower.through();
    const before = await follower.dump();
    const text = `disputed ${made++}`;
    await bench.anchor(text);
    two.fault = forked;
    for (let i = 0; i < 3; i++) {
      expect(await follower.round()).toBe("RPC_INCONSISTENT");
      expect(await follower.dump()).toEqual(before);
      await sleep(10);
    }
    expect(two.met).toBeGreaterThan(0);
    expect(await follower.doubt()).toBeUndefined();
    const alarms = follower.said("nodes disagree about a final block");
    expect(alarms).toMatchObject([{ level: 50, code: "RPC_INCONSISTENT" }]);
    expect(await follower.verdict("stands")).toBe("valid");
    bench.clock.advance(601);
    expect(await follower.verdict("stands")).toBe("indeterminate");
    expect(await follower.verdict("never anchored")).toBe("indeterminate");
    expect(await follower.verdict("revoked")).toBe("revoked");
    two.fault = undefined;
    await follower.through();
    expect(await follower.verdict(text)).toBe("valid");
  });

  it("F31: the remaining node does not overrule what the other one showed as final", async () => {
    await using one = await faulty();
    await using two = await faulty();
    await using follower = await bench.follower([one.url, two.url]);
    await follower.through();
    const before = await follower.dump();
    one.fault = () => "reset";
    two.fault = forked;
    const faults = [await follower.round(), await follower.round(), await follower.round()];
    expect(faults).toContain("RPC_INCONSISTENT");
    expect(faults).not.toContain("REORG_BELOW_FINAL");
    expect(await follower.dump()).toEqual(before);
    expect(await follower.verdict("stands")).toBe("valid");
  });

  it("F31: a fork below the final block on a single node halts the index", async () => {
    await using one = await faulty();
    await using follower = await bench.follower([one.url]);
    await follower.through();
    one.fault = forked;
    expect(await follower.round()).toBe("REORG_BELOW_FINAL");
    expect(await follower.verdict("stands")).toBe("indeterminate");
  });
});

describe("a transaction that is sent while nodes fail", () => {
  it.each<[string, (request: RpcRequest) => Promise<Answer>]>([
    ["F17: HTTP 502, though it was taken", async () => await Promise.resolve({ status: 502, body: "" })],
    ["F19: a reset, though it was taken", async () => await Promise.resolve("reset" as const)],
    ["F30: silence, though it was taken", async () => await Promise.resolve("silence" as const)],
  ])("%s: the transaction goes to the next node, and is recorded once", async (_, fault) => {
    await using one = await faulty();
    await using two = await faulty();
    await using follower = await bench.follower([one.url, two.url], {
      pool: { request: { timeout: 1_000 } },
    });
    one.fault = async (request) => {
      if (request.method !== "eth_sendRawTransaction") return await forward(bench.chain.url, request);
      await forward(bench.chain.url, request);
      return await fault(request);
    };
    const [, wallet] = bench.chain.hotKeys;
    const signer = toAddress(wallet.address);
    const submitter = submitterAt({ ...bench.chain, rpc: follower.pool, hotKeys: [wallet] });
    const nonce = await submitter.nonceOf(signer);
    const call = anchorCall(documentGroup([new Uint8Array(32).fill(made++ + 1)]));
    const transaction = await submit(submitter, { call, nonce });
    expect(await submitter.outcome(transaction.hash)).toBe("succeeded");
    expect(await submitter.nonceOf(signer)).toBe(nonce + 1);
    const sent = (node: ScriptedNode): unknown[] =>
      node.requests
        .filter(({ method }) => method === "eth_sendRawTransaction")
        .map(({ params }) => params[0]);
    expect(sent(two)).toEqual(sent(one));
    expect(sent(one)).toHaveLength(1);
  });
});

describe("what these tests look at", () => {
  it("the checks of these tests find an index that lost a revocation", async () => {
    await using follower = await bench.follower([bench.chain.url]);
    await follower.through();
    await follower.db.deleteFrom("entry").where("subject", "is not", null).execute();
    await expect(follower.isRight()).rejects.toThrow(/revoked/);
  });
});
