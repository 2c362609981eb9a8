/** Runs a service until a signal stops it, and ends the process. */
import { setTimeout as sleep } from "node:timers/promises";
import { isRunByNpm } from "../config.ts";

/** Milliseconds that a stop may take before the process ends anyway; the next start recovers what is lost then. */
const PATIENCE = 9_500;
/** Milliseconds within which signals are one: a terminal, npm and the launcher pass on the same. */
const ONE_REQUEST = 500;
/** Milliseconds between two looks at the parent process. */
const WATCH = 500;

interface Running {
  /** Called for SIGHUP. */
  reload(): Promise<void>;
  stop(signal: NodeJS.Signals): Promise<void>;
}

/**
 * Starts a service, waits for SIGTERM or SIGINT, stops it, and ends the process: with 0 where it stopped in time, else with
 * 3. A second signal ends it immediately. SIGHUP ends nothing, also during the start.
 * @throws what `start` throws
 */
export async function runUntilStopped(start: () => Promise<Running>): Promise<never> {
  const asked = signalled();
  if (isRunByNpm()) stopWithoutParent();
  const starting = start();
  process.on("SIGHUP", () => void starting.then((running) => running.reload()).catch(() => undefined));
  const running = await Promise.race([starting, asked]);
  // nothing was accepted yet
  if (typeof running === "string") process.exit(0);
  const signal = await asked;
  const again = sleep(ONE_REQUEST).then(signalled);
  const stopped = running.stop(signal).then(() => true);
  const late = [again.then(() => false), sleep(PATIENCE, false, { ref: false })];
  const inTime = await Promise.race([stopped, ...late]);
  if (!inTime) process.stderr.write(`hufu: ended by ${signal} before everything was closed\n`);
  process.exit(inTime ? 0 : 3);
}

async function signalled(): Promise<NodeJS.Signals> {
  return await new Promise((resolve) => {
    for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => resolve(name));
  });
}

/** npm passes a signal to the shell that it starts, and the shell to no one. */
function stopWithoutParent(): void {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, "SIGTERM");
  }, WATCH);
  watch.unref();
}
