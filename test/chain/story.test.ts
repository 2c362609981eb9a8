import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CHAIN_PROFILES, FISCO_METHODS } from "../../src/chain/rpc/profile.ts";
import { RegistryReader } from "../../src/chain/registry/reader.ts";
import { quantity } from "../../src/chain/rpc/rpc.ts";
import { systemClock } from "../../src/core/clock.ts";
import { startAnvil } from "../support/chain/anvil.ts";
import { startTestChain } from "../support/chain/embedded.ts";
import { startFisco } from "../support/chain/fisco.ts";
import { runStory } from "../support/service/story.ts";

describe("the whole story, from anchoring to audit", () => {
  it("the whole story runs on a node that serves the methods of FISCO BCOS and answers as it does", async () => {
    await using chain = await startTestChain({ clock: systemClock });
    await using node = await startFisco(chain.url);
    await runStory({
      url: node.url,
      registry: chain.registry,
      hotFolder: join(chain.folder, "hot"),
      governanceFolder: join(chain.folder, "governance"),
      env: { HUFU_CHAIN_PROFILE: "fisco-bcos" },
      finality: "finalized",
    });
    const asked = new Set(node.requests.map(({ method }) => method));
    expect([...asked].filter((method) => !FISCO_METHODS.has(method))).toEqual([]);
    expect(asked).toContain("eth_sendRawTransaction");
  });

  it("the whole story fails on such a node under the profile of another kind", async () => {
    await using chain = await startTestChain({ clock: systemClock });
    await using node = await startFisco(chain.url);
    const stage = {
      url: node.url,
      registry: chain.registry,
      hotFolder: join(chain.folder, "hot"),
      governanceFolder: join(chain.folder, "governance"),
    };
    await expect(runStory({ ...stage, env: {}, finality: "finalized" })).rejects.toThrowCode(
      "RPC_INCONSISTENT",
    );
  });

  it.each(["2", "finalized"])(
    "the whole story runs on anvil, with fees and a block each second: finality %s",
    async (finality) => {
      await using anvil = await startAnvil({ mining: { every: 1 } });
      expect(await anvil.rpc.request("eth_gasPrice", [], quantity)).toBeGreaterThan(0);
      await runStory({ ...anvil, env: {}, finality });
    },
  );
});

describe("the head at the end of a block, where a node only serves the newest", () => {
  it("the head at the end of every block is the one that a node with old state serves", async () => {
    await using chain = await startTestChain();
    await using node = await startFisco(chain.url);
    const options = { registry: chain.registry, finality: 1 } as const;
    const exact = new RegistryReader(chain.rpc, options);
    const fisco = new RegistryReader(node.rpc(), { ...options, profile: CHAIN_PROFILES["fisco-bcos"] });
    for (let number = 1; number <= chain.chain.height; number++)
      expect([number, await fisco.treeAt(number)]).toEqual([number, await exact.treeAt(number)]);
    const mistaken = new RegistryReader(node.rpc(), options);
    expect(await mistaken.treeAt(1)).not.toEqual(await exact.treeAt(1));
  });
});
