/** Tests faults of the index: reorgs, other chains, older states, clocks that jump, nodes that lie. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { connect, RegistryReader } from "../../src/chain/registry/reader.ts";
import { AppError } from "../../src/core/errors.ts";
import { openDatabase } from "../../src/store/sql/database.ts";
import { startTestChain, type TestChain } from "../support/chain/embedded.ts";
import { TestClock } from "../support/clock.ts";
import { dumpIndex } from "../support/store/database.ts";
import { ScriptedNode, forward } from "../support/chain/json-rpc.ts";
import { ModelChain } from "../support/chain/model-chain.ts";
import { beforeReorg, reorganise, stockedChain } from "../support/chain/model-chains.ts";
import type { Known, Observer } from "../support/stack/observer.ts";
import { openStack, rebuilt, Stack } from "../support/stack/stack.ts";
import { anchorCall, documentGroup, submit, submitterAt } from "../support/chain/submit.ts";

const FINALITY = 4;
let clock: TestClock;
let chain: ModelChain;
let known: Known;
let stack: Stack;
let observer: Observer;

beforeEach(async () => {
  clock = new TestClock();
  ({ chain, known } = await stockedChain(FINALITY));
  stack = await openStack({ chain, clock });
  observer = stack.observe(known);
  await stack.sync();
  await observer.queryAll();
  expect(observer.observed).toEqual({ right: 5, indeterminate: 0, wrong: [] }); // the observer distinguishes them
});
afterEach(async () => {
  await observer.queryAll();
  expect(observer.observed.wrong).toEqual([]);
  await stack[Symbol.asyncDispose]();
});

/** Takes the newest blocks away, and makes the chain one longer than it was. */
function fork(depth: number): void {
  const { height } = chain;
  chain.drop(depth);
  while (chain.height <= height) chain.mine({ kind: "documents", count: 1 });
}

describe("a reorg", () => {
  it.each([1, 2, FINALITY - 1])(
    "F32: a reorg of depth %i, above the final block, is followed",
    async (depth) => {
      for (let i = 0; i < FINALITY; i++) chain.mine({ kind: "documents", count: 2 });
      await stack.sync();
      const before = await stack.dump();
      fork(depth);
      await observer.during(() => stack.sync());
      const after = await stack.dump();
      expect(after).toEqual(await rebuilt(chain));
      expect(after["entry"]).not.toEqual(before["entry"]); // there was something to take back
    },
  );

  it.each([FINALITY, FINALITY + 1])(
    "F32: a reorg of depth %i, below the final block, halts the index, also after a restart",
    async (depth) => {
      for (let i = 0; i < FINALITY; i++) chain.mine({ kind: "documents", count: 2 });
      await stack.sync();
      const before = await stack.dump();
      fork(depth);
      await observer.during(async () => {
        await expect(stack.sync()).rejects.toThrowCode("REORG_BELOW_FINAL");
      });
      expect([await stack.doubt(), await stack.dump()]).toEqual(["REORG_BELOW_FINAL", before]);
      const since = (await stack.store.doubt())?.since;
      clock.advance(5);
      const restarted = stack.restarted();
      for (let i = 0; i < 3; i++) await expect(restarted.sync()).rejects.toThrowCode("REORG_BELOW_FINAL");
      expect((await restarted.store.doubt())?.since).toBe(since);
      const asked = restarted.observe(known);
      await asked.queryAll();
      expect(asked.observed).toEqual({ right: 0, indeterminate: 5, wrong: [] });
    },
  );

  it("F33: a reorg that removes, moves and restores an anchor leaves it once, in its last block", async () => {
    chain.mine({ kind: "documents", count: 1 });
    await stack.sync();
    const anchors = async () =>
      await stack.db.selectFrom("entry").select(["idx", "block", "payload"]).where("kind", "=", 1).execute();
    const [first, at] = [await anchors(), chain.height];
    chain.remineLast(); // the same transaction, a block later
    await observer.during(() => stack.sync());
    expect((await anchors()).at(-1)).toEqual({ ...first.at(-1), block: at + 1 });
    expect(await anchors()).toHaveLength(first.length);
    chain.drop(2);
    for (let i = 0; i < 3; i++) chain.mine();
    await stack.sync();
    expect(await anchors()).toEqual(first.slice(0, -1));
    expect(await stack.dump()).toEqual(await rebuilt(chain));
  });

  it("F34: a rollback that is killed at any of its statements has no effect", async () => {
    const folder = mkdtempSync(join(tmpdir(), "hufu-rewind-"));
    const child = join(import.meta.dirname, "../support/stack/rewind-child.ts");
    const untouched = beforeReorg();
    const expected = await rebuilt(untouched);
    let kills = 0;
    for (const statement of [0, 1, 2, 5, 9, 12]) {
      const path = join(folder, `${statement}.db`);
      const process = spawn(globalThis.process.execPath, [child, path, String(statement)]);
      const [, signal] = (await once(process, "exit")) as [number | null, string | null];
      if (signal === "SIGKILL") kills += 1;
      const database = await openDatabase(path);
      if (signal === "SIGKILL") expect((await dumpIndex(database))["entry"]).toEqual(expected["entry"]);
      const forked = beforeReorg();
      reorganise(forked);
      await using after = new Stack({ db: database, chain: forked, clock });
      await after.sync();
      expect(await after.dump()).toEqual(await rebuilt(forked));
    }
    expect(kills).toBeGreaterThanOrEqual(5);
    rmSync(folder, { recursive: true });
  });
});

