/** Answers from a mirror: a reader's own copy of a log, without a request to anyone. */
import { equalBytes, toHex } from "../../core/bytes.ts";
import { isBoundTo, type SoughtPayload } from "../../core/digest.ts";
import { decodeStatus, type Entry } from "../../core/entry.ts";
import { AppError, isAppError } from "../../core/errors.ts";
import type { ExpectedIssuer } from "../../core/official-id.ts";
import type { Address, EntryIndex, UnixSeconds } from "../../core/units.ts";
import { decodeDirectoryEvent } from "../../log/directory-event.ts";
import { isEventOf } from "../../log/directory.ts";
import { parseNote } from "../../log/note.ts";
import { parsePolicy } from "../../log/policy.ts";
import type { ProvenEntries } from "../../log/proven-entry.ts";
import { trustCheckpoint } from "../../log/trusted-checkpoint.ts";
import type {
  DocumentEvidence,
  Evidence,
  EvidenceSource,
  KeyEvidence,
  OtherLog,
  ProofSource,
  StatusEvidence,
} from "../../verify/ports.ts";
import { DirectoryState } from "./directory-state.ts";
import { LogCopy } from "./log-copy.ts";
import type { MirrorState, MirrorStore } from "./ports.ts";

/** What is on disk is believed for its root alone: entries are hashed again, and all else is recomputed from them. */
export class Mirror implements EvidenceSource, ProofSource {
  readonly state: MirrorState;
  /** As of when the log is complete: the time of the checkpoint, or of the block. */
  readonly time: UnixSeconds;
  readonly directory: DirectoryState;
  readonly #log: LogCopy;
  /** Directory entries whose proofs were verified, each once: the tree never changes. */
  readonly #proven = new Set<EntryIndex>();

  private constructor(parts: {
    state: MirrorState;
    time: UnixSeconds;
    directory: DirectoryState;
    log: LogCopy;
  }) {
    this.state = parts.state;
    this.time = parts.time;
    this.directory = parts.directory;
    this.#log = parts.log;
  }

  /**
   * Reads a mirror, and proves it to its root.
   * @throws AppError MIRROR_MISSING: nothing was proven yet
   * @throws AppError MIRROR_DAMAGED: what is stored does not lead to the root, or the root is not that of its checkpoint
   */
  static open(store: MirrorStore): Mirror {
    const state = store.state();
    if (state === undefined)
      throw new AppError("MIRROR_MISSING", { detail: "the mirror is not complete yet; run: hufu mirror" });
    const time = timeOf(state);
    const events = new Map(Array.from(store.events(), ({ index, event }) => [index, event]));
    const log = new LogCopy({ size: state.size, seed: state.root });
    const directory = new DirectoryState();
    for (const bytes of store.entries()) {
      if (log.size === state.size) break; // what follows is not proven yet
      const index = log.size;
      const entry = undamaged(() => log.append(bytes));
      if (entry !== undefined) apply(directory, index, entry, events.get(index));
    }
    if (log.size !== state.size || !equalBytes(log.root(), state.root))
      throw damaged(`the stored entries do not lead to the root of ${state.size} entries`);
    return new Mirror({ state, time, directory, log });
  }

