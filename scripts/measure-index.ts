/**
 * Measures start, index rebuild, anchoring and verification with 100,000 entries, compared with an empty log:
 * `npm run measure:index`. Most entries are in groups of 2,000, and 1,000 are single.
 */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { JsonRpc } from "../src/chain/rpc/rpc.ts";
import { readKeys } from "../src/chain/keys/signers.ts";
import { readServiceConfig } from "../src/config.ts";
import { systemClock } from "../src/core/clock.ts";
import { formatDigest, type Algorithm } from "../src/core/digest.ts";
import { maintainIndex } from "../src/main/upkeep.ts";
import { startService, type Service } from "../src/main/service.ts";
import { HufuClient } from "../src/sdk/http/client.ts";
import { readCredentials } from "../src/files/credentials.ts";
import { anchorCall, documentGroup, submit, submitterAt } from "../test/support/chain/submit.ts";
import { MACHINE, median } from "./measuring.ts";

const ENTRIES = 100_000;
const SINGLES = 1_000;
const GROUP = 2_000;

let made = 0;
const payload = (): Uint8Array => Uint8Array.from(createHash("sha256").update(`measured ${made++}`).digest());

async function timed(times: number, work: () => Promise<unknown>): Promise<number> {
  const all: number[] = [];
  for (let i = 0; i < times; i++) {
    const from = performance.now();
    await work();
    all.push(performance.now() - from);
  }
  return median(all);
}

/** Medians in milliseconds: from sending a document until it is final, and for a verdict on two digests. */
async function latencies(service: Service): Promise<{ anchored: number; verified: number }> {
  const apiKey = (await readCredentials(service.credentials))?.keys["issuer"];
  const client = new HufuClient({ server: service.url, apiKey });
  const digest = (algorithm: Algorithm): string => formatDigest({ algorithm, bytes: payload() });
  const document = () => ({ digest: digest("sha256"), scene: "enterprise-credit-report" });
  return {
    anchored: await timed(20, () => client.anchor([document()], { wait: true })),
    verified: await timed(200, () =>
      client.verify({ digest: digest("sha256"), alsoDigests: [digest("sm3")] }),
    ),
  };
}

const folder = mkdtempSync(join(tmpdir(), "hufu-measure-"));
const config = readServiceConfig({ HUFU_LISTEN: "127.0.0.1:0", HUFU_DATA_DIR: folder });
const parts = { clock: systemClock, log: pino({ level: "silent" }) };

async function startTimed(): Promise<{ milliseconds: number; service: Service }> {
  const from = performance.now();
  const service = await startService(config, parts);
  return { milliseconds: performance.now() - from, service };
}

const first = await startTimed();
const empty = await latencies(first.service);
const [, wallet] = await readKeys(join(folder, "keys")); // a key that the service does not use here
if (wallet === undefined) throw new Error("the sample directory has two institutions");
const { registry } = first.service;
const submitter = submitterAt({ rpc: new JsonRpc(first.service.rpc), registry, hotKeys: [wallet] });
const sizes = [
  ...Array.from({ length: SINGLES }, () => 1),
  ...Array.from({ length: Math.ceil((ENTRIES - SINGLES) / GROUP) }, () => GROUP),
];
for (const [nonce, size] of sizes.entries()) {
  const call = anchorCall(documentGroup(Array.from({ length: size }, payload)));
  await submit(submitter, { nonce, call });
}
await first.service.stop();
await (await startTimed()).service.stop(); // reads what is new

const { milliseconds, service } = await startTimed();
const full = await latencies(service);
await service.stop();
const from = performance.now();
const checked = await maintainIndex(config, "check", parts);
const checking = performance.now() - from;
const rebuilt = await maintainIndex(config, "rebuild", parts);
rmSync(folder, { recursive: true, force: true });
if (rebuilt.task !== "rebuild") throw new Error("unreachable");

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
console.log(`${MACHINE}, embedded chain, SQLite`);
console.log(
  `start with ${checked.entries} entries (${SINGLES} of them alone): ${milliseconds.toFixed(0)} ms, the chain's replay included`,
);
const compared = (what: string, of: (times: typeof empty) => number): string =>
  `${what}: ${of(full).toFixed(1)} ms, ${of(empty).toFixed(1)} ms with an empty log, ratio ${(of(full) / of(empty)).toFixed(1)}`;
console.log(compared("a document, until it is final", ({ anchored }) => anchored));
console.log(compared("a verdict on two digests", ({ verified }) => verified));
console.log(`check of all that is stored: ${checking.toFixed(0)} ms`);
console.log(
  `rebuild from the chain alone: ${rebuilt.entries} entries of ${rebuilt.blocks} blocks in ${rebuilt.milliseconds} ms, ${Math.round((rebuilt.entries * 1000) / rebuilt.milliseconds)} a second`,
);
console.log(`state hash before ${hex(rebuilt.before)}, after ${hex(rebuilt.after)}`);
if (hex(rebuilt.before) !== hex(rebuilt.after)) throw new Error("the rebuilt index is another one");
