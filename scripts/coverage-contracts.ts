/** Runs the contract's Solidity tests and fails unless they cover every line and statement: `npm run coverage:contracts`. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";

/** A row of Hardhat's report: file, lines, statements, and the lines that are not covered. */
const ROW = /║\s+(contracts\/\S+\.sol)\s+│\s+([\d.]+)\s+│\s+([\d.]+)\s+│\s+(.*?)\s+║/gu;
const FULL = "100.00";

// one run of the invariants reaches what ten reach
const child = spawn("hardhat", ["test", "solidity", "--coverage"], {
  cwd: new URL("..", import.meta.url),
  env: { ...process.env, HUFU_INVARIANT_RUNS: "1" },
  stdio: ["ignore", "pipe", "inherit"],
});
let report = "";
child.stdout.setEncoding("utf8").on("data", (text: string) => {
  report += text;
  process.stdout.write(text);
});
const [code] = (await once(child, "close")) as [number | null];

const rows = [...report.matchAll(ROW)];
const reported = new Set(rows.map(([, file]) => file));
const contracts = readdirSync(new URL("../contracts", import.meta.url))
  .filter((name) => name.endsWith(".sol") && name !== "IDocumentRegistry.sol") // an interface has no code
  .map((name) => `contracts/${name}`);
const missing = contracts.filter((file) => !reported.has(file));
const partly = rows.filter(([, , lines, statements]) => lines !== FULL || statements !== FULL);
for (const file of missing) console.error(`${file}: not reported`);
for (const [, file, lines, statements, uncovered] of partly)
  console.error(`${file}: ${lines} % of lines, ${statements} % of statements; not covered: ${uncovered}`);
if (code !== 0 || missing.length > 0 || partly.length > 0) process.exit(1);
console.log(`all lines and statements of ${contracts.length} contracts are covered`);
