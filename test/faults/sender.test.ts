/** Tests faults of sending: each document is recorded once, whatever nodes and mempools do. */
import { join } from "node:path";
import { Transaction, Wallet, id } from "ethers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { toAddress } from "../../src/chain/registry/registry.ts";
import { bigQuantity } from "../../src/chain/rpc/rpc.ts";
import { fromHex, toHex } from "../../src/core/bytes.ts";
import { startAnvil, type Anvil, type AnvilOptions } from "../support/chain/anvil.ts";
import { Bench, govern, type BenchOptions } from "../support/stack/bench.ts";
import { startTestChain, type TestChain } from "../support/chain/embedded.ts";
import { TestClock } from "../support/clock.ts";
import { forgetIndex } from "../support/store/database.ts";
import { ScriptedNode, forward, type Answer, type RpcRequest } from "../support/chain/json-rpc.ts";
import { CHAIN_ID, anchorCall, submit } from "../support/chain/submit.ts";

let cleanup: AsyncDisposableStack;
beforeEach(() => void (cleanup = new AsyncDisposableStack()));
afterEach(() => cleanup.disposeAsync());

/** On the embedded chain, which mines immediately; the sender's requests pass through `script`. */
async function embedded(
  script?: (request: RpcRequest, url: string) => Answer | Promise<Answer>,
  options: BenchOptions = {},
) {
  const clock = new TestClock();
  const chain = cleanup.use(await startTestChain({ clock }));
  const { url } = chain;
  const node = cleanup.use(
    await ScriptedNode.start((request) => script?.(request, url) ?? forward(url, request)),
  );
  const bench = cleanup.use(await Bench.open(chain, { clock, through: node.url, ...options }));
  return { chain, bench, governance: join(chain.folder, "governance") };
}

/** On anvil, which has a mempool and takes fees, and makes blocks on request. */
async function mempool(options: BenchOptions = {}, kind: AnvilOptions = { mining: "manual" }) {
  const anvil = cleanup.use(await startAnvil(kind));
  const time = (await anvil.request("eth_getBlockByNumber", ["latest", false])) as { timestamp: string };
  const clock = new TestClock(Number(time.timestamp));
  const bench = cleanup.use(await Bench.open(anvil, { clock, ...options }));
  return { anvil, bench };
}

interface Pooled {
  readonly nonce: string;
  readonly hash: string;
  readonly input: string;
}

/** What the node would put into its next blocks. */
async function pool(anvil: Anvil): Promise<Pooled[]> {
  const { pending } = (await anvil.request("txpool_content")) as {
    pending: Record<string, Record<string, Pooled>>;
  };
  return Object.values(pending).flatMap((byNonce) => Object.values(byNonce));
}

/** Wei for a unit of gas in each attempt, as signed. */
async function prices({ db }: Bench): Promise<bigint[]> {
  const rows = await db.selectFrom("chain_attempt").select("raw").orderBy("attempt").execute();
  return rows.map(({ raw }) => Transaction.from(`0x${toHex(raw)}`).gasPrice ?? 0n);
}

/** A wallet elsewhere that has the same key sends something of its own. */
async function outside(anvil: Anvil, wallet: Wallet, nonce: number): Promise<void> {
  const price = await anvil.rpc.request("eth_gasPrice", [], bigQuantity);
  const raw = await wallet.signTransaction({
    type: 0,
    chainId: CHAIN_ID,
    to: wallet.address,
    nonce,
    gasLimit: 21_000,
    gasPrice: price * 10n,
  });
  await anvil.request("eth_sendRawTransaction", [raw]);
}

describe("the measures of these tests", () => {
  it("the measures find a document that is recorded twice, and one that is lost", async () => {
    const { bench } = await embedded();
    await bench.take("doubled", "lost");
    const [doubled] = await bench.anchors();
    if (doubled === undefined) throw new Error("it was taken");
    const call = anchorCall({ ...doubled, payloads: [doubled.payload] });
    for (let i = 0; i < 2; i++) await submit(bench.submitter, { call });
    expect(await bench.timesRecorded()).toEqual([2]);
    expect(await bench.states()).toEqual(["final", "queued"]);
  });
});

