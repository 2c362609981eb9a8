import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { RpcPool, type PoolOptions } from "../../../src/chain/rpc/pool.ts";
import { hash32, quantity, type JsonRpc } from "../../../src/chain/rpc/rpc.ts";
import { systemClock, type Clock } from "../../../src/core/clock.ts";
import { AppError } from "../../../src/core/errors.ts";
import { TestClock } from "../../support/clock.ts";
import { QUICK } from "../../support/stack/fault-bench.ts";
import { ScriptedNode, type Answer, type RpcRequest } from "../../support/chain/json-rpc.ts";

const HASH = `0x${"ab".repeat(32)}`;
const OTHER = `0x${"cd".repeat(32)}`;

/** A node of a chain of one block that answers its height; `answer` may say otherwise. */
async function node(
  answer: (request: RpcRequest) => Answer | undefined = () => undefined,
  { chainId = 7, genesis = HASH, height = 5 } = {},
): Promise<ScriptedNode> {
  const known: Record<string, unknown> = {
    eth_chainId: `0x${chainId.toString(16)}`,
    eth_getBlockByNumber: { hash: genesis },
    eth_blockNumber: `0x${height.toString(16)}`,
    eth_sendRawTransaction: HASH,
  };
  return await ScriptedNode.start((request) => answer(request) ?? { result: known[request.method] });
}

function poolOf(
  nodes: readonly ScriptedNode[],
  options: Partial<PoolOptions> & { lines?: string[]; clock?: Clock } = {},
): RpcPool {
  const { lines = [], clock = systemClock, limits = QUICK, ...rest } = options;
  const log = pino({ level: "debug" }, { write: (line) => void lines.push(line) });
  return new RpcPool(
    nodes.map(({ url }) => `${url}/hidden-key`),
    { log, clock, limits, ...rest },
  );
}

const height = (rpc: JsonRpc): Promise<number> => rpc.request("eth_blockNumber", [], quantity);
const methods = ({ requests }: ScriptedNode): string[] => requests.map(({ method }) => method);

/** Fails `times` times, and answers after that. */
function failing(times: number, answer: Answer): () => Answer | undefined {
  let left = times;
  return () => (left-- > 0 ? answer : undefined);
}

describe("a request", () => {
  it("a request goes to the first node, and to the next where that fails", async () => {
    await using first = await node(undefined, { height: 1 });
    await using second = await node(undefined, { height: 2 });
    expect(await height(poolOf([first, second]))).toBe(1);
    expect(second.requests).toEqual([]);
    await using broken = await node(() => ({ status: 500, body: "" }));
    expect(await height(poolOf([broken, second]))).toBe(2);
  });

  it("a request is retried up to the limit before another node is used", async () => {
    await using hiccup = await node(failing(2, "reset"));
    await using other = await node();
    expect(await height(poolOf([hiccup, other], { limits: { ...QUICK, retries: 2 } }))).toBe(5);
    expect(hiccup.requests).toHaveLength(3);
    expect(other.requests).toEqual([]);
    await using worse = await node(failing(3, "reset"));
    await height(poolOf([worse, other], { limits: { ...QUICK, retries: 2, faults: 9 } }));
    expect([worse.requests.length, other.requests.length]).toEqual([3, 1]);
  });

  it("a request that timed out is not retried", async () => {
    await using silent = await node(() => "silence");
    await expect(height(poolOf([silent], { request: { timeout: 50 } }))).rejects.toThrowCode(
      "RPC_UNAVAILABLE",
    );
    expect(silent.requests).toHaveLength(1);
  });

  it("a transaction is sent to each node once, with the same bytes", async () => {
    await using first = await node(() => ({ status: 502, body: "" }));
    await using second = await node();
    await poolOf([first, second]).request("eth_sendRawTransaction", ["0xbeef"], hash32);
    expect([first, second].map(({ requests }) => requests.map(({ params }) => params))).toEqual([
      [["0xbeef"]],
      [["0xbeef"]],
    ]);
  });

  it("a request that a node refuses does not fail over: a refusal is an answer", async () => {
    await using first = await node(() => ({ error: { code: 3, message: "execution reverted" } }));
    await using second = await node();
    await expect(height(poolOf([first, second]))).rejects.toThrowCode("RPC_REFUSED");
    expect(second.requests).toEqual([]);
  });

  it.each<[Answer, "RPC_UNAVAILABLE" | "RPC_INCONSISTENT"]>([
    ["reset", "RPC_UNAVAILABLE"],
    [{ body: "<html>" }, "RPC_INCONSISTENT"],
  ])("a request that every node fails with %j keeps the code %s", async (answer, code) => {
    await using first = await node(() => answer);
    await using second = await node(() => answer);
    const pool = poolOf([first, second]);
    await expect(height(pool)).rejects.toThrowCode(code);
    await expect(height(pool)).rejects.toThrowCode(code);
  });

  it("no further node is tried after the deadline", async () => {
    const clock = new TestClock();
    await using first = await node(() => {
      clock.advance(31);
      return { status: 500, body: "" };
    });
    await using second = await node();
    await expect(height(poolOf([first, second], { clock }))).rejects.toThrowCode("RPC_UNAVAILABLE");
    expect(second.requests).toEqual([]);
  });
});

