/** Tests what is read of the registry, from honest nodes and from nodes that change their answers. */
import { Wallet, getCreateAddress, id, keccak256 } from "ethers";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SAMPLE_INSTITUTIONS, SAMPLE_SCENES } from "../../../src/chain/embedded/samples.ts";
import { RegistryReader, connect } from "../../../src/chain/registry/reader.ts";
import { CODE_HASH, toAddress } from "../../../src/chain/registry/registry.ts";
import { RpcPool } from "../../../src/chain/rpc/pool.ts";
import { data, type JsonRpc, type RpcOptions } from "../../../src/chain/rpc/rpc.ts";
import { fromHex, toHex } from "../../../src/core/bytes.ts";
import { systemClock } from "../../../src/core/clock.ts";
import { encodeEntry } from "../../../src/core/entry.ts";
import { isAppError } from "../../../src/core/errors.ts";
import type { Finality, Hash } from "../../../src/core/units.ts";
import type { RegistryEvent } from "../../../src/indexer/ports.ts";
import { entriesOf } from "../../../src/indexer/project.ts";
import { TestClock } from "../../support/clock.ts";
import {
  ROLES_AT_START,
  SAMPLE_ENTRIES,
  signed,
  startTestChain,
  type TestChain,
} from "../../support/chain/embedded.ts";
import { ScriptedNode, altering, forward, type Answer, type Script } from "../../support/chain/json-rpc.ts";
import { anchorCall, documentGroup, submit, submitterAt } from "../../support/chain/submit.ts";
import { QUICK } from "../../support/stack/fault-bench.ts";
import { leafByDefinition, rootByDefinition } from "../../support/log/tree.ts";

/** A log as a node gives it. */
type Log = Record<string, unknown> & { blockNumber: string; topics: string[]; data: string };

const payload = (n: number): Hash => new Uint8Array(32).fill(n);
const clock = new TestClock();
let chain: TestChain;
/** Of the newest block: all of the samples and three anchoring transactions. */
let height: number;
let events: RegistryEvent[];

beforeAll(async () => {
  chain = await startTestChain({ clock });
  const submitter = submitterAt(chain);
  const validUntil = clock.now() + 1000;
  const calls = [
    anchorCall(documentGroup([payload(1)])),
    anchorCall(
      documentGroup([payload(2), payload(3), payload(4)], { scene: 2, blinded: true }),
      documentGroup([payload(5)], { scene: 3, algorithm: "sm3", validUntil }),
    ),
    anchorCall(documentGroup([payload(6), payload(7)])),
  ];
  for (const call of calls) {
    clock.advance(10);
    await submit(submitter, { call });
  }
  height = chain.chain.height;
  events = await reader().events({ from: 0, to: height });
});
afterAll(() => chain.close());

/** A reader of the test chain, or of what `rpc` makes of it. */
function reader({
  rpc = chain.rpc,
  finality = 1,
}: { rpc?: JsonRpc; finality?: Finality } = {}): RegistryReader {
  return new RegistryReader(rpc, { registry: chain.registry, finality });
}

/** Reads every event from a node that follows `script`. */
async function eventsFrom(script: Script, options?: RpcOptions): Promise<RegistryEvent[]> {
  await using node = await ScriptedNode.start(script);
  return await reader({ rpc: node.rpc(options) }).events({ from: 0, to: height });
}

/** What the chain's logs are changed to before the reader gets them. */
const tampered = (change: (logs: Log[]) => unknown): Promise<RegistryEvent[]> =>
  eventsFrom(altering(chain.url, "eth_getLogs", change));

/** Does `change` with a reader whose node gives every result of `method` as `to` makes it. */
async function withAltered<T>(
  { method, to, finality = 1 }: { method: string; to: (result: never) => unknown; finality?: Finality },
  action: (altered: RegistryReader) => Promise<T>,
): Promise<T> {
  await using node = await ScriptedNode.start(altering(chain.url, method, to));
  return await action(reader({ rpc: node.rpc(), finality }));
}

