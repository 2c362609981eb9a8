/** Runs a started service until a signal stops it, and ends the process. */
import { setTimeout as sleep } from "node:timers/promises";

/** Milliseconds that a stop may take before the process ends anyway; the next start recovers what is lost then. */
const PATIENCE = 9_500;

/**
 * Waits for SIGTERM or SIGINT, stops the service, and ends the process: with 0 where it stopped in time, else with 3. A
 * second signal ends it immediately.
 */
export async function untilStopped(running: { stop(): Promise<void> }): Promise<never> {
  const asked = await signalled();
  const again = signalled().then(() => false);
  const stopped = running.stop().then(() => true);
  const inTime = await Promise.race([stopped, again, sleep(PATIENCE, false, { ref: false })]);
  if (!inTime) process.stderr.write(`hufu: ended by ${asked} before everything was closed\n`);
  process.exit(inTime ? 0 : 3);
}

async function signalled(): Promise<NodeJS.Signals> {
  return await new Promise((resolve) => {
    for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => resolve(name));
  });
}
