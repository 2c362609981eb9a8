/** Reads operators' keys from the directory of a service, and proves that an entry of the log added one. */
import { equalBytes, fromHex } from "../../core/bytes.ts";
import type { Operator, OperatorKey } from "../../core/directory.ts";
import { AppError, isAppError } from "../../core/errors.ts";
import { parseEndOfDayOrTime } from "../../core/time.ts";
import type { InstitutionId, UnixSeconds } from "../../core/units.ts";
import type { Checkpoint } from "../../log/checkpoint.ts";
import { parseNote, type Note } from "../../log/note.ts";
import { payloadOfKey } from "../../log/operator-key.ts";
import { verifyEntry } from "../../log/proven-entry.ts";
import type { InstitutionsResponse } from "../../wire/entries.ts";
import type { LogClient } from "../http/log-client.ts";
import { fetchEntry } from "./tiles.ts";

/** The operators of a service's directory; nothing is proven. */
export function operatorsOf({ operators }: InstitutionsResponse): Operator[] {
  return operators.map(({ id, name, institution, keys }) => ({
    id,
    name,
    institution: institution ?? undefined,
    keys: keys.map((key) => ({
      ...key,
      operator: id,
      id: fromHex(key.id),
      publicKey: fromHex(key.publicKey),
      possession: fromHex(key.possession),
      addedAt: timeOf(key.addedAt),
      from: timeOf(key.from),
      until: timeOf(key.until),
      compromise:
        key.compromisedSince === null ? undefined : { since: timeOf(key.compromisedSince), entry: key.entry },
      correction: undefined,
    })),
  }));
}

/** 0 = none. */
function timeOf(time: string | null): UnixSeconds {
  return time === null ? 0 : parseEndOfDayOrTime(time, "time");
}

/** Checkpoints that are tried for the entry of a key, at most. */
const TRIED = 8;

/**
 * Checks that the log has the entry which added the key, under a checkpoint that is believed without it.
 * @param believe throws where it does not
 * @returns the institution that the entry enters the key for
 * @throws AppError LOG_CHANGED; and those of the client
 */
export async function proveKey(
  key: OperatorKey,
  log: Pick<LogClient, "tile" | "checkpoint" | "sizes">,
  believe: (note: Note) => Promise<Checkpoint>,
): Promise<InstitutionId> {
  const unproven = (): AppError =>
    new AppError("LOG_CHANGED", {
      detail: `no checkpoint by keys known here proves the key that entry ${key.entry} added`,
    });
  const { sizes } = await log.sizes(key.entry);
  for (const size of sizes.slice(0, TRIED)) {
    const text = await log.checkpoint(size);
    const checkpoint = text === undefined ? undefined : await believe(parseNote(text)).catch(asUndefined);
    if (checkpoint === undefined) continue;
    const proven = await fetchEntry(key.entry, checkpoint.size, log);
    const { kind, institution, recordedBy, payload } = verifyEntry(proven, checkpoint);
    // the end may have been set since
    const isAdded = [key.until, 0].some((until) =>
      equalBytes(payloadOfKey({ ...key, institution, recordedBy, until }), payload),
    );
    if (kind === "directory" && isAdded) return institution;
    throw unproven();
  }
  throw unproven();
}

function asUndefined(error: unknown): undefined {
  if (!isAppError(error, "SIGNATURE_INVALID") && !isAppError(error, "NOT_ENOUGH_WITNESSES")) throw error;
}