describe("connecting", () => {
  const options = (): { registry: TestChain["registry"]; finality: Finality } => ({
    registry: chain.registry,
    finality: 1,
  });

  it("connecting reads the chain id, its first block, the registry and its code", async () => {
    const connected = await connect(chain.rpc, { ...options(), chainId: 31_337 });
    const genesis = await connected.block(0);
    expect(await connected.identity()).toEqual({
      chainId: 31_337,
      genesisHash: genesis?.hash,
      registry: chain.registry,
      codeHash: CODE_HASH,
    });
  });

  it("connecting accepts the node's chain where none is expected", async () => {
    await expect(connect(chain.rpc, options())).resolves.toBeInstanceOf(RegistryReader);
  });

  it("connecting to another chain is refused", async () => {
    await expect(connect(chain.rpc, { ...options(), chainId: 31_338 })).rejects.toThrowCode(
      "CHAIN_ID_MISMATCH",
    );
  });

  it("an address without code is refused", async () => {
    const elsewhere = { ...options(), registry: toAddress(`0x${"11".repeat(20)}`) };
    await expect(connect(chain.rpc, elsewhere)).rejects.toThrowCode("NO_CONTRACT");
  });

  it("another contract is refused", async () => {
    await using other = await startTestChain();
    const deployer = new Wallet(id("deployer of another contract"));
    const registry = toAddress(getCreateAddress({ from: deployer.address, nonce: 0 }));
    // returns one byte of memory as the contract's code
    const creation = await signed(deployer, { nonce: 0, data: "0x60016000f3" });
    await other.chain.request("eth_sendRawTransaction", [creation]); // its port takes none
    expect(await other.rpc.request("eth_getCode", [registry, "latest"], data)).toBe("0x00");
    await expect(connect(other.rpc, { registry, finality: 1 })).rejects.toThrowCode("CONTRACT_CODE_MISMATCH");
  });

  it("the registry's code with one byte changed is refused", async () => {
    const to = (code: string): string => code.slice(0, -2) + (code.endsWith("00") ? "01" : "00");
    const asked = withAltered({ method: "eth_getCode", to }, (altered) => altered.identity());
    await expect(asked).rejects.toThrowCode("CONTRACT_CODE_MISMATCH");
  });

  it.each([
    ["no first block", "eth_getBlockByNumber", null],
    ["a chain id that is not a quantity", "eth_chainId", "31337"],
    ["code that is not bytes", "eth_getCode", "0x0"],
  ])("a node that gives %s is refused", async (_, method, result) => {
    const asked = withAltered({ method, to: () => result }, (altered) => altered.identity());
    await expect(asked).rejects.toThrowCode("RPC_INCONSISTENT");
  });

  it("only the embedded chain is known to make no empty blocks", async () => {
    expect(await reader().makesEmptyBlocks()).toBe(false);
    const to = (): string => "Geth/v1.16.0";
    const other = withAltered({ method: "web3_clientVersion", to }, (altered) => altered.makesEmptyBlocks());
    expect(await other).toBe(true);
    await using silent = await ScriptedNode.start(() => ({
      error: { code: -32_601, message: "the method web3_clientVersion does not exist/is not available" },
    }));
    expect(await reader({ rpc: silent.rpc() }).makesEmptyBlocks()).toBe(true);
  });
});

