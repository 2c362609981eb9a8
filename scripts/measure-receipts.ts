/**
 * Measures the size of receipts of a log of a million entries, and the time of offline verification: part of
 * `npm run measure`. The baseline, in the same run on the same machine, is an empty program: `node -e 0`.
 */
import { spawnSync } from "node:child_process";
import { createHash, hash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Digest } from "../src/core/digest.ts";
import { formatPolicy, parsePolicy } from "../src/log/policy.ts";
import { formatReceipt, parseReceipt } from "../src/log/receipt.ts";
import { verifyOffline } from "../src/sdk/verify/offline.ts";
import { TIME, TestLog } from "../test/support/log/receipts.ts";
import { MACHINE, median } from "./measuring.ts";

const ENTRIES = 1_000_000;
const LIMIT = 5_000;
const WARM = 300;
const COLD = 15;
const CONTENT = "a report of a person";

const digests: Digest[] = (["sha256", "sm3"] as const).map((algorithm) => ({
  algorithm,
  bytes: Uint8Array.from(hash(algorithm, CONTENT, "buffer")),
}));
const [digest] = digests;
if (digest === undefined) throw new RangeError("there are two algorithms");
const salt = Uint8Array.from(createHash("sha256").update("a salt").digest());

const log = new TestLog();
const registration = log.registration();
const first = log.document(digest, { salt });
log.fill(ENTRIES / 2 - log.size);
const middle = log.document(digest);
log.fill(ENTRIES - 1 - log.size);
const last = log.document(digest, { salt });

const texts = new Map(
  [first, middle, last].map((index) => [
    index,
    formatReceipt(log.receipt(index, { registration, ...(index === middle ? {} : { salt }) })),
  ]),
);
const policyText = formatPolicy(log.policy());
const policy = parsePolicy(policyText);

function timed(run: () => void): number {
  const started = performance.now();
  run();
  return performance.now() - started;
}

const bytes = new TextEncoder().encode(texts.get(first));
const warm = median(
  Array.from({ length: WARM }, () =>
    timed(() => {
      const { verdict } = verifyOffline({ receipt: parseReceipt(bytes), digests, policy, now: TIME });
      if (verdict !== "registered") throw new Error(`unexpected verdict ${verdict}`);
    }),
  ),
);

const folder = mkdtempSync(join(tmpdir(), "hufu-measure-"));
const put = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const hufu = join(import.meta.dirname, "../src/bin/hufu.js");
const [file, receipt] = [put("report.pdf", CONTENT), put("receipt.tlog-proof", texts.get(first) ?? "")];
const command = [hufu, "verify", file, "--receipt", receipt, "--policy", put("policy", policyText)];
function runTimed(args: readonly string[], expected: number): number {
  return timed(() => {
    const { status, stderr } = spawnSync(process.execPath, args);
    if (status !== expected) throw new Error(`exit ${String(status)}: ${stderr.toString()}`);
  });
}
runTimed(command, 3); // fills the compile cache of Node
const cold: number[] = [];
const empty: number[] = [];
for (let i = 0; i < COLD; i++) {
  empty.push(runTimed(["-e", "0"], 0));
  cold.push(runTimed(command, 3));
}
rmSync(folder, { recursive: true });

const [coldMedian, emptyMedian] = [median(cold), median(empty)];
console.log(MACHINE);
for (const [index, text] of texts)
  console.log(`receipt of entry ${index} of ${log.size}, two operators: ${Buffer.byteLength(text)} bytes`);
console.log(`offline verification, warm, ${WARM} times: median ${warm.toFixed(1)} ms`);
console.log(`hufu verify FILE --receipt R --policy P, ${COLD} times: median ${coldMedian.toFixed(0)} ms`);
console.log(
  `baseline, node -e 0: median ${emptyMedian.toFixed(0)} ms; ratio ${(coldMedian / emptyMedian).toFixed(1)}`,
);
if ([...texts.values()].some((text) => Buffer.byteLength(text) >= LIMIT))
  throw new Error(`a receipt has ${LIMIT} bytes or more`);
