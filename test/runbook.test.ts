import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { SETTINGS } from "../src/config.ts";
import { Metrics } from "../src/api/metrics.ts";

const RUNBOOK = readFileSync(join(import.meta.dirname, "../src/RUNBOOK.md"), "utf8");
const named = (pattern: RegExp): string[] => [
  ...new Set([...RUNBOOK.matchAll(pattern)].map(([name]) => name)),
];

it("the runbook names only settings that exist", () => {
  const settings = named(/\bHUFU_[A-Z_]+\b/g);
  expect(settings.length).toBeGreaterThan(8);
  for (const name of settings) expect(Object.keys(SETTINGS)).toContain(name);
});

it("the runbook names only metrics that exist", async () => {
  const metrics = new Metrics();
  metrics.watch(() =>
    Promise.resolve({
      status: {
        head: undefined,
        doubt: undefined,
        problems: [],
        closed: undefined,
        pending: undefined,
        splits: undefined,
      },
      now: 0,
      latestBlock: undefined,
      diskFree: undefined,
      tlsUntil: undefined,
    }),
  );
  const text = await metrics.text();
  const metricNames = named(/\bhufu_[a-z_]+\b/g);
  expect(metricNames.length).toBeGreaterThan(8);
  for (const name of metricNames) expect(text).toContain(`# TYPE ${name} `);
});