describe("a node that requests a wait by Retry-After", () => {
  const busy = (seconds: string): Answer => ({ status: 429, headers: { "retry-after": seconds }, body: "" });

  it("a node gets no request until its Retry-After has passed", async () => {
    const clock = new TestClock();
    await using only = await node(failing(1, busy("10")));
    const pool = poolOf([only], { clock, limits: { ...QUICK, longestRest: 30_000 } });
    await expect(height(pool)).rejects.toThrowCode("RPC_UNAVAILABLE");
    clock.advance(9);
    await expect(height(pool)).rejects.toThrowCode("RPC_UNAVAILABLE");
    expect(only.requests).toHaveLength(1);
    clock.advance(2);
    expect(await height(pool)).toBe(5);
  });

  it("a node is used again after the longest rest, however long its Retry-After is", async () => {
    const clock = new TestClock();
    await using only = await node(failing(1, busy("86400")));
    const pool = poolOf([only], { clock, limits: { ...QUICK, longestRest: 30_000 } });
    await expect(height(pool)).rejects.toThrowCode("RPC_UNAVAILABLE");
    clock.advance(31);
    expect(await height(pool)).toBe(5);
  });

  it.each(["soon", "-1", "Wed, 21 Oct 2015 07:28:00 GMT", ""])(
    "a Retry-After that is not in seconds is ignored: %j",
    async (text) => {
      await using only = await node(failing(1, busy(text)));
      expect(await height(poolOf([only]))).toBe(5);
    },
  );
});

