/** Measures the memory of a browser. */
import { readFileSync, readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Browser } from "playwright-core";

/** The main process of a browser. */
export async function processOf(browser: Browser): Promise<number> {
  const devtools = await browser.newBrowserCDPSession();
  const { processInfo } = await devtools.send("SystemInfo.getProcessInfo");
  await devtools.detach();
  const main = processInfo.find(({ type }) => type === "browser");
  if (main === undefined) throw new RangeError("no browser process is reported");
  return main.id;
}

/** Bytes of memory of a process and its descendants; shared memory counts once (PSS, proc_pid_smaps(5)). */
export function memoryOf(pid: number): number {
  return family(pid).reduce((sum, each) => sum + proportionalSet(each), 0);
}

/** The peak of that memory until `work` ends. */
export async function peakWhile(pid: number, work: Promise<unknown>): Promise<number> {
  const ended = work.then(() => true);
  let peak = memoryOf(pid);
  while (!(await Promise.race([ended, sleep(200, false)]))) peak = Math.max(peak, memoryOf(pid));
  return Math.max(peak, memoryOf(pid));
}

/** Children are listed by the thread that started them. */
function family(pid: number): number[] {
  const threads = orDefault(() => readdirSync(`/proc/${pid}/task`), []);
  const children = threads.flatMap((thread) => read(`/proc/${pid}/task/${thread}/children`).split(" "));
  return [pid, ...children.filter(Boolean).map(Number).flatMap(family)];
}

function proportionalSet(pid: number): number {
  const [, kibibytes] = /^Pss:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/smaps_rollup`)) ?? [];
  return Number(kibibytes ?? 0) * 1_024;
}

function read(path: string): string {
  return orDefault(() => readFileSync(path, "latin1"), "");
}

/** Processes and threads may end while they are counted. */
function orDefault<T>(get: () => T, otherwise: T): T {
  try {
    return get();
  } catch {
    return otherwise;
  }
}
