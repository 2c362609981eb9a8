/** Tests that no text that the registry takes stops a service, and how every surface shows it. */
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Governance } from "../../src/chain/registry/governance.ts";
import { operatorSeeds } from "../../src/main/secrets.ts";
import { enterOperator } from "../support/service/enter-operator.ts";
import { deployRegistry } from "../../src/chain/registry/deploy.ts";
import { RegistryReader } from "../../src/chain/registry/reader.ts";
import { LocalSigner } from "../../src/chain/keys/signer.ts";
import { readKey } from "../../src/chain/keys/signers.ts";
import { toHex } from "../../src/core/bytes.ts";
import { decodeEntry } from "../../src/core/entry.ts";
import { isAppError } from "../../src/core/errors.ts";
import { systemClock } from "../../src/core/clock.ts";
import { Wallet } from "ethers";
import { INVISIBLE } from "../../src/core/visible.ts";
import type { DirectoryChange } from "../../src/indexer/ports.ts";
import { decodeBundle, tilePath } from "../../src/log/tiles.ts";
import { maintainIndex } from "../../src/main/upkeep.ts";
import { readServiceConfig } from "../../src/config.ts";
import { hufuHere } from "../support/cli/cli.ts";
import { grantRole, startTestChain, type TestChain } from "../support/chain/embedded.ts";
import { HOSTILE, RECORDED, TEXT_PARAMETERS, sendRaw } from "../support/contract/raw-texts.ts";
import { startTestService, type TestService } from "../support/service/service.ts";

const MAX = { jurisdiction: 16, officialNumber: 64 } as const;
let chain: TestChain;
let folder: string;
/** Parameters whose hostile values the contract refused, with how many. */
const refused = new Map<string, number>();
let recorded = 0;

/** The values for a parameter: all hostile ones, and the longest of bytes that are no text. */
function valuesFor(parameter: string): Uint8Array[] {
  const [, name = ""] = parameter.split(".");
  const longest = name in MAX ? MAX[name as keyof typeof MAX] : 256;
  return [...Object.values(HOSTILE), new Uint8Array(longest).fill(0xfe)];
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "hufu-hostile-"));
  chain = await startTestChain({ clock: systemClock });
  const governor = await readKey(join(chain.folder, "governance", "deployer.key"));
  for (const [parameter, calls] of Object.entries(RECORDED))
    for (const call of calls)
      for (const [n, text] of valuesFor(parameter).entries())
        try {
          await sendRaw(chain, governor, call(text, n));
          recorded += 1;
        } catch (error) {
          if (!isAppError(error)) throw error;
          refused.set(parameter, (refused.get(parameter) ?? 0) + 1);
        }
  // so that the directory has more entries than one file
  for (let n = 0; n < 140; n++)
    await sendRaw(chain, governor, ["registerOperator", [0, Buffer.from(`N${n}`)]]);
}, 120_000);
afterAll(async () => {
  await chain.close();
  rmSync(folder, { recursive: true, force: true });
});

const envOf = (registry: string, name: string): Record<string, string> => ({
  HUFU_CHAIN_RPC_URL: chain.url,
  HUFU_REGISTRY_ADDRESS: registry,
  HUFU_FINALITY: "1",
  HUFU_LISTEN: "127.0.0.1:0",
  HUFU_DATA_DIR: join(folder, name, "data"),
});

async function serviceOn(registry: string, name: string): Promise<TestService> {
  mkdirSync(join(folder, name, "data"), { recursive: true, mode: 0o700 });
  return await startTestService({
    env: envOf(registry, name),
    config: { pollInterval: 50 },
    folder: join(folder, name),
  });
}

async function ready({ url }: TestService): Promise<void> {
  for (;;) if ((await fetch(`${url}/readyz`)).ok) return;
}

/** Waits for a checkpoint of the whole log. @returns its size */
async function signed({ url }: TestService): Promise<number> {
  const { size } = await new RegistryReader(chain.rpc, { registry: chain.registry, finality: 1 }).treeAt(
    chain.chain.height,
  );
  for (;;) {
    const response = await fetch(`${url}/log/checkpoint`);
    if (response.ok && Number((await response.text()).split("\n")[1]) === size) return size;
  }
}

const text = async (url: string): Promise<string> => await (await fetch(url)).text();

