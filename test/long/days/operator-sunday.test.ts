/** Runs the operator's Sunday as an operator would. */
import { expect, it } from "vitest";
import { runDay, sentencesOf } from "../../support/cli/day.ts";

it("the operator's Sunday goes through to its end, and each step shows what it did", async () => {
  const { code, output } = await runDay("operator-sunday");
  expect([code, output]).toEqual([0, output]);
  const steps = sentencesOf("operator-sunday");
  expect(steps.length).toBeGreaterThan(12);
  for (const step of steps) expect(output).toContain(`\n${step}\n`);
  expect(output).toContain("The backup holds keys");
  expect(output).toContain("pg_dump");
  expect(output).not.toContain("not-shown"); // the password of the database
}, 600_000);