describe("heads", () => {
  it.each([1, 2, 3, 10])("%i confirmations are as many blocks, the newest one included", async (finality) => {
    const { latest, final } = await reader({ finality }).heads();
    expect(latest.number).toBe(height);
    expect(final).toEqual(await reader().block(height - finality + 1));
  });

  it("the first block is final when there are as many blocks as confirmations, and none before", async () => {
    expect((await reader({ finality: height + 1 }).heads()).final?.number).toBe(0);
    expect((await reader({ finality: height + 2 }).heads()).final).toBeUndefined();
  });

  it("the final block is the node's, where that is the setting", async () => {
    await using node = await ScriptedNode.start((request) => {
      const [tag] = request.params;
      return forward(chain.url, tag === "finalized" ? { ...request, params: ["0x4", false] } : request);
    });
    const { latest, final } = await reader({ rpc: node.rpc(), finality: "finalized" }).heads();
    expect(latest.number).toBe(height);
    expect(final).toEqual(await reader().block(4));
  });

  it("no block is final while the node has no finalized block", async () => {
    await using node = await ScriptedNode.start((request) =>
      request.params[0] === "finalized" ? { result: null } : forward(chain.url, request),
    );
    const { latest, final } = await reader({ rpc: node.rpc(), finality: "finalized" }).heads();
    expect([latest.number, final]).toEqual([height, undefined]);
  });

  /** The answers of a balancer to `method`: `empty` for the first `times`. */
  const emptyAtFirst =
    (method: string, empty: unknown, times: number): Script =>
    (request) =>
      request.method === method && times-- > 0 ? { result: empty } : forward(chain.url, request);

  it.each([
    ["no code", "eth_getCode", "0x"],
    ["no block", "eth_getBlockByNumber", null],
  ])("a balancer that gives %s at first is asked again", async (_, method, empty) => {
    await using node = await ScriptedNode.start(emptyAtFirst(method, empty, 2));
    const started = await connect(node.rpc(), { registry: chain.registry, finality: 1 });
    expect((await started.heads()).latest.number).toBe(height);
    await using later = await ScriptedNode.start(emptyAtFirst(method, empty, 2));
    expect((await reader({ rpc: later.rpc() }).heads()).latest.number).toBe(height);
  });

  it("a node without a newest block is inconsistent", async () => {
    const asked = withAltered({ method: "eth_getBlockByNumber", to: () => null }, (altered) =>
      altered.heads(),
    );
    await expect(asked).rejects.toThrowCode("RPC_INCONSISTENT");
  });
});

describe("a block", () => {
  it("a block has the number, hash and time of the chain", async () => {
    expect(await reader().block(0)).toMatchObject({ number: 0, time: 1_800_000_000 });
    expect(await reader().block(height)).toMatchObject({ number: height, time: clock.now() });
    const [newest, before] = [await reader().block(height), await reader().block(height - 1)];
    expect(toHex(newest?.hash ?? payload(0))).not.toBe(toHex(before?.hash ?? payload(0)));
  });

  it("a block that is not mined yet, or has a number below 0, is undefined", async () => {
    expect(await reader().block(height + 1)).toBeUndefined();
    expect(await reader().block(-1)).toBeUndefined();
  });

  it("a block time in milliseconds is read in seconds, rounded down", async () => {
    const to = (block: { timestamp: string }): object => ({
      ...block,
      timestamp: `0x${(Number(block.timestamp) * 1000 + 999).toString(16)}`,
    });
    const block = await withAltered({ method: "eth_getBlockByNumber", to }, (altered) =>
      altered.block(height),
    );
    expect(block).toEqual(await reader().block(height));
  });

  it.each([
    ["another number than the one asked for", { number: "0x1" }],
    ["no hash, as a pending block", { hash: null }],
    ["a short hash", { hash: "0xabcd" }],
    ["a time without 0x", { timestamp: "1800000000" }],
  ])("a block with %s is inconsistent", async (_, change) => {
    const to = (block: object): object => ({ ...block, ...change });
    const asked = withAltered({ method: "eth_getBlockByNumber", to }, (altered) => altered.block(height));
    await expect(asked).rejects.toThrowCode("RPC_INCONSISTENT");
  });
});

