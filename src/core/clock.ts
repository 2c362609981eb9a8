/** Provides the clock and the timers that code and tests share. */
import type { UnixSeconds } from "./units.ts";

/** Tests set it. */
export interface Clock {
  /** Seconds. */
  now(): UnixSeconds;
  /** The same in milliseconds. */
  millis(): number;
}

/** The clock of this machine. */
export const systemClock: Clock = {
  now: () => Math.floor(Date.now() / 1000),
  millis: () => Date.now(),
};

/** Seconds that the clock of another party may be ahead of the own one. */
export const MAX_CLOCK_SKEW = 300;

/** Calls `wake` after the delay, unless the returned function cancels it. */
export type Timer = (milliseconds: number, wake: () => void) => () => void;

export const systemTimer: Timer = (milliseconds, wake) => {
  const timer = setTimeout(wake, milliseconds);
  return () => clearTimeout(timer);
};
