/** Runs the operator's Sunday as an operator would. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const SCRIPT = join(import.meta.dirname, "../../../scripts/days/operator-sunday.ts");

it("the operator's Sunday goes through to its end, and each step shows what it did", async () => {
  const child = spawn(process.execPath, [SCRIPT], { stdio: "pipe" });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  const [code] = (await once(child, "close")) as [number | null];
  expect([code, output]).toEqual([0, output]);
  const steps = [...readFileSync(SCRIPT, "utf8").matchAll(/^say\(\s*"(.+)",?\s*\);$/gm)].map(
    ([, step]) => step,
  );
  expect(steps.length).toBeGreaterThan(12);
  for (const step of steps) expect(output).toContain(`\n${step ?? ""}\n`);
  expect(output).toContain("The backup holds keys");
  expect(output).toContain("pg_dump");
  expect(output).not.toContain("not-shown"); // the password of the database
}, 600_000);
