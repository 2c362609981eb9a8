import type { UnixSeconds } from "./units.ts";

/** Where time comes from. Tests hold it still or move it. */
export interface Clock {
  now(): UnixSeconds;
  /** The same in milliseconds. */
  millis(): number;
}

export const systemClock: Clock = {
  now: () => Math.floor(Date.now() / 1000),
  millis: () => Date.now(),
};

/** Calls `wake` after some milliseconds, unless what it returns is called before. */
export type Timer = (milliseconds: number, wake: () => void) => () => void;

export const systemTimer: Timer = (milliseconds, wake) => {
  const timer = setTimeout(wake, milliseconds);
  return () => clearTimeout(timer);
};
