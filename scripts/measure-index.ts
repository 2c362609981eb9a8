/**
 * How long the index takes to be made anew from the chain alone, and a service to start, with 100,000 entries:
 * `npm run measure:index`. Most of them are in groups of 2,000, and 1,000 are alone.
 */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { JsonRpc } from "../src/chain/rpc.ts";
import { readKeys } from "../src/chain/signers.ts";
import { LocalSigner } from "../src/chain/signer.ts";
import { RegistrySubmitter } from "../src/chain/submitter.ts";
import { readServiceConfig } from "../src/config.ts";
import { systemClock } from "../src/core/clock.ts";
import { maintainIndex, startService } from "../src/main.ts";

const ENTRIES = 100_000;
const SINGLES = 1_000;
const GROUP = 2_000;

let made = 0;
const payload = (): Uint8Array => Uint8Array.from(createHash("sha256").update(`measured ${made++}`).digest());

const folder = mkdtempSync(join(tmpdir(), "hufu-measure-"));
const config = readServiceConfig({ HUFU_LISTEN: "127.0.0.1:0", HUFU_DATA_DIR: folder });
const parts = { clock: systemClock, log: pino({ level: "silent" }) };

async function started(): Promise<{
  milliseconds: number;
  service: Awaited<ReturnType<typeof startService>>;
}> {
  const from = performance.now();
  const service = await startService(config, parts);
  return { milliseconds: performance.now() - from, service };
}

const first = await started();
const [, wallet] = await readKeys(join(folder, "keys")); // a key that the service leaves alone here
if (wallet === undefined) throw new Error("the sample directory has two institutions");
const submitter = new RegistrySubmitter(new JsonRpc(first.service.rpc), {
  registry: first.service.registry,
  chainId: 31_337,
  signers: [new LocalSigner(wallet)],
});
const [signer] = submitter.signers;
const sizes = [
  ...Array.from({ length: SINGLES }, () => 1),
  ...Array.from({ length: Math.ceil((ENTRIES - SINGLES) / GROUP) }, () => GROUP),
];
for (const [nonce, size] of sizes.entries()) {
  if (signer === undefined) break;
  const payloads = Array.from({ length: size }, payload);
  const groups = [{ scene: 1, algorithm: "sha256" as const, blinded: false, validUntil: 0, payloads }];
  await submitter.broadcast(await submitter.sign({ signer, nonce, call: { kind: "anchor", groups } }));
}
await first.service.stop();
await (await started()).service.stop(); // reads what is new

const { milliseconds, service } = await started();
await service.stop();
const from = performance.now();
const checked = await maintainIndex(config, "check", parts);
const checking = performance.now() - from;
const rebuilt = await maintainIndex(config, "rebuild", parts);
rmSync(folder, { recursive: true, force: true });
if (rebuilt.task !== "rebuild") throw new Error("unreachable");

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
console.log(
  `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model.trim() ?? "unknown CPU"}, embedded chain, SQLite`,
);
console.log(
  `start with ${checked.entries} entries (${SINGLES} of them alone): ${milliseconds.toFixed(0)} ms, the chain's replay included`,
);
console.log(`check of all that is stored: ${checking.toFixed(0)} ms`);
console.log(
  `rebuild from the chain alone: ${rebuilt.entries} entries of ${rebuilt.blocks} blocks in ${rebuilt.milliseconds} ms, ${Math.round((rebuilt.entries * 1000) / rebuilt.milliseconds)} a second`,
);
console.log(`state hash before ${hex(rebuilt.before)}, after ${hex(rebuilt.after)}`);
if (hex(rebuilt.before) !== hex(rebuilt.after)) throw new Error("the rebuilt index is another one");
