import { Transaction, Wallet } from "ethers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { toAddress } from "../../src/chain/registry/registry.ts";
import { toHex } from "../../src/core/bytes.ts";
import { startAnvil, type Anvil } from "../support/chain/anvil.ts";
import { backup, restore } from "../support/store/backup.ts";
import { Bench, govern } from "../support/stack/bench.ts";
import { TestClock } from "../support/clock.ts";
import { ScriptedNode, forward, type Answer, type RpcRequest } from "../support/chain/json-rpc.ts";

const FINALITY = 5;

let cleanup: AsyncDisposableStack;
let anvil: Anvil;
let bench: Bench;
/** A scripted answer of the sender's node; undefined where it answers from the chain. */
let fault: ((request: RpcRequest) => Answer | Promise<Answer> | undefined) | undefined;
let met: number;
/** Every transaction that the sender handed over, in order. */
let sent: string[];

beforeEach(async () => {
  cleanup = new AsyncDisposableStack();
  [fault, met, sent] = [undefined, 0, []];
  anvil = cleanup.use(await startAnvil({ mining: "manual" }));
  const node = cleanup.use(
    await ScriptedNode.start((request) => {
      if (request.method === "eth_sendRawTransaction") sent.push(request.params[0] as string);
      const answer = fault?.(request);
      if (answer !== undefined) met += 1;
      return answer ?? forward(anvil.url, request);
    }),
  );
  const newest = (await anvil.request("eth_getBlockByNumber", ["latest", false])) as { timestamp: string };
  const clock = new TestClock(Number(newest.timestamp));
  const options = { clock, through: node.url, finality: FINALITY, maxPendingAge: 600 };
  bench = cleanup.use(await Bench.open(anvil, options));
});
afterEach(() => cleanup.disposeAsync());

const receiptOf = (raw = ""): Promise<unknown> =>
  anvil.request("eth_getTransactionReceipt", [Transaction.from(raw).hash]);

/** Nonces of what was handed over, each with how many different transactions had it. */
const nonces = (): [nonce: number, different: number][] =>
  [...Map.groupBy(sent, (raw) => Transaction.from(raw).nonce)].map(([nonce, raws]) => [
    nonce,
    new Set(raws).size,
  ]);

/** Once and for good: each document stands once in the log, and everything has come to its end. */
async function settled(): Promise<void> {
  fault = undefined;
  await bench.settle(() => anvil.mine());
  expect(new Set(await bench.states())).toEqual(new Set(["final"]));
  expect(new Set(await bench.timesRecorded())).toEqual(new Set([1]));
  expect(await bench.outbox.openSigners()).toEqual([]);
}

describe("a node without the receipt of a mined transaction", () => {
  const RECEIPT = "eth_getTransactionReceipt";
  const COUNT = "eth_getTransactionCount";
  it.each([
    ["has no receipt", [RECEIPT], 1],
    ["has neither receipt nor nonce", [RECEIPT, COUNT], 2],
  ])(
    "F22: where a node %s, the transaction is sent unchanged or not, and the index decides",
    async (_, silent, attempts) => {
      await bench.take("a", "b");
      fault = ({ method }) => {
        if (!silent.includes(method)) return undefined;
        return { result: method === COUNT ? `0x${bench.firstNonce.toString(16)}` : null };
      };
      await bench.step();
      await anvil.mine();
      for (let i = 0; i < 3; i++) await bench.sender.step();
      expect(new Set(sent).size).toBe(1);
      expect(sent.length > 1).toBe(silent.includes(COUNT));
      bench.clock.advance(60);
      await bench.sender.step();
      await anvil.mine();
      expect(await bench.states()).toEqual(["submitted", "submitted"]);
      await bench.sync();
      expect(await bench.states()).toEqual(["included", "included"]);
      await anvil.mine(FINALITY);
      for (let i = 0; i < 3; i++) await bench.step();
      expect(await bench.states()).toEqual(["final", "final"]);
      expect(await bench.transactions()).toEqual([[bench.firstNonce, "final", attempts]]);
      expect(nonces()).toEqual([[bench.firstNonce, attempts]]);
      expect(met).toBeGreaterThan(3);
      await settled();
    },
  );
});

