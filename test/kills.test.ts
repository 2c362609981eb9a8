import { expect, inject, it } from "vitest";
import { survivesKills } from "./support/kills.ts";

it("five kills at random moments under load lose nothing and double nothing", async () => {
  const report = await survivesKills({ kills: 5, seed: inject("seed") });
  expect(report.acknowledged).toBeGreaterThan(0);
}, 120_000);