  gather(question: {
    payloads: readonly SoughtPayload[];
    expectedIssuer?: ExpectedIssuer | undefined;
  }): Promise<Evidence> {
    const { payloads, expectedIssuer } = question;
    const { size, root } = this.state;
    const expected =
      typeof expectedIssuer === "number" ? this.directory.institution(expectedIssuer) : undefined;
    return Promise.resolve({
      documents: undamaged(() => this.#found(payloads).map((index) => this.#documentAt(index))),
      head: { size, root, block: undefined, final: { time: this.time }, syncedAt: this.time },
      doubt: undefined,
      others: this.#unread(),
      expected,
    });
  }

  /** Under the checkpoint that the mirror is of; a node gives none. */
  of(indexes: readonly EntryIndex[]): Promise<ProvenEntries | undefined> {
    const { believed, root } = this.state;
    if (believed.by === "node") return Promise.resolve(undefined);
    const entries = indexes.map((index) => this.#log.prove(index, root));
    return Promise.resolve({ checkpoint: believed.checkpoint, entries });
  }

  /** Of each institution the newest document, and those whose status was changed, in order. */
  #found(payloads: readonly SoughtPayload[]): EntryIndex[] {
    const newest = new Map<number, EntryIndex>();
    const changed = new Set<EntryIndex>();
    for (const payload of payloads)
      for (const index of this.#log.documents(payload.bytes)) {
        const institution = this.#log.institutionOf(index);
        if (!isBoundTo(payload, { origin: this.state.origin, institution })) continue;
        const isNewest = index > (newest.get(institution) ?? -1);
        if (!isNewest && !this.#log.hasStatus(index)) continue;
        const { algorithm, blinded } = this.#log.entry(index);
        if (algorithm !== payload.algorithm || blinded !== payload.blinded) continue;
        if (isNewest) newest.set(institution, index);
        if (this.#log.hasStatus(index)) changed.add(index);
      }
    return [...new Set([...newest.values(), ...changed])].toSorted((a, b) => a - b);
  }

  #documentAt(index: EntryIndex): DocumentEvidence {
    const entry = this.#prove(index);
    const institution = this.directory.institution(entry.institution);
    if (institution === undefined) throw damaged(`institution ${entry.institution} is not in the directory`);
    this.#proveOnce(this.directory.registrationOf(entry.institution), institution.stateEntry);
    this.#proveOnce(institution.placedAdmin?.entry);
    return {
      registry: undefined,
      index,
      entry,
      institution,
      scene: this.directory.scene(entry.scene)?.slug ?? "",
      key: this.#keyOf(entry.recordedBy),
      statuses: this.#log.statuses(index).map((status) => this.#statusAt(status)),
      block: undefined,
      transaction: undefined,
      final: true,
    };
  }

  #statusAt(index: EntryIndex): StatusEvidence {
    const { payload, recordedAt, institution, recordedBy } = this.#prove(index);
    const { action, reason, successor } = decodeStatus(payload);
    return { index, action, reason, successor, recordedAt, institution, key: this.#keyOf(recordedBy) };
  }

  #keyOf(address: Address): KeyEvidence {
    const { compromise, correction } = this.directory.key(address) ?? {};
    this.#proveOnce(compromise?.entry, correction?.entry);
    return { address, compromise, correction };
  }

  /** The registry that takes new documents: without its log, this one cannot say that a document is in force, or not there. */
  #unread(): OtherLog[] {
    const { successor } = this.directory.registry;
    if (successor === undefined) return [];
    const detail = `the log is continued by the registry ${successor}, which this mirror does not hold`;
    const unread = { because: "MIRROR_SUCCEEDED", detail } as const;
    return [{ registry: successor, head: undefined, doubt: undefined, unread }];
  }

  /** An entry, after its inclusion proof was verified to the root. */
  #prove(index: EntryIndex): Entry {
    return this.#log.prove(index, this.state.root).decoded;
  }

  #proveOnce(...indexes: readonly (EntryIndex | undefined)[]): void {
    for (const index of indexes)
      if (index !== undefined && !this.#proven.has(index)) {
        this.#log.prove(index, this.state.root);
        this.#proven.add(index);
      }
  }
}

/** @throws AppError MIRROR_DAMAGED: the event is missing, or is not the one that the entry commits to */
function apply(
  directory: DirectoryState,
  index: EntryIndex,
  entry: Entry,
  event: Uint8Array | undefined,
): void {
  if (event === undefined || !isEventOf(event, entry))
    throw damaged(`the event of directory entry ${index} is not there`);
  directory.apply({ ...undamaged(() => decodeDirectoryEvent(event)), index, recordedAt: entry.recordedAt });
}

/**
 * As of when the log of this root is complete. A checkpoint is verified again, by the policy that believed it then.
 * @throws AppError MIRROR_DAMAGED
 */
export function timeOf({ origin, size, root, believed }: MirrorState): UnixSeconds {
  if (believed.by === "node") return believed.time;
  const { policy, checkpoint, at } = believed;
  const trusted = undamaged(() =>
    trustCheckpoint(parseNote(checkpoint), { policy: parsePolicy(policy), now: at }),
  );
  if (trusted.origin !== origin || trusted.size !== size || !equalBytes(trusted.root, root))
    throw damaged(`its checkpoint is not of the root ${toHex(root)}`);
  return trusted.time;
}

/** Any fault of stored data is one of the mirror. */
export function undamaged<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (isAppError(cause, "MIRROR_DAMAGED")) throw cause;
    throw damaged(isAppError(cause) ? `${cause.code}: ${cause.fields.detail}` : String(cause), cause);
  }
}

export function damaged(what: string, cause?: unknown): AppError {
  const detail = `${what}; delete the folder of the mirror, and make it again with: hufu mirror`;
  return new AppError("MIRROR_DAMAGED", { detail }, { cause });
}
