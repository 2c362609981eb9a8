import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HDNodeWallet, Wallet } from "ethers";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startTestChain, type TestChain } from "../support/chain/embedded.ts";
import { ScriptedNode, altering } from "../support/chain/json-rpc.ts";
import { keystoreOf } from "../support/cli/keystore.ts";
import { ask, startTestService, type TestService } from "../support/service/service.ts";

const PASSWORD = "a password of the operator";
let chain: TestChain;
/** The same chain, as one that is not local. */
let real: ScriptedNode;
let folder: string;

beforeAll(async () => {
  chain = await startTestChain();
  real = await ScriptedNode.start(altering(chain.url, "eth_chainId", () => "0x2105"));
});
afterAll(async () => {
  await real[Symbol.asyncDispose]();
  await chain.close();
});
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "hufu-service-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Starts on a node with one file in the folder of hot keys. */
async function start(url: string, name: string, content: string): Promise<TestService> {
  mkdirSync(join(folder, "data", "keys"), { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, "data", "keys", name), content, { mode: 0o600 });
  writeFileSync(join(folder, "password"), `${PASSWORD}\n`, { mode: 0o600 });
  return await startTestService({
    folder,
    env: {
      HUFU_CHAIN_RPC_URL: url,
      HUFU_REGISTRY_ADDRESS: chain.registry,
      HUFU_FINALITY: "1",
      HUFU_KEY_PASSWORD_FILE: join(folder, "password"),
    },
  });
}

describe("on a chain that is not local", () => {
  it("a service on a chain that is not local does not start with a plain key file", async () => {
    const starting = start(real.url, "issuer.key", chain.hotKeys[0].privateKey);
    await expect(starting).rejects.toThrowCode("KEY_FILE_PLAIN");
  });

  it("a service on a chain that is not local does not start with a development key, even if encrypted", async () => {
    const { privateKey } = HDNodeWallet.fromPhrase(`${"test ".repeat(11)}junk`, "", "m/44'/60'/0'/0/3");
    const starting = start(real.url, "issuer.json", keystoreOf(new Wallet(privateKey), PASSWORD));
    await expect(starting).rejects.toThrowCode("DEV_KEY_ON_REAL_CHAIN");
  });

  it("a service does not start with a wrong password", async () => {
    const starting = start(real.url, "issuer.json", keystoreOf(chain.hotKeys[0], "another one"));
    await expect(starting).rejects.toThrowCode("KEYSTORE_PASSWORD");
  });

  it("a service starts with a keystore, and holds its institution's key", async () => {
    const service = await start(real.url, "issuer.json", keystoreOf(chain.hotKeys[0], PASSWORD));
    try {
      expect(Object.keys(service.keys)).toContain("issuer");
    } finally {
      await service.close();
    }
  });
});

describe("on a local chain", () => {
  it("a document signed with a keystore's key is recorded", async () => {
    const service = await start(chain.url, "issuer.json", keystoreOf(chain.hotKeys[0], PASSWORD));
    try {
      const body = {
        documents: [{ digest: `sha256:${"ab".repeat(32)}`, scene: "enterprise-credit-report" }],
      };
      const answer = await ask(`${service.url}/v1/anchors?wait=final`, { key: service.keys.issuer, body });
      expect(answer.body).toMatchObject({ anchors: [{ state: "final" }] });
    } finally {
      await service.close();
    }
  });
});