describe("sending", () => {
  it("F2: a transaction that a node took without an answer is recorded once", async () => {
    let unanswered = 2;
    const { bench } = await embedded(async (request, url) => {
      const answer = await forward(url, request);
      return request.method === "eth_sendRawTransaction" && unanswered-- > 0 ? "stall" : answer;
    });
    await bench.take("a", "b");
    expect(await bench.step()).toMatchObject({ code: "RPC_UNAVAILABLE" });
    await bench.settle();
    expect(await bench.states()).toEqual(["final", "final"]);
    expect(await bench.timesRecorded()).toEqual([1, 1]);
    expect(await bench.transactions()).toEqual([[bench.firstNonce, "final", 1]]);
  });

  it("F3: a transaction that a node acknowledged and lost is sent again in the same bytes", async () => {
    let lost = 3;
    const sent: unknown[] = [];
    const { bench } = await embedded((request, url) => {
      if (request.method !== "eth_sendRawTransaction") return forward(url, request);
      sent.push(request.params[0]);
      const { hash } = Transaction.from(request.params[0] as string);
      return lost-- > 0 ? { result: hash } : forward(url, request);
    });
    await bench.take("a");
    await bench.settle();
    expect(await bench.timesRecorded()).toEqual([1]);
    expect(sent).toHaveLength(4);
    expect(new Set(sent).size).toBe(1);
  });

  it("F4: a transaction that the mempool dropped is sent again in the same bytes", async () => {
    const { anvil, bench } = await mempool();
    await bench.take("a");
    await bench.step();
    const [before] = await pool(anvil);
    await anvil.request("anvil_dropTransaction", [before?.hash]);
    expect(await pool(anvil)).toEqual([]);
    await bench.step();
    expect((await pool(anvil)).map(({ hash }) => hash)).toEqual([before?.hash]);
    await bench.settle(() => anvil.mine());
    expect([await bench.states(), await bench.timesRecorded()]).toEqual([["final"], [1]]);
  });

  it("F5: a transaction that is not mined is replaced with its nonce and call, at a price a tenth higher", async () => {
    const { anvil, bench } = await mempool();
    await bench.take("a");
    await bench.step();
    const [first] = await pool(anvil);
    bench.clock.advance(59);
    await bench.step();
    expect(await bench.transactions()).toEqual([[bench.firstNonce, "open", 1]]);
    bench.clock.advance(1);
    await bench.step();
    const [second, ...others] = await pool(anvil);
    expect(others).toEqual([]);
    expect([second?.nonce, second?.input]).toEqual([first?.nonce, first?.input]);
    expect(second?.hash).not.toBe(first?.hash);
    const [before = 0n, after = 0n] = await prices(bench);
    expect(after * 10n).toBeGreaterThanOrEqual(before * 11n);
    await bench.settle(() => anvil.mine());
    expect([await bench.states(), await bench.timesRecorded()]).toEqual([["final"], [1]]);
    expect(await bench.transactions()).toEqual([[bench.firstNonce, "final", 2]]);
    const [anchor] = await bench.anchors();
    expect(`0x${toHex(anchor?.transaction ?? new Uint8Array())}`).toBe(second?.hash);
  });

  it("F5: the attempt that is mined decides, even the first one after a replacement", async () => {
    const anvil = cleanup.use(await startAnvil({ mining: "manual" }));
    let refusing = false;
    const node = cleanup.use(
      await ScriptedNode.start((request) =>
        refusing && request.method === "eth_sendRawTransaction"
          ? { error: { code: -32_000, message: "replacement transaction underpriced" } }
          : forward(anvil.url, request),
      ),
    );
    const bench = cleanup.use(await Bench.open(anvil, { through: node.url }));
    await bench.take("a");
    await bench.step();
    refusing = true;
    bench.clock.advance(60);
    expect(await bench.step()).toBeUndefined();
    await bench.settle(() => anvil.mine());
    expect([await bench.states(), await bench.timesRecorded()]).toEqual([["final"], [1]]);
    expect(await bench.transactions()).toEqual([[bench.firstNonce, "final", 2]]);
  });

  it("F5: a transaction is not replaced where gas is free, and the same bytes are sent again", async () => {
    const { anvil, bench } = await mempool({}, { mining: "manual", free: true });
    await bench.take("a");
    await bench.step();
    const [before] = await pool(anvil);
    bench.clock.advance(600);
    await anvil.request("anvil_dropTransaction", [before?.hash]);
    await bench.step();
    expect((await pool(anvil)).map(({ hash }) => hash)).toEqual([before?.hash]);
    await bench.settle(() => anvil.mine());
    expect(await bench.transactions()).toEqual([[bench.firstNonce, "final", 1]]);
  });

  it("F8: a transaction above the price limit waits and is logged, before it is signed and after", async () => {
    const anvil = cleanup.use(await startAnvil({ mining: "manual" }));
    const price = await anvil.rpc.request("eth_gasPrice", [], bigQuantity);
    let spike = true;
    const node = cleanup.use(
      await ScriptedNode.start((request) =>
        spike && request.method === "eth_gasPrice"
          ? { result: `0x${(price * 100n).toString(16)}` }
          : forward(anvil.url, request),
      ),
    );
    const bench = cleanup.use(
      await Bench.open(anvil, { through: node.url, maxGasPrice: price * 2n, maxPendingAge: 600 }),
    );
    await bench.take("a");
    expect(await bench.step()).toMatchObject({ code: "GAS_PRICE_ABOVE_LIMIT" });
    expect(await bench.states()).toEqual(["queued"]);
    spike = false;
    await bench.step();
    expect(await bench.states()).toEqual(["submitted"]);
    spike = true;
    bench.clock.advance(301);
    for (let i = 0; i < 3; i++) expect(await bench.step()).toBeUndefined();
    expect(bench.said("gas price above the limit: the transaction waits")).toMatchObject([
      { needed: `${price * 100n}`, limit: `${price * 2n}` },
    ]);
    await expect(bench.take("b")).rejects.toThrowCode("ACCEPTANCE_PAUSED");
    spike = false;
    await bench.step();
    expect(await bench.transactions()).toEqual([[bench.firstNonce, "open", 2]]);
    expect((await prices(bench)).every((paid) => paid <= price * 2n)).toBe(true);
    await bench.settle(() => anvil.mine());
    expect(await bench.take("b")).toMatchObject([{ kind: "taken" }]);
    await bench.settle(() => anvil.mine());
    expect(await bench.timesRecorded()).toEqual([1, 1]);
  });

  it.each(["before it signs", "after it signed"])(
    "F9: a key that runs out of funds %s continues once it has funds again",
    async (when) => {
      const { anvil, bench } = await mempool({ maxPendingAge: 600 });
      const purse = anvil.hotKeys[0].address;
      await bench.take("a");
      if (when === "after it signed") {
        await bench.step();
        await anvil.request("anvil_dropAllTransactions");
      }
      await anvil.setBalance(purse, 0n);
      for (let i = 0; i < 3; i++) await bench.step();
      await anvil.mine();
      await bench.step();
      expect(await bench.timesRecorded()).toEqual([]);
      bench.clock.advance(301);
      await expect(bench.take("b")).rejects.toThrowCode("ACCEPTANCE_PAUSED");
      await anvil.setBalance(purse, 10n ** 20n);
      await bench.settle(() => anvil.mine());
      expect([await bench.states(), await bench.timesRecorded()]).toEqual([["final"], [1]]);
      expect(await bench.take("b")).toMatchObject([{ kind: "taken" }]);
    },
  );
});

