/**
 * Measures what the registry's calls cost and how its state and interface are laid out, and writes both to
 * test/contracts/*.snapshot.json: `node scripts/snapshot-contracts.ts`. Tests fail when the contract drifts from these
 * files; this command is how a change is approved. It prints what changed.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import artifact from "../src/chain/registry/registry.artifact.json" with { type: "json" };
import { measureGas } from "../test/support/contract/gas-snapshot.ts";
import { readLayout } from "../test/support/contract/layout-snapshot.ts";

/** The values of `tree` by path. */
function leavesOf(tree: unknown, path = ""): Map<string, string> {
  if (typeof tree !== "object" || tree === null) return new Map([[path, JSON.stringify(tree)]]);
  const entries = Object.entries(tree).flatMap(([key, value]) => [
    ...leavesOf(value, path === "" ? key : `${path} / ${key}`),
  ]);
  return new Map(entries);
}

function write(name: string, snapshot: unknown): void {
  const target = new URL(`../test/contracts/${name}.snapshot.json`, import.meta.url);
  const before = leavesOf(existsSync(target) ? JSON.parse(readFileSync(target, "utf8")) : {});
  const after = leavesOf(snapshot);
  const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
    (path) => before.get(path) !== after.get(path),
  );
  for (const path of changed)
    console.log(`${name}: ${path}: ${before.get(path) ?? "nothing"} → ${after.get(path) ?? "nothing"}`);
  console.log(`${name}: ${changed.length} of ${after.size} values changed`);
  writeFileSync(target, `${JSON.stringify(snapshot, null, 2)}\n`);
}

write("layout", readLayout(artifact));
write("gas", await measureGas(artifact));
