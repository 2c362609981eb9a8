/** Pauses acceptance of an institution whose oldest pending item is too old to be final in time. */
import type { Clock } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";
import type { Gate, Outbox } from "./ports.ts";

/**
 * What was accepted by half of `limit` has the other half to become final. The age covers every cause of delay: a paused
 * registry, a halted chain, a key without funds or a key that is gone. Acceptance resumes once the items are final.
 * @param options.limit seconds within which an accepted item is to be final
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
