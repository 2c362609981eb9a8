/** Looks up an entry by its index, which a printed record names: what it is, and the checked status of its document. */
import type { Entry } from "../../core/entry.ts";
import { AppError, isAppError } from "../../core/errors.ts";
import type { EntryIndex, UnixSeconds } from "../../core/units.ts";
import { parseNote } from "../../log/note.ts";
import { verifyEntry } from "../../log/proven-entry.ts";
import type { TrustedCheckpoint } from "../../log/trusted-checkpoint.ts";
import { askService, type Asked, type ServiceConnection } from "./check.ts";
import type { GivenEvidence } from "./classify.ts";
import { unproven } from "./documents.ts";
import { questionOfEntry } from "./question.ts";
import { fetchEntry } from "./tiles.ts";

/** An entry, proven under a checkpoint that is believed. It proves nothing about any file or paper. */
export interface LookedUp {
  readonly entry: Entry;
  /** By all entries of its institution for the same document; undefined: it is no document. */
  readonly checked: Asked | undefined;
}

/**
 * Asks about the document of an entry by the payload that the entry has: its digest, or its commitment.
 * @throws AppError ENTRY_NOT_FOUND, with `size` and `time`: the log ends before it
 * @throws AppError as `LogTrust.believe`, `fetchEntry` and the client
 */
export async function checkEntry(
  index: EntryIndex,
  check: { evidence: GivenEvidence; service: ServiceConnection; now: UnixSeconds },
): Promise<LookedUp> {
  const { service, evidence } = check;
  const { log } = service;
  const trust = await service.trust(evidence.policy);
  const text = await log.checkpoint();
  if (text === undefined) throw unproven("the service shows no checkpoint of its log");
  const checkpoint = await trust.believe(parseNote(text));
  if (index >= checkpoint.size) throw beyond(index, checkpoint);
  const entry = verifyEntry(await fetchEntry(index, checkpoint.size, log), checkpoint);
  if (entry.kind !== "document") return { entry, checked: undefined };
  const checked = await ask(entry, checkpoint.origin, check);
  return { entry, checked: isAbout(index, checked) ? checked : contradicted(index) };
}

/** A fault is a result: what the log has of the entry is proven whatever the service answers. */
async function ask(entry: Entry, origin: string, check: Parameters<typeof checkEntry>[1]): Promise<Asked> {
  const question = questionOfEntry(entry, origin);
  try {
    return await askService(question, { ...check, expectedIssuer: entry.institution }, check.service);
  } catch (error) {
    if (isAppError(error)) return { kind: "fault", fault: error };
    throw error;
  }
}

function beyond(index: EntryIndex, { size, time }: TrustedCheckpoint): AppError {
  return new AppError("ENTRY_NOT_FOUND", {
    detail: `the log of ${size} entries has no entry ${index}`,
    size,
    time,
  });
}

/** The log has the entry, so an answer without it is wrong. */
function isAbout(index: EntryIndex, checked: Asked): boolean {
  if (checked.kind !== "online") return true;
  return checked.answer.entries.some((each) => each.index === index && each.registry === undefined);
}

function contradicted(index: EntryIndex): Asked {
  return { kind: "unproven", fault: unproven(`entry ${index} is not among the entries of the answer`) };
}
