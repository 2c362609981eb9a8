/** Tests a service whose node is unreachable. */
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestChain, type TestChain } from "../support/chain/embedded.ts";
import { TestClock } from "../support/clock.ts";
import { ScriptedNode, forward, type Answer } from "../support/chain/json-rpc.ts";
import { ask, startTestService, type TestService } from "../support/service/service.ts";

const clock = new TestClock();
const digestOf = (text: string): string => `sha256:${createHash("sha256").update(text).digest("hex")}`;

let chain: TestChain;
let node: ScriptedNode;
let down = false;
let target = "";
let folder: string;

beforeAll(async () => {
  chain = await startTestChain({ clock });
  target = chain.url;
  node = await ScriptedNode.start((request): Promise<Answer> =>
    down ? Promise.resolve("reset" as const) : forward(target, request),
  );
  folder = mkdtempSync(join(tmpdir(), "hufu-offline-"));
  mkdirSync(join(folder, "data"));
  cpSync(join(chain.folder, "hot"), join(folder, "data", "keys"), { recursive: true });
});
afterAll(async () => {
  await node[Symbol.asyncDispose]();
  await chain.close();
  rmSync(folder, { recursive: true, force: true });
});

const start = async (options: { env?: Record<string, string>; folder?: string; lines?: string[] } = {}) =>
  await startTestService({
    folder,
    clock,
    config: { pollInterval: 20 },
    ...options,
    env: {
      HUFU_CHAIN_RPC_URL: `${node.url}/hidden-key`,
      HUFU_REGISTRY_ADDRESS: chain.registry,
      HUFU_FINALITY: "1",
      HUFU_GROUP_AGE: "0",
      ...options.env,
    },
  });

async function anchor(
  service: TestService,
  text: string,
  query = "?wait=final",
): Promise<Record<string, unknown>> {
  const documents = [{ digest: digestOf(text), scene: "enterprise-credit-report" }];
  const { body } = await ask(`${service.url}/v1/anchors${query}`, {
    key: service.keys.issuer,
    body: { documents },
  });
  return (body["anchors"] as Record<string, unknown>[])[0] ?? {};
}

const verdict = async (service: TestService, text: string): Promise<unknown> =>
  (await ask(`${service.url}/v1/verifications`, { body: { digest: digestOf(text) } })).body["verdict"];

async function until(what: () => Promise<boolean>): Promise<void> {
  while (!(await what())) await sleep(20);
}

describe("a service whose node is down when it starts", () => {
  it("a service whose node is down serves its index, is not ready, and recovers once the node is back", async () => {
    const lines: string[] = [];
    const first = await start();
    await anchor(first, "stands");
    const { index } = await anchor(first, "revoked");
    const url = `${first.url}/v1/entries/${String(index)}/status?wait=final`;
    await ask(url, { key: first.keys.issuer, body: { action: "revoke", reason: "issued-in-error" } });
    expect(await verdict(first, "revoked")).toBe("revoked");
    await first.stop();

    down = true;
    const second = await start({ lines });
    try {
      // the index is fresh, but the linked registries are unknown since the start
      expect(await verdict(second, "never anchored")).toBe("indeterminate");
      clock.advance(601);
      expect(await verdict(second, "revoked")).toBe("revoked");
      expect(await verdict(second, "stands")).toBe("indeterminate");
      expect(await verdict(second, "never anchored")).toBe("indeterminate");
      expect((await ask(`${second.url}/readyz`)).status).toBe(503);
      expect((await anchor(second, "later", ""))["state"]).toBe("queued");
      await until(() => Promise.resolve(lines.some((line) => line.includes("started without a node"))));

      down = false;
      await until(async () => (await ask(`${second.url}/readyz`)).status === 200);
      await until(async () => (await verdict(second, "later")) === "valid");
      expect(await verdict(second, "stands")).toBe("valid");
      expect(await verdict(second, "never anchored")).toBe("not-found");
      expect(await verdict(second, "revoked")).toBe("revoked");
    } finally {
      await second.stop();
    }
    expect(second.rpc).toBe(node.url);
    expect(lines.join("")).not.toContain("hidden-key");
  });

  it("a service whose node is down refuses to start with another registry than it followed", async () => {
    down = true;
    const other = { HUFU_REGISTRY_ADDRESS: `0x${"22".repeat(20)}` };
    await expect(start({ env: other })).rejects.toThrowCode("CHAIN_IDENTITY_MISMATCH");
    const chainId = { HUFU_REGISTRY_ADDRESS: `eip155:7:${chain.registry}` };
    await expect(start({ env: chainId })).rejects.toThrowCode("CHAIN_IDENTITY_MISMATCH");
    down = false;
  });

  it("a service without an index does not start while its node is down", async () => {
    down = true;
    const empty = mkdtempSync(join(tmpdir(), "hufu-empty-"));
    await expect(start({ folder: empty })).rejects.toThrowCode("RPC_UNAVAILABLE");
    rmSync(empty, { recursive: true });
    down = false;
  });

  it("a service with an index does not start on another chain", async () => {
    await using other = await startTestChain({ clock: new TestClock(1_700_000_000) });
    target = other.url;
    await expect(start()).rejects.toThrowCode("NO_CONTRACT");
    target = chain.url;
    const service = await start();
    await service.stop();
  });
});
