import { expect, inject, it } from "vitest";
import { sized } from "../support/scale.ts";
import { STEPS } from "../../src/core/failpoint.ts";
import { survivesKills } from "../support/service/kills.ts";

const KILLS = sized({ short: 50, full: 500 });

it(`F1: ${KILLS} kills at failpoints and at random moments under load lose nothing and double nothing`, async () => {
  const report = await survivesKills({ kills: KILLS, seed: inject("seed"), at: "both" });
  process.stdout.write(`${JSON.stringify(report)}\n`);
  expect(Object.keys(report.atSteps).sort()).toEqual([...STEPS].sort());
  expect(report.acknowledged).toBeGreaterThan(20 * KILLS);
  expect(report.seenFinalBeforeAKill).toBeGreaterThan(KILLS);
}, 9_000_000);