describe("a node that has a receipt of a block that is not in the chain", () => {
  it.each([
    ["of a success", "0x1"],
    ["of a revert", "0x0"],
  ])(
    "F26: on a side-branch receipt %s the same bytes are sent again, and the index decides",
    async (_, status) => {
      const before = await anvil.request("evm_snapshot");
      await bench.take("a");
      await bench.step();
      await anvil.mine();
      await bench.sync();
      expect(await bench.states()).toEqual(["included"]);
      const receipt = { ...((await receiptOf(sent[0])) as object), status };
      await anvil.request("evm_revert", [before]);
      await anvil.request("anvil_dropAllTransactions");
      await anvil.mine(2);
      fault = ({ method }) => (method === "eth_getTransactionReceipt" ? { result: receipt } : undefined);
      await bench.take("b");
      await bench.sync();
      expect(await bench.states()).toEqual(["submitted", "queued"]);
      await bench.step();
      expect([sent.length, new Set(sent).size]).toEqual([2, 1]);
      expect(await bench.transactions()).toEqual([[bench.firstNonce, "open", 1]]);
      await anvil.mine();
      await bench.sync();
      expect((await bench.states())[0]).toBe("included");
      await bench.settle(() => anvil.mine());
      expect(await bench.states()).toEqual(["final", "final"]);
      expect(met).toBeGreaterThan(0);
      expect(nonces()).toEqual([
        [bench.firstNonce, 1],
        [bench.firstNonce + 1, 1],
      ]);
      await settled();
    },
  );

  it("F26: a false receipt of a block of the chain closes nothing, and the transaction ends once it is gone", async () => {
    await bench.take("a");
    await bench.step();
    await anvil.request("anvil_dropAllTransactions");
    await anvil.mine(2 * FINALITY);
    await bench.sync();
    const { number, hash } = (await anvil.request("eth_getBlockByNumber", ["0x5", false])) as {
      number: string;
      hash: string;
    };
    fault = ({ method, params: [transactionHash] }) =>
      method === "eth_getTransactionReceipt"
        ? { result: { transactionHash, status: "0x1", blockNumber: number, blockHash: hash } }
        : undefined;
    for (let i = 0; i < 5; i++) await bench.step();
    expect([await bench.states(), await bench.transactions()]).toEqual([
      ["submitted"],
      [[bench.firstNonce, "open", 1]],
    ]);
    expect(met).toBeGreaterThan(0);
    bench.clock.advance(301);
    await expect(bench.take("b")).rejects.toThrowCode("ACCEPTANCE_PAUSED");
    await settled();
    expect(await bench.timesRecorded()).toEqual([1]);
  });
});

describe("a reorg", () => {
  it("F33: a reorg that removes, moves and restores an anchor leaves it once, and the outbox follows", async () => {
    const where = async (): Promise<unknown> => {
      await bench.sync();
      const [anchor] = await bench.anchors();
      const receipt = (await receiptOf(sent[0])) as { blockNumber: string } | null;
      expect(anchor?.block).toBe(receipt === null ? undefined : Number(receipt.blockNumber));
      return anchor?.state;
    };
    /** Another history from `fork` on, of so many empty blocks. */
    const rewrite = async (fork: unknown, blocks: number): Promise<unknown> => {
      await anvil.request("evm_revert", [fork]);
      await anvil.request("anvil_dropAllTransactions");
      const again = await anvil.request("evm_snapshot");
      await anvil.mine(blocks);
      return again;
    };
    let fork = await anvil.request("evm_snapshot");
    await bench.take("a");
    await bench.step();
    await anvil.mine();
    expect(await where()).toBe("included");

    fork = await rewrite(fork, 2); // removed
    expect(await where()).toBe("submitted");
    await bench.step();
    await anvil.mine();
    expect(await where()).toBe("included");

    fork = await rewrite(fork, 1); // moved: a block earlier, and it was never seen missing
    await anvil.request("eth_sendRawTransaction", [sent[0]]);
    await anvil.mine(3);
    expect(await where()).toBe("included");

    await rewrite(fork, 4); // removed again, and brought back by the sender
    expect(await where()).toBe("submitted");
    await bench.step();
    await anvil.mine();
    expect(await where()).toBe("included");
    await settled();
    expect(await where()).toBe("final");
    expect(await bench.transactions()).toEqual([[bench.firstNonce, "final", 1]]);
    expect(nonces()).toEqual([[bench.firstNonce, 1]]);
  });
});

