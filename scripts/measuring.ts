/** Summarizes measurements and names the machine they were made on. */
import { cpus } from "node:os";

export const MACHINE = `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model.trim() ?? "unknown CPU"}`;

/** Of an even number of values the upper one of the middle, of none NaN. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}
