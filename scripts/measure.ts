/**
 * Measures the time from acceptance of a document (202) until it is verified as valid: `npm run measure`. The baseline, in
 * the same run on the same machine, is the transaction alone: signed, sent to the chain's node and mined.
 */
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { JsonRpc, quantity } from "../src/chain/rpc/rpc.ts";
import { readKeys } from "../src/chain/keys/signers.ts";
import { readServiceConfig } from "../src/config.ts";
import { systemClock } from "../src/core/clock.ts";
import { HufuClient } from "../src/sdk/http/client.ts";
import { startService } from "../src/main/service.ts";
import type { Credentials } from "../src/files/credentials.ts";
import { anchorCall, documentGroup, submit, submitterAt } from "../test/support/chain/submit.ts";
import { MACHINE } from "./measuring.ts";

const SCENE = "enterprise-credit-report";
const SINGLES = 60;
const BATCH = 2_000;

let made = 0;
const bytes = (): Uint8Array => Uint8Array.from(createHash("sha256").update(`measured ${made++}`).digest());
const digest = (): string => `sha256:${Buffer.from(bytes()).toString("hex")}`;

function summary(milliseconds: readonly number[]): { median: number; text: string } {
  const sorted = [...milliseconds].sort((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  const text = [
    ["min", 0],
    ["median", 0.5],
    ["p95", 0.95],
    ["max", 1],
  ] as const;
  return { median: at(0.5), text: text.map(([name, share]) => `${name} ${at(share).toFixed(0)}`).join(", ") };
}

async function untilValid(client: HufuClient, wanted: string, since: number): Promise<number> {
  for (;;) {
    const { verdict } = await client.verify({ digest: wanted });
    if (verdict === "valid") return performance.now() - since;
    if (verdict !== "not-found" && verdict !== "pending") throw new Error(`unexpected verdict ${verdict}`);
  }
}

const folder = mkdtempSync(join(tmpdir(), "hufu-measure-"));
const config = readServiceConfig({ HUFU_LISTEN: "127.0.0.1:0", HUFU_DATA_DIR: folder });
const service = await startService(config, { clock: systemClock, log: pino({ level: "silent" }) });
const { keys } = JSON.parse(readFileSync(service.credentials, "utf8")) as Credentials;
const client = new HufuClient({ server: service.url, apiKey: keys["issuer"] });

const singles: number[] = [];
for (let i = 0; i < SINGLES; i++) {
  const one = digest();
  await client.anchor([{ digest: one, scene: SCENE }], { wait: false });
  singles.push(await untilValid(client, one, performance.now()));
}

const many = Array.from({ length: BATCH }, digest);
const sent = performance.now();
await client.anchor(
  many.map((one) => ({ digest: one, scene: SCENE })),
  { wait: false },
);
const accepted = performance.now();
const batch = await untilValid(client, many.at(-1) ?? "", accepted);

// the second institution's key, which the service does not use here
const [, wallet] = await readKeys(join(folder, "keys"));
if (wallet === undefined) throw new Error("the sample directory has two institutions");
const { registry } = service;
const rpc = new JsonRpc(service.rpc);
const chainId = await rpc.request("eth_chainId", [], quantity);
const submitter = submitterAt({ rpc, registry, chainId, hotKeys: [wallet] });
const bare: number[] = [];
const used = await rpc.request("eth_getTransactionCount", [wallet.address, "latest"], quantity);
for (let nonce = used; nonce < used + SINGLES; nonce++) {
  const call = anchorCall(documentGroup([bytes()]));
  const start = performance.now();
  const transaction = await submit(submitter, { nonce, call });
  if ((await submitter.outcome(transaction.hash)) !== "succeeded") throw new Error("not mined");
  bare.push(performance.now() - start);
}
await service.stop();
rmSync(folder, { recursive: true, force: true });

const single = summary(singles);
const baseline = summary(bare);
const { age } = config.grouping;
console.log(`${MACHINE}, everything embedded`);
console.log(
  `accepted → valid, ${SINGLES} single documents: ${single.text} ms (of which ${age} ms wait for company: HUFU_GROUP_AGE)`,
);
console.log(
  `accepted → valid, one batch of ${BATCH}: ${batch.toFixed(0)} ms, after ${(accepted - sent).toFixed(0)} ms to accept it`,
);
console.log(`baseline, ${SINGLES} bare transactions, signed to mined: ${baseline.text} ms`);
console.log(
  `ratio of the medians without the wait for company: ${((single.median - age) / baseline.median).toFixed(1)}`,
);
