import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const SCRIPT = join(import.meta.dirname, "../../../scripts/days/officer-night.ts");

describe("the officer's night", () => {
  it("every step goes as its sentence says", async () => {
    const child = spawn(process.execPath, [SCRIPT], { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => (output += text));
    await once(child, "close");
    expect([child.exitCode, output]).toEqual([0, output]);
    expect(output.match(/^✓ .+\.$/gm)?.length).toBeGreaterThan(14);
  }, 300_000);
});