describe("nonces", () => {
  it("F6: a nonce that another wallet took is given up once that is final, and the items use the next", async () => {
    const { anvil, bench } = await mempool({ finality: 3 });
    await bench.take("a", "b");
    await bench.step();
    await outside(anvil, anvil.hotKeys[0], bench.firstNonce);
    await anvil.mine();
    await bench.step();
    expect(await pool(anvil)).toEqual([]);
    for (let depth = 1; depth < 3; depth++) {
      await bench.step();
      expect(await bench.transactions()).toEqual([[bench.firstNonce, "open", 1]]);
      await anvil.mine();
      await bench.sync();
    }
    await bench.settle(() => anvil.mine());
    expect(await bench.transactions()).toEqual([
      [bench.firstNonce, "given-up", 1],
      [bench.firstNonce + 1, "final", 1],
    ]);
    expect([await bench.states(), await bench.timesRecorded()]).toEqual([
      ["final", "final"],
      [1, 1],
    ]);
  });

  it("F6: a nonce that a reorg frees carries its own call after all, and nothing is recorded twice", async () => {
    const { anvil, bench } = await mempool({ finality: 5 });
    await bench.take("a");
    await bench.step();
    const snapshot = await anvil.request("evm_snapshot");
    const raw = await bench.db.selectFrom("chain_attempt").select("raw").executeTakeFirstOrThrow();
    await outside(anvil, anvil.hotKeys[0], bench.firstNonce);
    await anvil.mine(2);
    for (let i = 0; i < 3; i++) await bench.step();
    await anvil.request("evm_revert", [snapshot]);
    await anvil.request("anvil_dropAllTransactions");
    await anvil.request("eth_sendRawTransaction", [`0x${toHex(raw.raw)}`]);
    await anvil.mine(3);
    await bench.settle(() => anvil.mine());
    expect([await bench.states(), await bench.timesRecorded()]).toEqual([["final"], [1]]);
    expect(await bench.transactions()).toEqual([[bench.firstNonce, "final", 1]]);
  });

  it("F6: a revert that a reorg takes back is not followed by a second transaction for the same items", async () => {
    const { anvil, bench } = await mempool({ finality: 5 });
    const deployer = { folder: anvil.governanceFolder, file: "deployer.key" };
    await bench.take("a");
    await bench.step();
    const [{ raw } = { raw: new Uint8Array() }] = await bench.db
      .selectFrom("chain_attempt")
      .select("raw")
      .execute();
    const snapshot = await anvil.request("evm_snapshot");
    await anvil.request("anvil_dropAllTransactions");
    await anvil.request("evm_setAutomine", [true]);
    await govern(anvil, deployer, { act: "set-paused", paused: true });
    await anvil.request("eth_sendRawTransaction", [`0x${toHex(raw)}`]);
    await govern(anvil, deployer, { act: "set-paused", paused: false });
    await anvil.request("evm_setAutomine", [false]);
    await bench.sync();
    expect(await bench.submitter.outcome(fromHex(Transaction.from(`0x${toHex(raw)}`).hash ?? ""))).toBe(
      "reverted",
    );
    for (let i = 0; i < 3; i++) await bench.step();
    expect(await bench.transactions()).toEqual([[bench.firstNonce, "open", 1]]);
    await anvil.request("evm_revert", [snapshot]);
    await anvil.request("anvil_dropAllTransactions");
    await anvil.mine(4);
    await bench.settle(() => anvil.mine());
    expect([await bench.states(), await bench.timesRecorded()]).toEqual([["final"], [1]]);
  });

  it("F7: nonces that a restored chain lost are sent again in order, and gaps between them are filled", async () => {
    const { anvil, bench } = await mempool({}, { mining: "auto" });
    const snapshot = await anvil.request("evm_snapshot");
    await bench.take("a");
    await bench.settle();
    await outside(anvil, anvil.hotKeys[0], bench.firstNonce + 1);
    await bench.take("b");
    await bench.settle();
    expect(await bench.transactions()).toEqual([
      [bench.firstNonce, "final", 1],
      [bench.firstNonce + 2, "final", 1],
    ]);
    await anvil.request("evm_revert", [snapshot]);
    await forgetIndex(bench.db);
    await bench.sync();
    expect(await bench.timesRecorded()).toEqual([]);
    await bench.settle();
    for (let i = 0; i < 3; i++) await bench.step();
    expect([await bench.states(), await bench.timesRecorded()]).toEqual([
      ["final", "final"],
      [1, 1],
    ]);
    expect((await bench.transactions()).map(([nonce, state]) => [nonce, state])).toEqual([
      [bench.firstNonce, "final"],
      [bench.firstNonce + 1, "final"],
      [bench.firstNonce + 2, "final"],
    ]);
  });

  it("F7, F37: a database from before what the chain holds sends nothing until the index has seen it", async () => {
    const { chain, bench } = await embedded();
    const restored = cleanup.use(await Bench.open(chain, { clock: bench.clock }));
    await restored.take("a");
    await bench.take("a");
    await bench.step();
    // the restored one has the item queued, no record of the transaction, and an index from before it
    await restored.sender.step();
    expect(await restored.transactions()).toEqual([]);
    await restored.settle();
    expect(await restored.states()).toEqual(["final"]);
    expect(await restored.timesRecorded()).toEqual([1]);
  });
});

