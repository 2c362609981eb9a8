/** Judges the vectors, or runs mutations, in a process of its own. */
import { readVectors } from "../../support/log/vectors.ts";
import { judge, type Vector } from "../judge.ts";
import { same } from "./sample.ts";

// `node child.ts vectors`, or `node child.ts SEED FROM COUNT`, which prints its report. Exits with 1 on any wrong outcome;
// crashes with the code under test.
const [what = "", from = "0", count = "0"] = process.argv.slice(2);

if (what === "vectors") {
  for (const { name, vector } of readVectors<Vector>("."))
    if (typeof vector.format === "string" && !same(judge(vector), vector.expect)) {
      process.stdout.write(`${name}\n`);
      process.exit(1);
    }
} else {
  const { run } = await import("./run.ts");
  const report = run({ seed: Number(what), from: Number(from), count: Number(count) });
  process.stdout.write(`${JSON.stringify(report)}\n`);
  process.exitCode = report.wrong.length + report.crashed.length > 0 ? 1 : 0;
}