describe("a database that is restored from a backup", () => {
  it("F37: a backup from before an item was sent does not send it again", async () => {
    await bench.take("a", "b");
    const saved = await backup(bench.db);
    await bench.settle(() => anvil.mine());
    await restore(bench.db, saved);
    await bench.sender.step(); // with an index that is as old
    expect(await bench.states()).toEqual(["queued", "queued"]);
    await settled();
    expect(nonces()).toEqual([[bench.firstNonce, 1]]);
  });

  it("F37: a backup from before the mined attempt makes the item final, and sends nothing for it", async () => {
    await bench.take("a");
    await bench.step();
    const saved = await backup(bench.db);
    bench.clock.advance(60);
    await bench.step(); // at a higher price
    expect(nonces()).toEqual([[bench.firstNonce, 2]]);
    await anvil.mine();
    await restore(bench.db, saved);
    for (let i = 0; i < 3; i++) await bench.sender.step();
    expect(await bench.transactions()).toEqual([[bench.firstNonce, "open", 1]]);
    await settled();
    const mined = Transaction.from(sent.at(-1) ?? "").hash;
    const [anchor] = await bench.anchors();
    expect(`0x${toHex(anchor?.transaction ?? new Uint8Array())}`).toBe(mined);
    expect(nonces()).toEqual([[bench.firstNonce, 2]]);
  });

  it("F37: a backup from before items were accepted recognizes them by the log when they come again", async () => {
    await bench.take("a");
    await bench.settle(() => anvil.mine());
    const saved = await backup(bench.db);
    await bench.take("b", "c");
    await bench.settle(() => anvil.mine());
    await restore(bench.db, saved);
    await bench.take("b", "c", "d"); // the index has not caught up yet
    await bench.sender.step();
    expect(nonces()).toEqual([
      [bench.firstNonce, 1],
      [bench.firstNonce + 1, 1],
    ]);
    await settled();
    expect(await bench.timesRecorded()).toEqual([1, 1, 1, 1]);
    expect(nonces().map(([nonce]) => nonce - bench.firstNonce)).toEqual([0, 1, 2]);
  });

  it("F37: what another key of the institution sent after the backup is not sent again", async () => {
    const next = new Wallet(`0x${"37".repeat(32)}`);
    await anvil.setBalance(next.address, 10n ** 18n);
    const admin = { folder: anvil.governanceFolder, file: "institution-1-admin.key" };
    const key = toAddress(next.address);
    await anvil.request("evm_setAutomine", [true]);
    await govern(anvil, admin, { act: "add-key", institution: 1, key, from: 0, until: 0 });
    await govern(anvil, next, { act: "accept-key", institution: 1 });
    await anvil.request("evm_setAutomine", [false]);
    await anvil.mine(FINALITY);
    await bench.sync();
    await bench.take("a");
    const saved = await backup(bench.db);
    // the first key sends it, and a process with both keys begins on the backup
    await bench.settle(() => anvil.mine());
    await restore(bench.db, saved);
    const restored = bench.reopened({ wallets: [next, anvil.hotKeys[0]] });
    for (let i = 0; i < 3; i++) await restored.sender.step(); // with an index that is as old
    expect(await restored.transactions()).toEqual([]);
    await restored.sync();
    await restored.step();
    expect([await restored.states(), await restored.timesRecorded()]).toEqual([["final"], [1]]);
    await restored.take("b");
    await restored.settle(() => anvil.mine());
    expect([await restored.states(), await restored.timesRecorded()]).toEqual([
      ["final", "final"],
      [1, 1],
    ]);
  });
});
