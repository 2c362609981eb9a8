/** Tests mutants in a process of its own, one at a time: receives a {@link Task}, sends a {@link Verdict}. */
import { readFileSync } from "node:fs";
import type { Code } from "../../test/contracts/model/stage.ts";
import { ModelKiller } from "./model-killer.ts";
import { TestKiller } from "./test-killer.ts";

export interface Task {
  readonly id: number;
}

export interface Verdict extends Task {
  /** The test file that failed; undefined where the mutant survives. */
  readonly by: string | undefined;
}

const [, , codeFile = "", seedText = "0", runsText = "0"] = process.argv;
const code = JSON.parse(readFileSync(codeFile, "utf8")) as Code;
const seed = Number(seedText);
const model = await ModelKiller.create({ code, seed, runs: Number(runsText) });
const tests = await TestKiller.create({ code, seed });

async function judge({ id }: Task): Promise<Verdict> {
  const fault = await model.fault(id);
  return { id, by: fault === undefined ? await tests.killer(id) : "model.test.ts" };
}

// a failure without a mutant would count as the death of every mutant
const { by } = await judge({ id: 0 });
if (by !== undefined) throw new Error(`${by} fails with no mutant switched on`);

process.on("message", (task: Task) => {
  void judge(task).then((verdict) => process.send?.(verdict));
});
process.send?.({ id: -1, by: undefined } satisfies Verdict);
