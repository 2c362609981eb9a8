/** Issues signed statements of a document's current status. */
import type { Clock } from "../core/clock.ts";
import type { Payload } from "../core/digest.ts";
import { AppError, fault, type ErrorCode } from "../core/errors.ts";
import type { Address, EntryIndex, InstitutionId, TreeSize, UnixSeconds } from "../core/units.ts";
import { originOf } from "../log/checkpoint.ts";
import { EMPTY_ROOT, hashLeaf } from "../log/hash.ts";
import { parseNote, signNote, type Note } from "../log/note.ts";
import { policyOf } from "../log/policy-of.ts";
import { translateErrors } from "../log/proven-entry.ts";
import { formatStatement, type StatementFile, type StatedVerdict } from "../log/statement.ts";
import { isFresh } from "../log/status.ts";
import { trustCheckpoint, type PolicyNow, type TrustedCheckpoint } from "../log/trusted-checkpoint.ts";
import { currentIdentity, type OperatorIdentity } from "./identity.ts";
import type { CheckpointStore, FinalLog, OperatorSeeds } from "./ports.ts";
import { documentAt, proveEntry } from "./proven.ts";

/** Verifies documents as for any caller; the part of the answer that a statement needs. */
export interface Judge {
  verify(question: {
    readonly payloads: readonly Payload[];
    readonly expectedIssuer: InstitutionId;
  }): Promise<Judged>;
}

export interface Judged {
  readonly verdict:
    | { readonly kind: "valid" | "expired" | "issuer-not-in-good-standing"; readonly document: EntryLocation }
    | {
        readonly kind: "revoked" | "superseded" | "suspended";
        readonly document: EntryLocation;
        readonly status: { readonly index: EntryIndex };
      }
    /** "several-issuers" does not come: the issuer is named. */
    | { readonly kind: "pending" | "not-found" | "several-issuers" }
    | { readonly kind: "indeterminate"; readonly because: ErrorCode; readonly detail: string };
  /** All of the institution's entries of the document. */
  readonly deciding: readonly DecidingEntry[];
  readonly asOf: { readonly time: UnixSeconds } | undefined;
}

/** An entry of the document, with the entries that decide about it. */
interface DecidingEntry extends EntryLocation {
  readonly statuses: readonly { readonly index: EntryIndex }[];
  /** With the entry that set its state. */
  readonly institution: { readonly stateEntry: EntryIndex };
  readonly key: { readonly compromise: { readonly entry: EntryIndex } | undefined };
}

/** An entry; of another registry than the one that was asked, where `registry` is defined. */
interface EntryLocation {
  readonly index: EntryIndex;
  readonly registry: Address | undefined;
}

export class Statements {
  readonly #options: StatementOptions;
  readonly #origin: string;

  constructor(options: StatementOptions) {
    this.#options = options;
    this.#origin = originOf(options.registry);
  }