describe("keys and registries that hold items up", () => {
  /** The admin of institution 1 adds a key, and retires the first one. */
  async function replaceKey(chain: TestChain): Promise<Wallet> {
    const admin = { folder: join(chain.folder, "governance"), file: "institution-1-admin.key" };
    const next = new Wallet(id("the next key"));
    const [old] = chain.hotKeys;
    const proposed = { institution: 1, key: toAddress(next.address), from: 0, until: 0 };
    await govern(chain, admin, { act: "add-key", ...proposed });
    await govern(chain, next, { act: "accept-key", institution: 1 });
    await govern(chain, admin, { act: "retire-key", key: toAddress(old.address), until: 0 });
    return next;
  }

  it("F11: items of a retired key wait for another key of the institution, and this is logged", async () => {
    const { chain, bench } = await embedded();
    const [old] = chain.hotKeys;
    await bench.take("a");
    const next = await replaceKey(chain);
    bench.clock.advance(61);
    await bench.sync();
    for (let i = 0; i < 3; i++) expect(await bench.step()).toBeUndefined();
    expect(bench.said("no key in force: what was accepted waits for one")).toMatchObject([
      { institution: 1 },
    ]);
    expect(await bench.states()).toEqual(["queued"]);
    bench.clock.advance(1_801);
    await expect(bench.take("b")).rejects.toThrowCode("ACCEPTANCE_PAUSED");
    const renewed = bench.reopened({ wallets: [old, next] });
    await renewed.settle();
    expect([await renewed.states(), await renewed.timesRecorded()]).toEqual([["final"], [1]]);
    expect(await renewed.take("b")).toMatchObject([{ kind: "taken" }]);
  });

  it("F11: a retired key's open transaction ends before another key sends its items", async () => {
    let lost = true;
    const { chain, bench } = await embedded((request, url) =>
      lost && request.method === "eth_sendRawTransaction"
        ? { result: Transaction.from(request.params[0] as string).hash }
        : forward(url, request),
    );
    const [old] = chain.hotKeys;
    await bench.take("a");
    await bench.step();
    const next = await replaceKey(chain);
    bench.clock.advance(61);
    await bench.sync();
    lost = false;
    const renewed = bench.reopened({ wallets: [old, next] });
    await renewed.settle();
    expect([await renewed.states(), await renewed.timesRecorded()]).toEqual([["final"], [1]]);
    expect((await renewed.transactions()).map(([, state]) => state).sort()).toEqual(["final", "given-up"]);
  });

  it("F13: items wait for a paused registry, and acceptance stops before the age limit, and resumes", async () => {
    const { chain, bench, governance } = await embedded(undefined, { maxPendingAge: 600 });
    const deployer = { folder: governance, file: "deployer.key" };
    await bench.step(); // begins before the pause
    await bench.take("a", "b");
    await govern(chain, deployer, { act: "set-paused", paused: true });
    bench.clock.advance(300);
    expect(await bench.step()).toMatchObject({ code: "REGISTRY_PAUSED" });
    await expect(bench.take("c")).rejects.toThrowCode("REGISTRY_PAUSED");
    bench.clock.advance(1);
    await expect(bench.take("c")).rejects.toThrowCode("ACCEPTANCE_PAUSED");
    expect(await bench.intake.takeDocuments(2, []).catch((error: unknown) => error)).toMatchObject({
      code: "REGISTRY_PAUSED", // another institution has nothing that waits
    });
    await govern(chain, deployer, { act: "set-paused", paused: false });
    await bench.settle();
    expect([await bench.states(), await bench.timesRecorded()]).toEqual([
      ["final", "final"],
      [1, 1],
    ]);
    expect(await bench.take("c")).toMatchObject([{ kind: "taken" }]);
  });

  it("F14: a chain that halts for ten minutes costs few replacements, and nothing is lost or doubled", async () => {
    const { anvil, bench } = await mempool({ maxPendingAge: 600 });
    await bench.take("a", "b");
    for (let second = 0; second < 600; second += 15) {
      expect(await bench.step()).toBeUndefined();
      bench.clock.advance(15);
    }
    expect(await bench.transactions()).toEqual([[bench.firstNonce, "open", 4]]);
    await expect(bench.take("c")).rejects.toThrowCode("ACCEPTANCE_PAUSED");
    expect(await bench.states()).toEqual(["submitted", "submitted"]);
    await bench.settle(() => anvil.mine());
    expect([await bench.states(), await bench.timesRecorded()]).toEqual([
      ["final", "final"],
      [1, 1],
    ]);
    expect(await bench.take("c")).toMatchObject([{ kind: "taken" }]);
  });
});

