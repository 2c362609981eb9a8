/**
 * Tests the contract tests by mutation with the rules of scripts/mutation/rules.ts. The contracts are compiled once with all
 * mutants, and the balance of one account selects the active one. Writes test/contracts/mutants.json. `--survivors` repeats
 * the survivors of the last result for these contracts.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { instrument } from "./mutation/instrument.ts";
import { listMutants } from "./mutation/mutants.ts";
import { judgeAll } from "./mutation/pool.ts";
import { hashOf, named, readReasons, type Result } from "./mutation/result.ts";
import { compileSources, contractSources } from "./mutation/solidity.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "7" },
    runs: { type: "string", default: "12" },
    jobs: { type: "string", default: String(availableParallelism()) },
    survivors: { type: "boolean", default: false },
  },
});
const target = new URL("../test/contracts/mutants.json", import.meta.url);
const cache = fileURLToPath(new URL("../.cache/mutation", import.meta.url));

const sources = contractSources();
const contracts = hashOf(sources);
const mutants = listMutants(sources);
const reasons = readReasons(mutants);
console.log(`${mutants.length} mutants, ${reasons.size} of them listed as equivalent; compiling`);

mkdirSync(cache, { recursive: true });
const codeFile = `${cache}/${contracts}.json`;
writeFileSync(codeFile, JSON.stringify(compileSources(instrument(sources, mutants))));

const last = values.survivors ? (JSON.parse(readFileSync(target, "utf8")) as Result) : undefined;
if (last !== undefined && last.contracts !== contracts)
  throw new Error("the last result is of other contracts");
const again = last && new Set(last.survived.map(({ id }) => id));
const tasks = mutants.filter(({ id }) => !reasons.has(id) && (again?.has(id) ?? true));
const byKiller: Record<string, number> = { ...last?.byKiller };
const survived = new Set<number>();
let judged = 0;
await judgeAll({
  tasks: tasks.map(({ id }) => ({ id })),
  jobs: Number(values.jobs),
  parameters: [codeFile, values.seed, values.runs],
  onVerdict: ({ id, by }) => {
    judged += 1;
    const mutant = mutants[id - 1];
    if (by === undefined) {
      survived.add(id);
      console.log(`survives: ${mutant?.file}:${mutant?.line} ${mutant?.original} => ${mutant?.mutated}`);
    } else byKiller[by] = (byKiller[by] ?? 0) + 1;
    if (judged % 50 === 0) console.log(`${judged} of ${tasks.length}, ${survived.size} survive`);
  },
});

const result: Result = {
  contracts,
  seed: Number(values.seed),
  total: mutants.length,
  killed: Object.values(byKiller).reduce((sum, count) => sum + count, 0),
  byKiller,
  equivalent: mutants.flatMap((mutant) => {
    const reason = reasons.get(mutant.id);
    return reason === undefined ? [] : [{ ...named(mutant), reason }];
  }),
  survived: mutants.filter(({ id }) => survived.has(id)).map(named),
};
writeFileSync(target, `${JSON.stringify(result, null, 1)}\n`);
console.log(
  `killed ${result.killed}, equivalent ${result.equivalent.length}, survived ${result.survived.length}`,
);
process.exit(result.survived.length === 0 ? 0 : 1);