  /**
   * A statement of a document under the newest checkpoint that a policy of the directory believes; undefined while that
   * one does not cover the document or what decides about it, or is too old to speak of.
   * @throws AppError ENTRY_NOT_FOUND, NOT_A_DOCUMENT; SIGNER_UNAVAILABLE: the operator's keys are not in force
   * @throws AppError NOT_ENOUGH_WITNESSES: the directory makes no policy, so that no reader could believe a checkpoint
   * @throws AppError STATUS_ELSEWHERE: the log of another registry decides
   * @throws AppError INDEX_STALE, and the code of the doubt while the index is in doubt: there is no verdict to sign
   */
  async issue(index: EntryIndex): Promise<StatementFile | undefined> {
    const { log, judge } = this.#options;
    const origin = this.#origin;
    const note = await this.#checkpointOver(index); // first: the judgement is at least as new
    const { bytes, entry } = await documentAt(log, index);
    const checkpoint = believed(note, await this.#reader()); // refuses what no reader will ever believe, at once
    if (note === undefined || checkpoint === undefined) return undefined;
    const payload = { algorithm: entry.algorithm, bytes: entry.payload, blinded: entry.blinded } as Payload;
    const judged = await judge.verify({ payloads: [payload], expectedIssuer: entry.institution });
    const decision = decisionOf(judged);
    if (decision === undefined || judged.asOf === undefined || !isCovered(judged, checkpoint.size))
      return undefined;
    const { verdict, decidedBy, document } = decision;
    const { size, root } = checkpoint;
    const { time } = judged.asOf;
    if (!isFresh(time, checkpoint)) return undefined;
    const leaf = hashLeaf(bytes);
    const text = formatStatement({ origin, size, root, time, index, leaf, verdict, decidedBy });
    const prove = (at: EntryIndex): ReturnType<typeof proveEntry> => proveEntry(log, at, size);
    return {
      note: { text, signatures: [signNote(text, (await this.#identity()).signers.status)] },
      checkpoint: note,
      proof: (await prove(index)).proof,
      status: decidedBy === undefined ? undefined : await prove(decidedBy),
      twin: decidedBy === undefined || document === index ? undefined : await prove(document),
    };
  }

  async #checkpointOver(index: EntryIndex): Promise<Note | undefined> {
    const newest = await this.#options.checkpoints.covering(index);
    return newest && parseNote(newest.note);
  }

  /** A reader that has made its policy of the directory, whose own size and root decide nothing here. */
  async #reader(): Promise<PolicyNow> {
    const operators = await this.#options.log.operators();
    const now = this.#options.clock.now();
    const log = { origin: this.#origin, size: 0, root: EMPTY_ROOT };
    const policy = translateErrors(
      () => policyOf({ operators, institutions: [] }, { log, issued: now, urls: new Map(), only: undefined }),
      ["POLICY_NO_LOG", "POLICY_NO_WITNESS"],
      (detail) => new AppError("NOT_ENOUGH_WITNESSES", { detail }),
    );
    return { policy, now };
  }

  async #identity(): Promise<OperatorIdentity> {
    const identity = await currentIdentity({ ...this.#options, origin: this.#origin });
    if (identity !== undefined) return identity;
    const detail = "no operator of the directory has the keys of this service: it may sign nothing";
    throw new AppError("SIGNER_UNAVAILABLE", { detail });
  }
}

export interface StatementOptions {
  readonly seeds: OperatorSeeds;
  /** The registry that keeps the log. */
  readonly registry: { readonly chainId: number; readonly registry: Address };
  readonly checkpoints: Pick<CheckpointStore, "covering">;
  readonly log: FinalLog;
  readonly judge: Judge;
  readonly clock: Clock;
}

/** The checkpoint of a note; undefined where the reader does not believe it, or there is none. */
function believed(note: Note | undefined, reader: PolicyNow): TrustedCheckpoint | undefined {
  const checkpoint = note && fault(() => trustCheckpoint(note, reader));
  return checkpoint instanceof AppError ? undefined : checkpoint;
}

interface Decision {
  readonly verdict: StatedVerdict;
  /** The status entry that decided, and the document that it is about. */
  readonly decidedBy: EntryIndex | undefined;
  readonly document: EntryIndex;
}

/** The decision to state; undefined while there is none. */
function decisionOf({ verdict }: Judged): Decision | undefined {
  switch (verdict.kind) {
    case "indeterminate":
      throw new AppError(verdict.because, { detail: verdict.detail });
    case "pending":
    case "not-found":
    case "several-issuers":
      return undefined;
    case "valid":
    case "expired":
    case "issuer-not-in-good-standing":
      return { verdict: verdict.kind, decidedBy: undefined, document: ownIndex(verdict.document) };
    case "revoked":
    case "superseded":
    case "suspended":
      return { verdict: verdict.kind, decidedBy: verdict.status.index, document: ownIndex(verdict.document) };
  }
}

/** Whether a tree of `size` holds everything that decides: a statement rests on no entry that a reorg may remove. */
function isCovered({ deciding }: Judged, size: TreeSize): boolean {
  return deciding
    .filter(({ registry }) => registry === undefined)
    .flatMap(({ index, statuses, institution, key }) => [
      index,
      ...statuses.map((status) => status.index),
      institution.stateEntry,
      key.compromise?.entry ?? 0,
    ])
    .every((entry) => entry < size);
}

/** @throws AppError STATUS_ELSEWHERE */
function ownIndex({ index, registry }: EntryLocation): EntryIndex {
  if (registry === undefined) return index;
  const detail = `entry ${index} of the registry ${registry} decides; ask a service of that registry`;
  throw new AppError("STATUS_ELSEWHERE", { detail, registry });
}