describe("texts that the registry takes", () => {
  it("files of directory events have the payload of every directory entry, up to the newest checkpoint", async () => {
    const dataDir = join(folder, "events", "data");
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    const key = new LocalSigner(await readKey(join(chain.folder, "governance", "deployer.key")));
    const governance = new Governance(chain.rpc, { registry: chain.registry, chainId: 31_337, key });
    await enterOperator(governance, { name: "It", seeds: await operatorSeeds({ dataDir }) });
    await using service = await serviceOn(chain.registry, "events");
    await ready(service);
    const size = await signed(service);
    const payloads = new Map<number, string>();
    for (let first = 0; first < size; first += 256) {
      const [index, width] = [first / 256, Math.min(256, size - first)] as const;
      const bundle = { level: "entries", index, width } as const;
      const bytes = await (await fetch(`${service.url}/log/${tilePath(bundle)}`)).arrayBuffer();
      for (const [i, entry] of decodeBundle(new Uint8Array(bytes), bundle).entries()) {
        const { kind, payload } = decodeEntry(entry);
        if (kind === "directory") payloads.set(first + i, toHex(payload));
      }
    }
    const found = new Map<number, string>();
    for (const [file, count, caching] of [
      [0, 256, "public, max-age=31536000, immutable"],
      [1, payloads.size - 256, "public, max-age=2"],
    ] as const) {
      const response = await fetch(`${service.url}/log/directory/${file}`);
      expect(response.headers.get("cache-control")).toBe(caching);
      expect(response.headers.get("content-type")).toBe("application/x-ndjson; charset=utf-8");
      const lines = (await response.text()).trimEnd().split("\n");
      expect(lines).toHaveLength(count);
      for (const line of lines) {
        const { index, event } = JSON.parse(line) as { index: number; event: string };
        found.set(index, createHash("sha256").update(Buffer.from(event, "base64")).digest("hex"));
      }
    }
    expect(found).toEqual(payloads);
    for (const [path, status, code] of [
      ["2", 404, "DIRECTORY_FILE_NOT_FOUND"],
      [String(Number.MAX_SAFE_INTEGER), 404, "DIRECTORY_FILE_NOT_FOUND"],
      ["00", 400, "ID_FORMAT"],
      ["-1", 400, "ID_FORMAT"],
      ["x000", 400, "ID_FORMAT"],
    ] as const) {
      const response = await fetch(`${service.url}/log/directory/${path}`);
      expect([path, response.status]).toEqual([path, status]);
      expect(response.headers.get("cache-control")).toBe("no-store");
      expect(await response.json()).toMatchObject({ code });
    }
  });

  it("every text of every event was tried, and all but names have to be of certain characters", () => {
    expect(Object.keys(RECORDED).toSorted()).toEqual(TEXT_PARAMETERS.toSorted());
    const limited = ["InstitutionRegistered.jurisdiction", "InstitutionRegistered.officialNumber"];
    expect([...refused.keys()].toSorted()).toEqual([...limited, "SceneDefined.slug"]);
    const printable = 2; // the formula and the markup, in both
    const names = 3 * 2 + 1 + 3;
    expect(recorded).toBe(names * (Object.keys(HOSTILE).length + 1) + 2 * printable);
  });

  it.each(Object.entries(RECORDED))("an empty %s is refused by the contract", async (_, calls) => {
    const governor = await readKey(join(chain.folder, "governance", "deployer.key"));
    for (const call of calls)
      await expect(sendRaw(chain, governor, call(new Uint8Array(), 99))).rejects.toThrow();
  });

  it("what is not UTF-8, and NUL, is read as U+FFFD", async () => {
    const reader = new RegistryReader(chain.rpc, { registry: chain.registry, finality: 1 });
    const events = (await reader.events({ from: 0, to: chain.chain.height })) as DirectoryChange[];
    const names = events.flatMap((event) => (event.type === "operator-registered" ? [event.name] : []));
    expect(names.slice(0, 6)).toEqual([
      "\ufffd",
      "\ufffd\ufffd",
      "\ufffd\ufffd\ufffd",
      "A\ufffd",
      "A\ufffdB",
      "A\nB",
    ]);
    expect(names[Object.keys(HOSTILE).length]).toBe("\ufffd".repeat(256));
  });

  it("a service indexes them, restarts, checks and rebuilds its index", async () => {
    let service = await serviceOn(chain.registry, "own");
    await ready(service);
    const before = await text(`${service.url}/v1/institutions`);
    expect(JSON.parse(before)).toHaveProperty("institutions");
    await service.stop();
    const config = readServiceConfig(envOf(chain.registry, "own"));
    await expect(maintainIndex(config, "check")).resolves.toMatchObject({ task: "check" });
    await expect(maintainIndex(config, "rebuild")).resolves.toMatchObject({ task: "rebuild" });
    service = await serviceOn(chain.registry, "own");
    await ready(service);
    expect(await text(`${service.url}/v1/institutions`)).toBe(before);
    await service.stop();
  });

  it("a successor registry's service reads them too", async () => {
    const governor = await readKey(join(chain.folder, "governance", "deployer.key"));
    const deployer = new LocalSigner(new Wallet(Wallet.createRandom().privateKey));
    await grantRole(chain, "PAUSER_ROLE", deployer.address);
    const successor = await deployRegistry(chain.rpc, deployer, chain.registry);
    await sendRaw(chain, governor, ["nameSuccessor", [successor]]);
    const service = await serviceOn(successor, "successor");
    await ready(service);
    const verification = await fetch(`${service.url}/v1/verifications`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ digest: `sha256:${"ab".repeat(32)}` }),
    });
    // not-found needs the logs of both registries
    expect(await verification.json()).toMatchObject({ verdict: "not-found" });
    await service.stop();
  });

  it("JSON of the service and of the command line has them as escapes, and the command line's lines as code points", async () => {
    const service = await serviceOn(chain.registry, "own");
    await ready(service);
    const json = await text(`${service.url}/v1/institutions`);
    expect(INVISIBLE.test(json)).toBe(false);
    expect(json).toContain("a\\u202Eb");
    expect(
      (JSON.parse(json) as { operators: { name: string }[] }).operators.map(({ name }) => name),
    ).toContain("a\u202eb");
    const at = ["--rpc", chain.url, "--registry", chain.registry];
    for (const command of ["institution", "operator", "scene"]) {
      const lines = await hufuHere([command, "list", ...at], { HUFU_DATA_DIR: join(folder, "nothing") });
      expect(lines.code).toBe(0);
      expect(INVISIBLE.test(lines.stdout.replaceAll("\n", ""))).toBe(false);
      expect(lines.stdout).toContain("a\\u{202E}b");
      const asJson = await hufuHere([command, "list", ...at, "--json"], {
        HUFU_DATA_DIR: join(folder, "nothing"),
      });
      expect(INVISIBLE.test(asJson.stdout.replaceAll("\n", ""))).toBe(false);
      expect(asJson.stdout).toContain("a\\u202Eb");
    }
    await service.stop();
  });
});