describe("events", () => {
  it("events of the sample directory and of anchored documents are in the order of the log", () => {
    const types = (type: RegistryEvent["type"], count: number): string[] =>
      Array.from({ length: count }, () => type);
    expect(events.map(({ type }) => type)).toEqual([
      ...types("role-set", ROLES_AT_START),
      ...types("scene-defined", SAMPLE_SCENES.length),
      ...SAMPLE_INSTITUTIONS.flatMap(() => ["institution-registered", "key-proposed", "key-added"]),
      ...types("anchored", 4),
    ]);
    expect(events.filter(({ type }) => type === "scene-defined")).toMatchObject(
      SAMPLE_SCENES.map((scene, i) => ({ ...scene, scene: i + 1 })),
    );
    expect(events.filter(({ type }) => type === "institution-registered")).toMatchObject(
      SAMPLE_INSTITUTIONS.map((profile, i) => ({ ...profile, institution: i + 1 })),
    );
    expect(events.filter(({ type }) => type === "key-added")).toMatchObject(
      chain.hotKeys.map(({ address }, i) => ({
        institution: i + 1,
        key: toAddress(address),
        from: 0,
        until: 0,
      })),
    );
  });

  it("events hold what was anchored by which key and when, with block and transaction", async () => {
    const [, second, third] = events.filter(({ type }) => type === "anchored");
    const base = { institution: 1, kind: "document", recordedBy: toAddress(chain.hotKeys[0].address) };
    const block = await reader().block(height - 1);
    expect(second).toMatchObject({
      ...base,
      index: SAMPLE_ENTRIES + 1,
      scene: 2,
      algorithm: "sha256",
      blinded: true,
      validUntil: 0,
      recordedAt: block?.time,
      payloads: [payload(2), payload(3), payload(4)],
      block: { number: block?.number, hash: block?.hash },
    });
    expect(third).toMatchObject({
      ...base,
      index: SAMPLE_ENTRIES + 4,
      scene: 3,
      algorithm: "sm3",
      blinded: false,
    });
    expect(third?.transaction).toEqual(second?.transaction);
  });

  it("events make the tree whose size and root the contract has at every block", async () => {
    for (let number = 1; number <= height; number++) {
      const entries = events.filter(({ block }) => block.number <= number).flatMap(entriesOf);
      const root = rootByDefinition(entries.map((entry) => leafByDefinition(encodeEntry(entry))));
      expect(await reader().treeAt(number)).toEqual({ size: entries.length, root });
      if (entries.length > 0) expect(await reader().rootAt(entries.length)).toEqual(root);
    }
  });

  it("events of a range are those of its blocks and no others", async () => {
    const range = await reader().events({ from: 5, to: height - 1 });
    expect(range).toEqual(events.filter(({ block }) => block.number >= 5 && block.number < height));
    expect(await reader().events({ from: height + 1, to: height })).toEqual([]);
  });
});

describe("a root", () => {
  it("a root is known for the sizes at which a transaction ended", async () => {
    // each change of the directory is one, then 1, 4 and 2 documents
    const sizes = [1, ROLES_AT_START, ...[0, 1, 5, 7].map((documents) => SAMPLE_ENTRIES + documents)];
    for (const size of sizes) expect(await reader().rootAt(size)).toHaveLength(32);
  });

  const between = [2, 3, 4, 6, 8].map((documents) => SAMPLE_ENTRIES + documents);
  it.each([0, ...between, 2 ** 53 - 1])("no root is known for size %i", async (size) => {
    expect(await reader().rootAt(size)).toBeUndefined();
  });

  it.each([
    ["nothing", "0x"],
    ["31 bytes", `0x${"ab".repeat(31)}`],
    ["an odd number of digits", `0x${"ab".repeat(31)}a`],
  ])("a root that comes as %s is inconsistent", async (_, result) => {
    const asked = withAltered({ method: "eth_call", to: () => result }, (altered) => altered.rootAt(1));
    await expect(asked).rejects.toThrowCode("RPC_INCONSISTENT");
  });
});

describe("a tree", () => {
  const word = (value: bigint): string => value.toString(16).padStart(64, "0");

  it("a tree is read at the block given", async () => {
    expect((await reader().treeAt(height - 2)).size).toBe(SAMPLE_ENTRIES + 1);
    expect((await reader().treeAt(height - 1)).size).toBe(SAMPLE_ENTRIES + 5);
    expect((await reader().treeAt(height)).size).toBe(SAMPLE_ENTRIES + 7);
  });

  it.each([
    ["nothing", "0x"],
    ["a size alone", `0x${word(1n)}`],
    ["a size beyond 2^53", `0x${word(2n ** 53n)}${word(1n)}`],
  ])("a tree that comes as %s is inconsistent", async (_, result) => {
    const asked = withAltered({ method: "eth_call", to: () => result }, (altered) => altered.treeAt(height));
    await expect(asked).rejects.toThrowCode("RPC_INCONSISTENT");
  });
});

