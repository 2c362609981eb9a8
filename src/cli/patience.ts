/** Retries requests to a node or an operator that is away for a moment, and says so. */
import { fill } from "../words/index.ts";
import { RetryPolicy } from "../sdk/http/retry.ts";
import type { Context } from "./context.ts";

/** Seconds in pauses for one request, where none are set. */
const PATIENCE = 60;

/** Several requests may wait for the same reason, which is printed once a second. */
export function patienceOf(seconds: number | undefined, { out, words, ports }: Context): RetryPolicy {
  let printed = -Infinity;
  return new RetryPolicy({
    seconds: seconds ?? PATIENCE,
    waiting: ({ fields: { detail } }, pause) => {
      const now = ports.clock.millis();
      if (now - printed < 1_000) return;
      printed = now;
      out.note(fill(words.cli.away, { detail, seconds: Math.ceil(pause / 1000) }));
    },
  });
}
