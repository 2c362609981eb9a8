/** Attacks the port of the embedded chain while documents go through. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Transaction, Wallet, id } from "ethers";
import { expect, inject, it } from "vitest";
import { z } from "zod";
import { MAX_GROUPS } from "../../src/anchor/plan.ts";
import { MAX_TRANSACTION } from "../../src/chain/embedded/guarded-chain.ts";
import { encodeCall } from "../../src/chain/registry/registry.ts";
import { readKey } from "../../src/chain/keys/signers.ts";
import { fromHex } from "../../src/core/bytes.ts";
import { anchorCall, documentGroup } from "../support/chain/submit.ts";
import { sized } from "../support/scale.ts";
import { ask } from "../support/service/service.ts";
import { Serving, Writer } from "../support/service/serving.ts";

const SECONDS = sized({ short: 12, full: 60 });
const ENDLESS = "0x5b600056";
const JSON_TYPE = { "content-type": "application/json" };

const call = (method: string, ...params: unknown[]): string =>
  JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });

/** Requests, each as a body and its headers. */
type Requests = readonly (readonly [body: string, headers: object])[];

/** What a stranger sends to stop the chain, and the dearest of what the port answers. */
async function attacks(
  data: string,
  { rpc, registry }: { rpc: string; registry: string },
): Promise<{ hostile: Requests; dear: Requests }> {
  const chain = (await ask(rpc, { body: call("eth_chainId") })).body["result"];
  const signed = async (name: string, change: object): Promise<string> => {
    const fields = { type: 0, chainId: Number(chain), nonce: 0, gasPrice: 0, ...change };
    return call("eth_sendRawTransaction", await new Wallet(id(name)).signTransaction(fields));
  };
  const { address: from } = await readKey(join(data, "keys", "institution-1.key"));
  const groups = Array.from({ length: MAX_GROUPS }, (_, i) =>
    documentGroup(
      Array.from({ length: 2_000 / MAX_GROUPS }).map((_, j) => fromHex(id(`${i}/${j}`))),
      { validUntil: 4_000_000_000 + i },
    ),
  );
  const endless = await signed("a stranger", { data: ENDLESS, gasLimit: 30_000_000 });
  expect(endless.length).toBeLessThan(300);
  const long = { to: registry, data: `0x${"5b".repeat(MAX_TRANSACTION - 200)}`, gasLimit: 5_000_000 };
  const penniless = await Promise.all(Array.from({ length: 10 }, (_, i) => signed(`penniless ${i}`, long)));
  const batch = (count: number, one: string): string =>
    `[${Array.from({ length: count }, () => one).join()}]`;
  const hostile: Requests = [
    [endless, JSON_TYPE],
    [endless, { "content-type": "text/plain" }],
    [endless, { ...JSON_TYPE, origin: "https://evil.example" }],
    [await signed("a stranger", { data: ENDLESS, gasLimit: 5_000_000 }), JSON_TYPE],
    [call("eth_call", { data: ENDLESS, gas: "0x1c9c380" }, "latest"), JSON_TYPE],
    [call("eth_estimateGas", { from, data: ENDLESS }), JSON_TYPE],
    [call("eth_call", { to: from }, "latest", { [from]: { code: ENDLESS } }), JSON_TYPE],
    [batch(38_836, "{}"), JSON_TYPE],
    [batch(38_836, call("eth_chainId")), JSON_TYPE],
    [batch(100, call("eth_getBlockByNumber", "latest", true)), JSON_TYPE],
    ...penniless.map((body) => [body, JSON_TYPE] as const),
  ];
  const dear: Requests = [
    [call("eth_estimateGas", { from, to: registry, data: encodeCall(anchorCall(...groups)) }), JSON_TYPE],
    [batch(100, call("eth_getLogs", { fromBlock: "earliest" })), JSON_TYPE],
  ];
  return { hostile, dear };
}

/** Resident memory of a process at its highest, in bytes; only Linux tells. */
function peakOf(pid: number | undefined): number | undefined {
  const match = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return match?.[1] === undefined ? undefined : Number(match[1]) * 1024;
}

const record = z.object({ raw: z.string() });

it.each([
  ["hostile", 700],
  ["dear", 1_000],
] as const)(
  "under %s requests the service is ready below %d MB, documents go through, and a start repeats nothing",
  async (kind, megabytes) => {
    const folder = mkdtempSync(join(tmpdir(), "hufu-attacked-"));
    const data = join(folder, "data");
    const startAt = async (): Promise<[Serving, number]> => {
      const before = performance.now();
      return [await Serving.start(data), Math.round(performance.now() - before)];
    };
    let [serving] = await startAt();
    try {
      await serving.kill("SIGTERM");
      const [attacked, startBefore] = await startAt();
      serving = attacked;
      const writer = new Writer(`${inject("seed")}/attacked`);
      const { [kind]: bodies } = await attacks(data, serving.credentials);
      const end = performance.now() + SECONDS * 1_000;
      const statuses = new Map<number, number>();
      const attacking = Array.from({ length: 8 }, async (_, lane) => {
        for (let i = lane; performance.now() < end; i++) {
          const [body, headers] = bodies[i % bodies.length] ?? ["", {}];
          const options = { method: "POST", headers: headers as Record<string, string>, body };
          const answer = await fetch(attacked.credentials.rpc, options).catch(() => undefined);
          await answer?.arrayBuffer().catch(() => undefined);
          statuses.set(answer?.status ?? 0, (statuses.get(answer?.status ?? 0) ?? 0) + 1);
        }
      });
      let notReady = 0;
      let ready = 0;
      while (performance.now() < end) {
        expect(await writer.write(serving)).toBe(true);
        if ((await ask(`${serving.url}/readyz`)).status === 200) ready += 1;
        else notReady += 1;
        await sleep(200);
      }
      await Promise.all(attacking);
      const peak = peakOf(serving.child.pid);
      await writer.expectRecorded(serving);
      await serving.kill("SIGTERM");
      const [again, startAfter] = await startAt();
      serving = again;
      await writer.expectRecorded(serving);
      const journal = readFileSync(join(data, "chain", "journal.ndjson"), "utf8")
        .trim()
        .split("\n")
        .slice(1);
      const senders = new Set(
        journal.map((line) => Transaction.from(record.parse(JSON.parse(line)).raw).from),
      );
      const report = {
        seconds: SECONDS,
        attacks: Object.fromEntries(statuses),
        documents: writer.acknowledged.size,
      };
      const figures = { ready, notReady, peak, blocks: journal.length, startBefore, startAfter };
      process.stdout.write(`${JSON.stringify({ ...report, ...figures })}\n`);
      expect(notReady).toBe(0);
      expect(senders.size).toBe(5); // the deployer, two admins, two keys
      expect(peak ?? 0).toBeLessThan(megabytes * 1e6);
      expect(writer.refusals.size).toBe(0);
    } finally {
      await serving.kill();
      rmSync(folder, { recursive: true, force: true });
    }
  },
  600_000,
);
