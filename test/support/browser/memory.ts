import { readFileSync, readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Browser } from "playwright-core";

/** The process that all others of a browser descend from. */
export async function processOf(browser: Browser): Promise<number> {
  const devtools = await browser.newBrowserCDPSession();
  const { processInfo } = await devtools.send("SystemInfo.getProcessInfo");
  await devtools.detach();
  const main = processInfo.find(({ type }) => type === "browser");
  if (main === undefined) throw new RangeError("the browser knows no process of its own");
  return main.id;
}

/** Bytes of memory of a process and all that descend from it; what several share counts once (PSS, proc_pid_smaps(5)). */
export function memoryOf(pid: number): number {
  return family(pid).reduce((sum, each) => sum + proportionalSet(each), 0);
}

/** The most memory that they have while something is done. */
export async function peakWhile(pid: number, work: Promise<unknown>): Promise<number> {
  const over = work.then(() => true);
  let peak = memoryOf(pid);
  while (!(await Promise.race([over, sleep(200, false)]))) peak = Math.max(peak, memoryOf(pid));
  return Math.max(peak, memoryOf(pid));
}

/** Children are listed by the thread that has begun them. */
function family(pid: number): number[] {
  const threads = orNothing(() => readdirSync(`/proc/${pid}/task`), []);
  const children = threads.flatMap((thread) => read(`/proc/${pid}/task/${thread}/children`).split(" "));
  return [pid, ...children.filter(Boolean).map(Number).flatMap(family)];
}

function proportionalSet(pid: number): number {
  const [, kibibytes] = /^Pss:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/smaps_rollup`)) ?? [];
  return Number(kibibytes ?? 0) * 1_024;
}

function read(path: string): string {
  return orNothing(() => readFileSync(path, "latin1"), "");
}

/** Processes and threads come and go while they are counted. */
function orNothing<T>(look: () => T, nothing: T): T {
  try {
    return look();
  } catch {
    return nothing;
  }
}
