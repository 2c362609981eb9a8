/** Sizes suites by the scale of the run. */
import { inject } from "vitest";

/** How much of a suite runs: in `npm test`, in `npm run test:long`, in `npm run test:night`; the next size where one is missing. */
export function sized<T>({ short, quick = short, full = short }: { quick?: T; short: T; full?: T }): T {
  return { quick, short, full }[inject("scale")];
}
