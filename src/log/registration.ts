/** Reads the registration of an institution from its directory entry. */
import type { Profile } from "../core/directory.ts";
import type { Entry } from "../core/entry.ts";
import { AppError } from "../core/errors.ts";
import type { InstitutionId, UnixSeconds } from "../core/units.ts";
import { decodeDirectoryEvent } from "./directory-event.ts";
import { isEventOf } from "./directory.ts";
import { translateErrors } from "./proven-entry.ts";

export interface Registration extends Profile {
  readonly institution: InstitutionId;
  /** When it was registered under these names. The institution may have others since. */
  readonly since: UnixSeconds;
}

/**
 * Decodes the event of a directory entry that registers an institution.
 * @throws AppError INSTITUTION_UNPROVEN: the entry commits to another event, or to one of another kind
 */
export function registrationOf(event: Uint8Array, entry: Entry): Registration {
  if (!isEventOf(event, entry)) throw unproven("the directory entry commits to another event");
  const facts = translateErrors(() => decodeDirectoryEvent(event), ["EVENT_UNREADABLE"], unproven);
  if (facts.type !== "institution-registered") throw unproven("the event registers no institution");
  const { institution, roles, scenes, jurisdiction, officialNumber, names } = facts;
  if (institution !== entry.institution) throw unproven("the event is of another institution");
  return { institution, since: entry.recordedAt, roles, scenes, jurisdiction, officialNumber, names };
}

function unproven(detail: string): AppError {
  return new AppError("INSTITUTION_UNPROVEN", { detail });
}
