/** Runs the clerk's morning as a clerk would. */
import { expect, it } from "vitest";
import { runDay, sentencesOf } from "../../support/cli/day.ts";

it("the clerk's morning goes through to its end, and each step shows what it did", async () => {
  const { code, output } = await runDay("clerk-morning");
  expect([code, output]).toEqual([0, output]);
  const steps = sentencesOf("clerk-morning");
  expect(steps.length).toBeGreaterThan(11);
  for (const step of steps) expect(output).toContain(`\n${step}\n`);
  expect(output).toContain("ZIP_REFUSED");
}, 600_000);
