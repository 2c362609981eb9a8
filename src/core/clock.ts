import type { UnixSeconds } from "./units.ts";

/** Where time comes from. Tests hold it still or move it. */
export interface Clock {
  now(): UnixSeconds;
}

export const systemClock: Clock = { now: () => Math.floor(Date.now() / 1000) };
