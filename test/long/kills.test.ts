import { expect, inject, it } from "vitest";
import { survivesKills } from "../support/kills.ts";

it("50 kills at random moments under load lose nothing and double nothing", async () => {
  const report = await survivesKills({ kills: 50, seed: inject("seed") });
  process.stdout.write(`${JSON.stringify(report)}\n`);
  expect(report.acknowledged).toBeGreaterThan(1_000);
  expect(report.seenFinalBeforeAKill).toBeGreaterThan(50);
}, 900_000);