describe("logs that a node should not give are inconsistent", () => {
  const changedAt = (logs: Log[], at: number, change: object): object[] =>
    logs.map((log, i) => (i === (at + logs.length) % logs.length ? { ...log, ...change } : log));
  const changed =
    (change: object) =>
    (logs: Log[]): object[] =>
      changedAt(logs, -2, change);
  const topicOf = (name: string): string => keccak256(Buffer.from(name));

  /** The data of Anchored, with another kind. */
  const withKind = (data: string, kind: number): string =>
    `0x${kind.toString(16).padStart(64, "0")}${data.slice(66)}`;

  it("unchanged logs are consistent", async () => {
    expect(await tampered((logs) => logs)).toEqual(events);
    expect(await tampered(changed({ removed: false }))).toEqual(events);
  });

  it.each<[string, (logs: Log[]) => unknown]>([
    ["one of another contract", changed({ address: `0x${"11".repeat(20)}` })],
    ["two out of order", (logs) => [...logs.slice(0, -2), ...logs.slice(-2).reverse()]],
    ["all in reverse order", (logs) => [...logs].reverse()],
    ["one twice", (logs) => [...logs, ...logs.slice(-1)]],
    ["all twice", (logs) => [...logs, ...logs]],
    ["one that was removed", changed({ removed: true })],
    ["one without blockHash", changed({ blockHash: undefined })],
    ["one with null for blockHash", changed({ blockHash: null })],
    ["one of a pending block", changed({ blockHash: null, blockNumber: null })],
    ["the last of a block after the range", (logs) => changedAt(logs, -1, { blockNumber: "0xffff" })],
    ["one without transaction", changed({ transactionHash: undefined })],
    ["one without index", changed({ logIndex: undefined })],
    ["one of an unknown topic", changed({ topics: [topicOf("Transfer(address,address,uint256)")] })],
    ["one without topics", changed({ topics: [] })],
    ["null for a list", () => null],
    ["an object for a list", (logs) => ({ logs })],
  ])("logs are inconsistent when the node gives %s", async (_, change) => {
    await expect(tampered(change)).rejects.toThrowCode("RPC_INCONSISTENT");
  });

  it.each<[string, (logs: Log[]) => unknown]>([
    ["all with a topic too few", (logs) => logs.map((log) => ({ ...log, topics: log.topics.slice(0, -1) }))],
    ["all of cut data", (logs) => logs.map((log) => ({ ...log, data: log.data.slice(0, -64) }))],
    ["one without data", changed({ data: "0x" })],
    [
      "all of an index beyond 2^53",
      (logs) => logs.map((log) => ({ ...log, topics: log.topics.with(1, `0x${"ff".repeat(32)}`) })),
    ],
    ["a kind that is unknown", (logs) => changed({ data: withKind(logs.at(-2)?.data ?? "", 9) })(logs)],
  ])("an event is unreadable, which is not said of the node, when the logs are %s", async (_, change) => {
    const asked = tampered(change);
    await expect(asked).rejects.toThrowCode("EVENT_UNREADABLE");
    const text = String(await asked.catch((error: unknown) => error));
    expect(text).toMatch(/of entry \d+, log \d+ of block \d+, transaction 0x[0-9a-f]{64}/);
    expect(text).not.toContain("node");
  });

  /** The last two logs as if they were of one block, at places in it. */
  const together =
    (...places: readonly { transactionIndex: string; logIndex: string }[]) =>
    (logs: Log[]): object[] =>
      logs
        .map((log, i) => ({ ...log, blockNumber: logs.at(-1)?.blockNumber, ...places[i - logs.length + 2] }))
        .slice(-2);
  const at = (transactionIndex: string, logIndex: string) => ({ transactionIndex, logIndex });

  it("logs whose indexes start again in each transaction are consistent", async () => {
    expect(await tampered(together(at("0x0", "0x0"), at("0x1", "0x0")))).toHaveLength(2);
    expect(await tampered(together(at("0x0", "0x0"), at("0x0", "0x1")))).toHaveLength(2);
  });

  it.each([
    ["a transaction before the last", together(at("0x1", "0x0"), at("0x0", "0x0"))],
    ["one place twice", together(at("0x0", "0x1"), at("0x0", "0x1"))],
    ["a place before the last in a transaction", together(at("0x0", "0x1"), at("0x0", "0x0"))],
  ])("logs of one block are inconsistent with %s", async (_, change) => {
    await expect(tampered(change)).rejects.toThrowCode("RPC_INCONSISTENT");
  });

  it("logs are inconsistent when the first is of a block before the range", async () => {
    const to = (logs: Log[]): object[] => changedAt(logs, 0, { blockNumber: "0x1" });
    const asked = withAltered({ method: "eth_getLogs", to }, (altered) =>
      altered.events({ from: 5, to: height }),
    );
    await expect(asked).rejects.toThrowCode("RPC_INCONSISTENT");
  });
});

