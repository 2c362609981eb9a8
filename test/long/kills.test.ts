import { expect, inject, it } from "vitest";
import { survivesKills } from "../support/kills.ts";

const KILLS = { short: 50, full: 500 }[inject("scale")];

it(`${KILLS} kills at random moments under load lose nothing and double nothing`, async () => {
  const report = await survivesKills({ kills: KILLS, seed: inject("seed") });
  process.stdout.write(`${JSON.stringify(report)}\n`);
  expect(report.acknowledged).toBeGreaterThan(20 * KILLS);
  expect(report.seenFinalBeforeAKill).toBeGreaterThan(KILLS);
}, 9_000_000);
