/** Runs the officer's night as an officer would. */
import { describe, expect, it } from "vitest";
import { runDay } from "../../support/cli/day.ts";

describe("the officer's night", () => {
  it("every step goes as its sentence says", async () => {
    const { code, output } = await runDay("officer-night");
    expect([code, output]).toEqual([0, output]);
    expect(output.match(/^✓ .+\.$/gm)?.length).toBeGreaterThan(14);
  }, 300_000);
});