describe("another chain", () => {
  it.each([
    ["F35: a chain that has begun again", { genesisHash: new Uint8Array(32).fill(1) }],
    ["F36: a chain with the contract deployed again under another address", { registry: "0x02" as const }],
    ["F36: a chain with other code at the contract's address", { codeHash: new Uint8Array(32).fill(2) }],
    ["a chain with another id from one round to the next", { chainId: 7 }],
  ])("%s puts the index in doubt until the right one is back", async (_, change) => {
    const before = await stack.dump();
    const [right, identity] = [chain, chain.identityNow];
    const other = new ModelChain(FINALITY);
    other.identityNow = { ...identity, ...change };
    other.mine();
    other.drop(1); // from here on its blocks have hashes of their own
    while (other.height <= right.height) other.mine({ kind: "documents", count: 1 });
    const balancer = balanced(right);
    stack = stack.restarted(balancer.reader);
    observer = stack.observe(known);
    await stack.sync();
    balancer.turnTo(other);
    await observer.during(async () => {
      await expect(stack.sync()).rejects.toThrowCode("CHAIN_IDENTITY_MISMATCH");
    });
    expect([await stack.doubt(), await stack.dump()]).toEqual(["CHAIN_IDENTITY_MISMATCH", before]);
    balancer.turnTo(right);
    await stack.sync();
    expect(await stack.doubt()).toBeUndefined();
    const asked = stack.observe(known);
    await asked.queryAll();
    expect(asked.observed).toEqual({ right: 5, indeterminate: 0, wrong: [] });
  });

  it("F36: a chain without the contract puts the index in doubt until the contract is there again", async () => {
    const identity = chain.identity.bind(chain);
    chain.identity = () => Promise.reject(new AppError("NO_CONTRACT", { detail: "no code" }));
    stack = stack.restarted();
    await expect(stack.sync()).rejects.toThrowCode("NO_CONTRACT");
    expect(await stack.doubt()).toBe("NO_CONTRACT");
    chain.identity = identity;
    await stack.sync();
    expect(await stack.doubt()).toBeUndefined();
  });
});

/** A node in front of chains, which answers from the one it is turned to. */
function balanced(first: ModelChain) {
  let current = first;
  return {
    turnTo: (chain: ModelChain): void => void (current = chain),
    reader: {
      identity: () => current.identity(),
      heads: () => current.heads(),
      block: (number: number) => current.block(number),
      events: (range: { from: number; to: number }) => current.events(range),
      rootAt: (size: number) => current.rootAt(size),
      treeAt: (block: number) => current.treeAt(block),
    },
  };
}

