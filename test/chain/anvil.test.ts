/** Tests the registry on anvil, a node of another make than the embedded chain. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, it } from "vitest";
import { RegistryReader } from "../../src/chain/registry/reader.ts";
import { quantity } from "../../src/chain/rpc/rpc.ts";
import type { SignedTransaction } from "../../src/anchor/ports.ts";
import { SAMPLE_ENTRIES } from "../support/chain/embedded.ts";
import { startAnvil, type Anvil, type AnvilOptions } from "../support/chain/anvil.ts";
import { anchorCall, documentGroup, submit, submitterAt } from "../support/chain/submit.ts";

const open: Anvil[] = [];
afterAll(() => Promise.all(open.map((anvil) => anvil.close())));

async function start(options: AnvilOptions): Promise<Anvil> {
  const anvil = await startAnvil(options);
  open.push(anvil);
  return anvil;
}

const signOne = async (anvil: Anvil): Promise<SignedTransaction> =>
  await submit(submitterAt(anvil), { call: anchorCall(documentGroup([new Uint8Array(32).fill(7)])) });

/** Once it is mined, which is a moment after it was taken. */
async function mined(anvil: Anvil, transaction: SignedTransaction): Promise<string> {
  for (;;) {
    const found = await outcome(anvil, transaction);
    if (found !== "unknown") return found;
    await sleep(10);
  }
}

const outcome = async (anvil: Anvil, { hash }: SignedTransaction): Promise<string> =>
  await submitterAt(anvil).outcome(hash);

describe("the registry on another kind of node", () => {
  it.each<[string, AnvilOptions]>([
    ["with fees and a block for each transaction", {}],
    ["without fees", { free: true }],
  ])("the registry records anchored documents on a node %s", async (_, options) => {
    const anvil = await start(options);
    const transaction = await signOne(anvil);
    expect(await mined(anvil, transaction)).toBe("succeeded");
    const reader = new RegistryReader(anvil.rpc, { registry: anvil.registry, finality: 1 });
    const { latest } = await reader.heads();
    expect((await reader.treeAt(latest.number)).size).toBe(SAMPLE_ENTRIES + 1);
    expect((await anvil.rpc.request("eth_gasPrice", [], quantity)) === 0).toBe(options.free ?? false);
  });

  it("a node in manual mode makes blocks only on request", async () => {
    const anvil = await start({ mining: "manual", chainId: 4711 });
    const transaction = await signOne(anvil);
    expect(await outcome(anvil, transaction)).toBe("unknown");
    await anvil.mine();
    expect(await mined(anvil, transaction)).toBe("succeeded");
  });

  it("a node in interval mode makes blocks by itself, empty ones too", async () => {
    const anvil = await start({ mining: { every: 1 } });
    const reader = new RegistryReader(anvil.rpc, { registry: anvil.registry, finality: "finalized" });
    const before = (await reader.heads()).latest.number;
    while ((await reader.heads()).latest.number < before + 2) await sleep(50);
    const { latest, final } = await reader.heads();
    expect(final?.number).toBe(latest.number - 2);
  });
});
