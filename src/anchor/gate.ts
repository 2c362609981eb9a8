import type { Clock } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";
import type { Gate, Outbox } from "./ports.ts";

/**
 * Keeps the promise that what is accepted is final within `limit` seconds. Nothing more is accepted of an institution while
 * its oldest pending item is older than half of that: what was accepted by then has the other half to get out. Whatever holds
 * it up, a paused registry, a halted chain, an empty purse or a key that is gone, ends here; and acceptance goes on by itself
 * once that is over.
 */
export function ageGate({
  outbox,
  clock,
  limit,
}: {
  outbox: Pick<Outbox, "pending">;
  clock: Clock;
  limit: number;
}): Gate {
  return async (institution) => {
    const { count, oldestAcceptedAt } = await outbox.pending(institution);
    if (oldestAcceptedAt === undefined) return;
    const age = Math.floor((clock.millis() - oldestAcceptedAt) / 1_000);
    if (age <= limit / 2) return; // guard: F9 F11 F13 F14 age gate
    const detail = `of what was accepted, ${count} wait to be final, the oldest for ${age} s; nothing more is taken above ${limit / 2} s, half of HUFU_MAX_PENDING_AGE`;
    throw new AppError("ACCEPTANCE_PAUSED", { detail });
  };
}