describe("an older state", () => {
  it("F37: a database restored from a backup catches up and holds no entry twice", async () => {
    const folder = mkdtempSync(join(tmpdir(), "hufu-backup-"));
    const [path, backup] = [join(folder, "live.db"), join(folder, "backup.db")];
    const live = new Stack({ db: await openDatabase(path), chain, clock });
    await live.sync();
    await live[Symbol.asyncDispose]();
    copyFileSync(path, backup);
    for (let i = 0; i < 3; i++) chain.mine({ kind: "documents", count: 2 });
    const restored = new Stack({ db: await openDatabase(backup), chain, clock });
    await restored.observe(known).during(() => restored.sync());
    expect(await restored.dump()).toEqual(await rebuilt(chain));
    await restored[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  it("F37: a chain at an older state removes no entry, and is followed once it has caught up", async () => {
    chain.mine({ kind: "documents", count: 2 });
    await stack.sync();
    const before = await stack.dump();
    chain.behind = 3;
    await observer.during(async () => {
      await expect(stack.sync()).rejects.toThrowCode("RPC_INCONSISTENT");
    });
    expect([await stack.dump(), await stack.doubt()]).toEqual([before, undefined]);
    clock.advance(601 + FINALITY + 20);
    const late = stack.observe({ valid: known.valid ?? [], "not-found": known["not-found"] ?? [] });
    await late.queryAll();
    expect(late.observed).toEqual({ right: 0, indeterminate: 4, wrong: [] });
    chain.behind = 0;
    chain.mine({ kind: "documents", count: 1 });
    await stack.sync();
    expect(await stack.dump()).toEqual(await rebuilt(chain));
  });

  it("F37: a restored chain that forks below the final block halts the index", async () => {
    chain.mine({ kind: "documents", count: 2 });
    await stack.sync();
    const { height } = chain;
    chain.drop(FINALITY + 2);
    await expect(stack.sync()).rejects.toThrowCode("RPC_INCONSISTENT");
    while (chain.height <= height) chain.mine({ kind: "documents", count: 1 });
    await expect(stack.sync()).rejects.toThrowCode("REORG_BELOW_FINAL");
    expect(await stack.doubt()).toBe("REORG_BELOW_FINAL");
  });
});

describe("time", () => {
  const HOUR = 3_600;
  const YEAR = 365 * 24 * HOUR;

  it.each([HOUR, -HOUR, YEAR, -YEAR])(
    "F47: a clock that jumps by %i s makes no answer wrong",
    async (jump) => {
      await observer.during(async () => {
        clock.advance(jump);
        await stack.sync();
        await observer.queryAll();
        clock.advance(-jump);
      });
      await stack.sync();
      const right = observer.observed.right;
      await observer.queryAll();
      expect(observer.observed.right).toBe(right + 5); // as soon as it is right again
    },
  );

  it("F47: a clock that is an hour ahead makes the index too old to say valid, and too old to say not-found", async () => {
    clock.advance(HOUR);
    const asked = stack.observe(known);
    await asked.queryAll();
    expect(asked.observed).toEqual({ right: 1, indeterminate: 4, wrong: [] }); // the withdrawal is known
  });

  it.each([
    [-500, { right: 5, indeterminate: 0 }],
    [550, { right: 5, indeterminate: 0 }],
    [5 * HOUR, { right: 5, indeterminate: 0 }],
    [-5 * HOUR, { right: 1, indeterminate: 4 }], // as after five hours without a block: the withdrawal is known
  ])("F48: a newest block of %i s from the clock makes no answer wrong", async (shift, expected) => {
    const heads = chain.heads.bind(chain);
    chain.heads = async () => {
      const { latest, final } = await heads();
      return { latest, final: final === undefined ? undefined : { ...final, time: final.time + shift } };
    };
    chain.mine();
    await observer.during(() => stack.sync());
    const asked = stack.observe(known);
    await asked.queryAll();
    expect(asked.observed).toEqual({ ...expected, wrong: [] });
  });
});

describe("a node that lies", () => {
  type Log = Record<string, unknown>;
  let node: ScriptedNode;
  let real: TestChain;
  let honest: RegistryReader;
  /** Changes a result before the service gets it. */
  let lie: { method: string; change: (result: never) => unknown } | undefined;

  beforeAll(async () => {
    real = await startTestChain({ clock: new TestClock() });
    node = await ScriptedNode.start(async (request) => {
      const answer = await forward(real.url, request);
      const lies = lie?.method === request.method && typeof answer === "object" && "result" in answer;
      return lies ? { result: lie?.change(answer.result as never) } : answer;
    });
    honest = await connect(real.rpc, { registry: real.registry, finality: 1 });
    await anchor();
  });
  beforeEach(() => void (lie = undefined));
  afterAll(async () => {
    await node[Symbol.asyncDispose]();
    await real.close();
  });

  let made = 0;
  /** One transaction of two groups, so two logs. */
  async function anchor(): Promise<void> {
    const [one, two] = [++made, ++made].map((byte) => [new Uint8Array(32).fill(byte)]);
    const call = anchorCall(documentGroup(one ?? []), documentGroup(two ?? [], { scene: 2 }));
    await submit(submitterAt(real), { call });
  }

  const logs = (change: (logs: Log[]) => unknown) => ({ method: "eth_getLogs", change });
  const newest = (change: object) =>
    logs((all) => all.map((log, i) => (i === all.length - 1 ? { ...log, ...change } : log)));

  it.each<[string, { method: string; change: (result: never) => unknown }]>([
    ["F23: no logs, where the block's bloom filter has some", logs(() => [])],
    ["F24: each log twice", logs((all) => all.flatMap((log) => [log, log]))],
    ["F24: logs in the wrong order", logs((all) => all.toReversed())],
    ["F24: the last log missing", logs((all) => all.slice(0, -1))],
    ["F24: a log in the middle missing", logs((all) => all.filter((_, i) => i !== all.length - 2))],
    ["F27: a log of another address", newest({ address: `0x${"77".repeat(20)}` })],
    ["a removed log", newest({ removed: true })],
    ["a log without the hash of its block", newest({ blockHash: null })],
    ["a log of another block of that height", newest({ blockHash: `0x${"77".repeat(32)}` })],
    ["a log with a number that is not a quantity", newest({ blockNumber: "0x01" })],
    ["a log with a number beyond 2^53", newest({ logIndex: "0xffffffffffffffff" })],
    ["a log with another payload", newestPayload()],
    ["a newest block that goes back", { method: "eth_getBlockByNumber", change: older }],
    ["another root of the tree than the contract's", { method: "eth_call", change: flipRoot }],
  ])("%s: nothing is indexed from it, and correct answers are indexed afterwards", async (_, tampered) => {
    const reader = new RegistryReader(node.rpc(), { registry: real.registry, finality: 1 });
    await using own = await openStack({ chain: reader, emptyBlocks: false });
    await own.sync();
    const before = await own.dump();
    const size = before["entry"]?.length ?? 0;
    await anchor();
    const payload = new Uint8Array(32).fill(made);
    const ask = own.observe({ "not-found": [{ algorithm: "sha256", bytes: payload.map((b) => b ^ 255) }] });

    lie = tampered;
    await ask.during(async () => {
      await expect(own.sync()).rejects.toThrowCode("RPC_INCONSISTENT");
      await expect(own.sync()).rejects.toThrowCode("RPC_INCONSISTENT");
    });
    expect(await own.dump()).toEqual(before);
    expect(await own.doubt()).toBeUndefined();
    lie = undefined;
    await own.sync();
    const after = await own.dump();
    expect(after["entry"]).toHaveLength(size + 2); // what the lie was about
    expect(after).toEqual(await rebuilt(honest));
    expect(ask.observed.wrong).toEqual([]);
  });

  /** Another payload in the data of the newest log: its last word. */
  function newestPayload() {
    return logs((all) =>
      all.map((log, i) => (i === all.length - 1 ? { ...log, data: flipEnd(log["data"] as string) } : log)),
    );
  }
  function flipEnd(hex: string): string {
    return hex.slice(0, -1) + (hex.endsWith("0") ? "1" : "0");
  }
  /** The newest size and root, in two words; a single root stays as it is. */
  function flipRoot(words: string): string {
    return words.length > 66 ? flipEnd(words) : words;
  }
  /** The header of the block two below, under its own number. */
  function older(header: { number: string }): object {
    return { ...header, number: `0x${Math.max(0, Number(header.number) - 2).toString(16)}` };
  }
});
