/** Measures the gas of anchoring: `npm run gas`. The figures depend only on the contract. */
import { createHash } from "node:crypto";
import type { DocumentGroup } from "../src/anchor/ports.ts";
import { groupDocuments, MAX_GROUPS } from "../src/anchor/plan.ts";
import type { Hash } from "../src/core/units.ts";
import { BareRegistry } from "../test/support/contract/bare-registry.ts";

const SCENES = 5;
const DATES = 30;
const NIGHT = 10_000;
const CALL = 2_000;
const END = 1_900_000_000;

let made = 0;
const payload = (): Hash => Uint8Array.from(createHash("sha256").update(`document ${made++}`).digest());
const plain = { scene: 1, algorithm: "sha256", blinded: false, validUntil: 0 } as const;
const group = (count: number): DocumentGroup => ({
  ...plain,
  payloads: Array.from({ length: count }, payload),
});
const print = (what: string, documents: number, gas: number): void => {
  console.log(
    `${what.padEnd(52)} ${String(gas).padStart(11)} gas ${(gas / documents).toFixed(0).padStart(8)} a document`,
  );
};

/** 10,000 documents as a nightly feed brings them: 5 document types and 30 dates of expiry in no order. */
async function mixedNight(registry: BareRegistry): Promise<void> {
  const anchors = Array.from({ length: NIGHT }, (_, i) => {
    const draw = createHash("sha256").update(`night ${i}`).digest();
    const scene = 1 + (draw.readUInt32BE(0) % SCENES);
    const validUntil = END + 86_400 * (draw.readUInt32BE(4) % DATES);
    return { scene, algorithm: "sha256" as const, blinded: false, validUntil, payload: payload() };
  });
  let gas = 0;
  let calls = 0;
  let groups = 0;
  for (let i = 0; i < NIGHT; i += CALL) {
    const call = groupDocuments(anchors.slice(i, i + CALL));
    gas += (await registry.anchor(call)).gas;
    calls += 1;
    groups += call.length;
  }
  print(`${NIGHT} documents, ${SCENES} scenes, ${DATES} dates: ${calls} calls, ${groups} groups`, NIGHT, gas);
}

const registry = await BareRegistry.create({ scenes: SCENES });
for (const count of [1, 10, 100, 1_000, 2_000])
  print(`one group of ${count}`, count, (await registry.anchor([group(count)])).gas);
const singles: number[] = [];
for (let i = 0; i < 200; i++) singles.push((await registry.anchor([group(1)])).gas);
print("a single one, the cheapest of 200", 1, Math.min(...singles));
print("a single one, the dearest of 200", 1, Math.max(...singles));
const many = Array.from({ length: MAX_GROUPS }, (_, i) => ({ ...group(1), validUntil: END + i }));
print(`${MAX_GROUPS} groups of one`, MAX_GROUPS, (await registry.anchor(many)).gas);
await mixedNight(registry);
await registry.close();
