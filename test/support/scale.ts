/** Sizes suites by the scale of the run. */
import { inject } from "vitest";

/** @returns the size for `npm test`, `npm run test:long` or `npm run test:night`; `short` replaces a missing one */
export function sized<T>({ short, quick = short, full = short }: { quick?: T; short: T; full?: T }): T {
  return { quick, short, full }[inject("scale")];
}