describe("a node that fails again and again", () => {
  it("a failing node is suspended after some faults, and others answer", async () => {
    await using broken = await node(() => "reset");
    await using other = await node();
    const pool = poolOf([broken, other], {
      limits: { ...QUICK, retries: 0, rest: 60_000, longestRest: 60_000 },
    });
    for (let i = 0; i < 10; i++) expect(await height(pool)).toBe(5);
    expect(broken.requests).toHaveLength(QUICK.faults);
    expect(other.requests).toHaveLength(10);
  });

  it("a suspended node is used first again after it has recovered", async () => {
    await using back = await node(failing(QUICK.faults, "reset"), { height: 1 });
    await using other = await node(undefined, { height: 2 });
    const pool = poolOf([back, other], { limits: { ...QUICK, retries: 0, rest: 1, longestRest: 2 } });
    const seen: number[] = [];
    while (seen.at(-1) !== 1) {
      seen.push(await height(pool));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(seen[0]).toBe(2);
  });
});

describe("a node with answers that cannot be true", () => {
  it("a node with a false answer is quarantined where there is another, and then used again", async () => {
    const clock = new TestClock();
    await using liar = await node(failing(1, { body: "<html>" }), { height: 1 });
    await using other = await node(undefined, { height: 2 });
    const pool = poolOf([liar, other], { clock, limits: { ...QUICK, quarantine: 30_000 } });
    expect([await height(pool), await height(pool)]).toEqual([2, 2]);
    expect(liar.requests).toHaveLength(1);
    clock.advance(31);
    expect(await height(pool)).toBe(1);
  });

  it("a node with a false answer is used on where it is the only one", async () => {
    await using only = await node(failing(1, { body: "<html>" }));
    const pool = poolOf([only], { limits: { ...QUICK, quarantine: 60_000 } });
    await expect(height(pool)).rejects.toThrowCode("RPC_INCONSISTENT");
    expect(await height(pool)).toBe(5);
  });
});

describe("which chain a node serves", () => {
  const pin = { chainId: 7, genesisHash: HASH };

  it.each([
    ["another id", { chainId: 8 }],
    ["another first block", { genesis: OTHER }],
  ])("the chain of a node is checked before any other request: %s", async (_, wrong) => {
    await using stranger = await node(undefined, { ...wrong, height: 1 });
    await using right = await node(undefined, { height: 2 });
    const lines: string[] = [];
    const pool = poolOf([stranger, right], { lines });
    pool.pin(pin);
    expect(await height(pool)).toBe(2);
    expect(await height(await pool.session())).toBe(2);
    expect(methods(stranger)).not.toContain("eth_blockNumber");
    expect(lines.some((line) => line.includes("RPC_INCONSISTENT"))).toBe(true);
  });

  it("the chain of a node is checked again after each fault", async () => {
    let genesis = HASH;
    let down = false;
    await using only = await node(({ method }) => {
      if (down) return "reset";
      return method === "eth_getBlockByNumber" ? { result: { hash: genesis } } : undefined;
    });
    const pool = poolOf([only], { limits: { ...QUICK, identityAge: 60_000, rest: 1, longestRest: 1 } });
    pool.pin(pin);
    expect([await height(pool), await height(pool)]).toEqual([5, 5]);
    expect(methods(only).filter((method) => method === "eth_getBlockByNumber")).toHaveLength(1);
    down = true;
    await expect(height(pool)).rejects.toThrowCode("RPC_UNAVAILABLE");
    down = false;
    genesis = OTHER;
    await expect(height(pool)).rejects.toThrowCode("RPC_INCONSISTENT");
    genesis = HASH;
    expect(await height(pool)).toBe(5);
  });

  it("the chain of a node is checked in every session", async () => {
    let chainId = "0x7";
    await using only = await node(({ method }) =>
      method === "eth_chainId" ? { result: chainId } : undefined,
    );
    const pool = poolOf([only], { limits: { ...QUICK, identityAge: 60_000 } });
    pool.pin(pin);
    await pool.session();
    chainId = "0x8";
    await expect(pool.session()).rejects.toThrowCode("RPC_INCONSISTENT");
  });
});

describe("a session", () => {
  it("a session stays with its node, also when the node fails", async () => {
    let down = false;
    await using first = await node(() => (down ? "reset" : undefined));
    await using second = await node();
    const session = await poolOf([first, second]).session();
    expect(session.peers).toHaveLength(1);
    down = true;
    await expect(height(session)).rejects.toThrowCode("RPC_UNAVAILABLE");
    expect(second.requests).toEqual([]);
  });

  it("a session can quarantine its node, so that the next one is with another", async () => {
    await using first = await node(undefined, { height: 1 });
    await using second = await node(undefined, { height: 2 });
    const pool = poolOf([first, second], { limits: { ...QUICK, quarantine: 60_000 } });
    const session = await pool.session();
    session.distrust(new AppError("RPC_INCONSISTENT", { detail: "logs out of order" }));
    expect(await height(await pool.session())).toBe(2);
  });
});

it("an event that a node gave unreadable is asked of another, and is not said to be the node's fault", async () => {
  const lines: string[] = [];
  await using first = await node(undefined, { height: 1 });
  await using second = await node(undefined, { height: 2 });
  const pool = poolOf([first, second], { lines, limits: { ...QUICK, quarantine: 60_000 } });
  const session = await pool.session();
  session.distrust(new AppError("EVENT_UNREADABLE", { detail: "SceneDefined of entry 7" }));
  expect(await height(await pool.session())).toBe(2);
  expect(lines.filter((line) => line.includes("node fails"))).toEqual([]);
});

it("no path of a URL is logged, or shown by a fault", async () => {
  const lines: string[] = [];
  await using first = await node(() => ({ status: 500, body: "" }));
  await using second = await node(() => ({ body: "<html>" }));
  const pool = poolOf([first, second], { lines });
  const error: unknown = await height(pool).catch((reason: unknown) => reason);
  expect(JSON.stringify(error) + String(error) + pool.endpoint + lines.join("")).not.toContain("hidden-key");
  expect(lines.join("")).toContain(new URL(first.url).host);
});
