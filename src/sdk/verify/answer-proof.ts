/** Gathers the proofs of an answer: those that it carries, and of what it lacks by the log's tiles; all under believed checkpoints. */
import type { Entry } from "../../core/entry.ts";
import { AppError } from "../../core/errors.ts";
import type { EntryIndex } from "../../core/units.ts";
import { decodeDirectoryEvent, type DirectoryFacts } from "../../log/directory-event.ts";
import { isEventOf } from "../../log/directory.ts";
import { parseNote } from "../../log/note.ts";
import { JsonReader, verifyEntry, type ProvenEntry } from "../../log/proven-entry.ts";
import type { TrustedCheckpoint } from "../../log/trusted-checkpoint.ts";
import type { VerificationResponse } from "../../wire/verifications.ts";
import type { LogTrust, TrustedSource } from "./trust.ts";
import { fetchEntry } from "./tiles.ts";

/** An entry that is proven under a believed checkpoint. */
export interface ProvenUnder {
  readonly index: EntryIndex;
  readonly entry: Entry;
  readonly proven: ProvenEntry;
  readonly checkpoint: TrustedCheckpoint;
}

/** What a proven directory entry says. */
export interface ProvenFacts {
  readonly index: EntryIndex;
  readonly entry: Entry;
  readonly facts: DirectoryFacts;
}

export interface AnswerProof {
  readonly entries: ReadonlyMap<EntryIndex, ProvenUnder>;
  /** In the order of the log. */
  readonly events: readonly ProvenFacts[];
  /** That the answer's own proof is under; undefined where it has none. */
  readonly checkpoint: TrustedCheckpoint | undefined;
}

/** Entries that are fetched for one answer, at most. */
const MAX_FETCHED = 64;

/**
 * @param needed entries of the answer that are final
 * @throws AppError ENTRY_NOT_FINAL: no checkpoint covers one of them yet
 * @throws AppError ANSWER_UNPROVEN, PROOF_SHAPE, PROOF_INVALID, ENTRY_MALFORMED, NOTE_SYNTAX, EVENT_UNREADABLE, TILE_*; and as
 * `LogTrust.believe` and the client
 */
export async function gatherProof(
  { proof }: Pick<VerificationResponse, "proof">,
  needed: readonly EntryIndex[],
  { trust, log }: { trust: LogTrust; log: TrustedSource },
): Promise<AnswerProof> {
  if (proof === undefined) {
    const [index] = needed;
    if (index === undefined) return { entries: new Map(), events: [], checkpoint: undefined };
    throw new AppError("ENTRY_NOT_FINAL", { detail: `no checkpoint covers entry ${index} yet` });
  }
  const checkpoint = await trust.believe(parseNote(proof.checkpoint));
  const entries = new Map<EntryIndex, ProvenUnder>();
  for (const each of proof.entries) {
    const proven = members.proven(each, "proof");
    entries.set(proven.index, verified(proven, checkpoint));
  }
  const missing = needed.filter((index) => !entries.has(index));
  for (const each of await fetchAll(missing, checkpoint, log)) entries.set(each.index, each);
  const events = (proof.events ?? []).map((each) => factsOf(each, checkpoint));
  return { entries, events: events.toSorted((a, b) => a.index - b.index), checkpoint };
}

const members = new JsonReader((detail, at) => new AppError("PROOF_SHAPE", { detail, at }));

function verified(proven: ProvenEntry, checkpoint: TrustedCheckpoint): ProvenUnder {
  return { index: proven.index, entry: verifyEntry(proven, checkpoint), proven, checkpoint };
}

function factsOf(event: unknown, checkpoint: TrustedCheckpoint): ProvenFacts {
  const proven = members.provenEvent(event, "proof.events");
  const entry = verifyEntry(proven, checkpoint);
  if (!isEventOf(proven.event, entry))
    throw new AppError("PROOF_INVALID", { detail: `entry ${proven.index} commits to another event` });
  const facts = decodeDirectoryEvent(proven.event);
  return { index: proven.index, entry, facts };
}

async function fetchAll(
  indexes: readonly EntryIndex[],
  checkpoint: TrustedCheckpoint,
  log: TrustedSource,
): Promise<ProvenUnder[]> {
  if (indexes.length > MAX_FETCHED)
    throw new AppError("ANSWER_UNPROVEN", { detail: `${indexes.length} entries have no proof` });
  const beyond = indexes.find((index) => index >= checkpoint.size);
  if (beyond !== undefined)
    throw new AppError("ENTRY_NOT_FINAL", { detail: `no checkpoint covers entry ${beyond} yet` });
  return await Promise.all(
    indexes.map(async (index) => verified(await fetchEntry(index, checkpoint.size, log), checkpoint)),
  );
}