describe("a range that a node finds too large", () => {
  /** The blocks that a request for logs asks for. */
  const rangeOf = (params: readonly unknown[]): [number, number] => {
    const [{ fromBlock, toBlock }] = params as [{ fromBlock: string; toBlock: string }];
    return [Number(fromBlock), Number(toBlock)];
  };
  const tooMany = { error: { code: -32_005, message: "query returned more than 10000 results" } };

  it.each([1, 2, 3, 5, 7, 1000])(
    "a range is split until it fits into %i blocks, and gives the same events",
    async (most) => {
      const served: number[] = [];
      const found = await eventsFrom((request) => {
        if (request.method !== "eth_getLogs") return forward(chain.url, request);
        const [from, to] = rangeOf(request.params);
        if (to - from >= most) return tooMany;
        for (let number = from; number <= to; number++) served.push(number);
        return forward(chain.url, request);
      });
      expect(found).toEqual(events);
      expect(served).toEqual(Array.from({ length: height + 1 }, (_, number) => number));
    },
  );

  const refusal = (message: string, code = -32_600): string =>
    JSON.stringify({ jsonrpc: "2.0", id: null, error: { code, message } });
  const NOES: readonly [string, Answer, RpcOptions?][] = [
    ["HTTP 400 and a refusal", { status: 400, body: refusal("limited to a 3 block range on this plan") }],
    [
      "HTTP 413 and a refusal",
      { status: 413, body: refusal("eth_getLogs is limited to a 3 range", -32_614) },
    ],
    ["HTTP 500 and a refusal", { status: 500, body: refusal("backend response too large", -32_020) }],
    ["HTTP 503 and unknown words", { status: 503, body: refusal("zu viel") }],
    ["HTTP 200 and unknown words", { error: { code: 35, message: "zu viel" } }],
    ["a refusal without words", { error: { code: 16, message: "", data: "0x" } }],
    ["words in the data", { error: { code: -32_602, message: "invalid params", data: "max results 3" } }],
    ["plain text with HTTP 200", { body: "query returned more than 3 results" }],
    ["plain text with HTTP 400", { status: 400, body: "Bad Request" }],
    ["plain text with HTTP 502", { status: 502, body: "query timeout exceeded" }],
    ["the page of a proxy, HTTP 413", { status: 413, body: "<html><h1>Request Entity Too Large" }],
    ["the page of a proxy, HTTP 504", { status: 504, body: "<html><h1>504 Gateway Time-out</h1>" }],
    ["an answer that breaks off", { body: '{"jsonrpc":"2.0","id":1,"result":[{"address":"0x' }],
    ["no answer in time", "silence", { timeout: 150 }],
    ["half an answer in time", "stall", { timeout: 150 }],
  ];

  it.each(NOES)("a range is split before a node is called away: %s", async (_, no, options) => {
    const found = await eventsFrom((request) => {
      if (request.method !== "eth_getLogs") return forward(chain.url, request);
      const [from, to] = rangeOf(request.params);
      return to - from >= 3 ? no : forward(chain.url, request);
    }, options);
    expect(found).toEqual(events);
  });

  it.each(NOES)("a session goes on with its node, which is not called away: %s", async (_, no, request) => {
    let most = 3;
    const script: Script = (asked) => {
      if (asked.method !== "eth_getLogs") return forward(chain.url, asked);
      const [from, to] = rangeOf(asked.params);
      return to - from >= most ? no : forward(chain.url, asked);
    };
    await using first = await ScriptedNode.start(script);
    await using second = await ScriptedNode.start((asked) => forward(chain.url, asked));
    const lines: string[] = [];
    const log = pino({ level: "debug" }, { write: (line) => void lines.push(line) });
    const options = { clock: systemClock, log, limits: QUICK, ...(request ? { request } : {}) };
    const pool = new RpcPool([first.url, second.url], options);
    const pooled = reader({ rpc: pool });
    await pooled.heads();
    expect(await pooled.events({ from: 0, to: height })).toEqual(events);
    expect(second.requests.map(({ method }) => method)).not.toContain("eth_getLogs");
    expect(lines.filter((line) => line.includes("node fails"))).toEqual([]);
    most = 0;
    await expect(pooled.events({ from: 3, to: 4 })).rejects.toSatisfy((error) => isAppError(error));
  });

  it("a node that does not serve the method, or wants a pause or a key, is not asked for fewer blocks", async () => {
    for (const [message, code] of [
      ["the method eth_getLogs does not exist/is not available", "RPC_REFUSED"],
      ["100/second request limit reached", "RPC_UNAVAILABLE"],
      ["project ID does not have access to this network", "RPC_UNAVAILABLE"],
    ] as const) {
      await using node = await ScriptedNode.start(() => ({ error: { code: -32_000, message } }));
      const asked = reader({ rpc: node.rpc() }).events({ from: 0, to: 100 });
      await expect(asked).rejects.toThrowCode(code);
      expect(node.requests).toHaveLength(1);
    }
  });

  it("a smaller range is kept, and tried larger now and then, so that a passing limit is not for ever", async () => {
    let most = 100;
    let refused = 0;
    await using node = await ScriptedNode.start(({ params }) => {
      const [from, to] = rangeOf(params);
      if (to - from < most) return { result: [] };
      refused += 1;
      return tooMany;
    });
    const patient = reader({ rpc: node.rpc() });
    await patient.events({ from: 0, to: 9_999 });
    const served = node.requests.length - refused;
    expect(served).toBeGreaterThan(100);
    expect(refused).toBeLessThan(served / 8);
    most = Infinity;
    await patient.events({ from: 0, to: 99_999 });
    const last = node.requests.slice(-3).map(({ params }) => rangeOf(params));
    expect(last[0]).toEqual([expect.any(Number), (last[0]?.[0] ?? 0) + 1_999]);
  });

  it("a range is split where the answer is longer than allowed", async () => {
    // a log of a scene is about 2 kB of JSON
    expect(await eventsFrom((request) => forward(chain.url, request), { maxReply: 6_000 })).toEqual(events);
  });

  it("the refusal of a single block is passed on, since it cannot be split", async () => {
    await expect(eventsFrom(() => tooMany)).rejects.toThrowCode("RPC_REFUSED");
  });

  it("a range is not split while the node cannot be reached", async () => {
    await using node = await ScriptedNode.start(() => ({ status: 503, body: "" }));
    const asked = reader({ rpc: node.rpc() }).events({ from: 0, to: height });
    await expect(asked).rejects.toThrowCode("RPC_UNAVAILABLE");
    expect(node.requests).toHaveLength(1);
  });

  it("a range is requested in parts of bounded length that omit nothing", async () => {
    await using node = await ScriptedNode.start(() => ({ result: [] }));
    expect(await reader({ rpc: node.rpc() }).events({ from: 7, to: 9_000 })).toEqual([]);
    const ranges = node.requests.map(({ params }) => rangeOf(params));
    expect(ranges.at(0)?.[0]).toBe(7);
    expect(ranges.at(-1)?.[1]).toBe(9_000);
    for (const [i, [from, to]] of ranges.entries()) {
      expect(to - from).toBeLessThan(2_000);
      if (i > 0) expect(from).toBe((ranges[i - 1]?.[1] ?? 0) + 1);
    }
  });

  it("a range is filtered for the registry's own events", async () => {
    await using node = await ScriptedNode.start(() => ({ result: [] }));
    await reader({ rpc: node.rpc() }).events({ from: 1, to: 2 });
    const [filter] = (node.requests[0]?.params ?? []) as [{ address: string; topics: string[][] }];
    const found = await chain.rpc.request("eth_getCode", [filter.address, "latest"], data);
    expect(fromHex(keccak256(found))).toEqual(CODE_HASH);
    expect(filter.topics).toEqual([expect.arrayContaining([expect.stringMatching(/^0x[0-9a-f]{64}$/)])]);
  });
});
