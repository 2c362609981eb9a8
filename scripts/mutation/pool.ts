/** Distributes mutants over worker processes. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Task, Verdict } from "./worker.ts";

const WORKER = fileURLToPath(new URL("worker.ts", import.meta.url));

/** @param options.parameters arguments of worker.ts */
export async function judgeAll(options: {
  tasks: readonly Task[];
  jobs: number;
  parameters: readonly string[];
  onVerdict: (verdict: Verdict) => void;
}): Promise<void> {
  const waiting = [...options.tasks];
  const runWorker = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = fork(WORKER, [...options.parameters]);
      let isDone = false;
      worker.on("message", (verdict: Verdict) => {
        if (verdict.id >= 0) options.onVerdict(verdict);
        const next = waiting.shift();
        if (next !== undefined) worker.send(next);
        isDone ||= next === undefined;
        if (isDone) worker.kill();
      });
      worker.on("exit", (code) => {
        if (isDone) resolve();
        else reject(new Error(`a worker ended with ${String(code)} before its work did`));
      });
    });
  await Promise.all(Array.from({ length: options.jobs }, runWorker));
}