describe("poison items", () => {
  it("one bad item of 2,000 is found by two probes for each halving, and a reason to wait costs one", async () => {
    let probes = 0;
    const { chain, bench, governance } = await embedded((request, url) => {
      if (request.method === "eth_estimateGas") probes += 1;
      return forward(url, request);
    });
    const deployer = { folder: governance, file: "deployer.key" };
    const names = Array.from({ length: 1_999 }, (_, i) => `good ${i}`);
    await bench.take(...names.slice(0, 1_234));
    await bench.takeUntil(bench.clock.now() + 60, "bad");
    await bench.take(...names.slice(1_234));
    bench.clock.advance(61);
    await govern(chain, deployer, { act: "set-paused", paused: true });
    await bench.sync();
    probes = 0;
    expect(await bench.step()).toMatchObject({ code: "REGISTRY_PAUSED" });
    expect(probes).toBe(1);
    await govern(chain, deployer, { act: "set-paused", paused: false });
    await bench.sync();
    probes = 0;
    await bench.step();
    expect(probes).toBeLessThanOrEqual(1 + 2 * Math.ceil(Math.log2(2_000)));
    await bench.settle();
    const states = await bench.states();
    expect([states.filter((state) => state === "final").length, states[1_234]]).toEqual([1_999, "failed"]);
    expect(new Set(await bench.timesRecorded())).toEqual(new Set([1]));
  });
});

describe("a heartbeat", () => {
  it("a heartbeat makes a block after the configured idle time, and is closed without an entry", async () => {
    const { anvil, bench } = await mempool({ heartbeat: 300 });
    bench.clock.advance(299);
    await bench.step();
    expect(await pool(anvil)).toEqual([]);
    bench.clock.advance(1);
    await bench.step();
    expect(await pool(anvil)).toMatchObject([{ nonce: `0x${bench.firstNonce.toString(16)}`, input: "0x" }]);
    await anvil.request("evm_setNextBlockTimestamp", [bench.clock.now()]);
    await anvil.mine();
    await bench.sync();
    await bench.take("a");
    await bench.settle(() => anvil.mine());
    expect(await bench.transactions()).toEqual([
      [bench.firstNonce, "final", 1],
      [bench.firstNonce + 1, "final", 1],
    ]);
    expect(await bench.timesRecorded()).toEqual([1]);
  });
});
