import { expect, inject, it } from "vitest";
import { STEPS } from "../../src/core/failpoint.ts";
import { survivesKills } from "../support/service/kills.ts";

it("F1: a kill at each step of an item's way loses and doubles no item", async () => {
  const seed = inject("seed");
  const { atSteps, acknowledged } = await survivesKills({ kills: STEPS.length, seed, at: "steps" });
  expect(atSteps).toEqual(Object.fromEntries(STEPS.map((step) => [step, 1])));
  expect(acknowledged).toBeGreaterThan(0);
}, 180_000);

it("F1: the comparison after kills finds a missing acknowledged item", async () => {
  const seed = inject("seed");
  await expect(survivesKills({ kills: 1, seed, forge: true })).rejects.toThrow("to deeply equal");
}, 120_000);
