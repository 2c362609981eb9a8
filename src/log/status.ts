/** Verifies status statements against a policy: what one operator could have made up alone is called its word. */
import { equalBytes } from "../core/bytes.ts";
import { MAX_CLOCK_SKEW } from "../core/clock.ts";
import { decodeStatus, type Entry, type StatusChange } from "../core/entry.ts";
import { AppError, type ErrorCode } from "../core/errors.ts";
import { againstClock } from "../core/time.ts";
import type { EntryIndex, UnixSeconds } from "../core/units.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { hashLeaf } from "./hash.ts";
import type { PolicyKey } from "./policy.ts";
import { translateErrors, verifyEntry, type ProvenEntry } from "./proven-entry.ts";
import {
  ACTION_OF,
  MAX_STATEMENT_AGE,
  openStatement,
  type SignedStatement,
  type StatementFile,
} from "./statement.ts";
import { isInWindow, trustCheckpoint, type PolicyNow, type TrustedCheckpoint } from "./trusted-checkpoint.ts";

/** A statement that its checkpoint bears out. */
export interface VerifiedStatement extends SignedStatement {
  /** The status entry of a withdrawal; undefined: the verdict is none. */
  readonly change: RecordedChange | undefined;
  /** Whether the log proves the verdict: only what is final. Anything else is the word of the signers. */
  readonly proven: boolean;
}

/** A change of a document's status, with its entry. */
type RecordedChange = StatusChange & { readonly entry: Entry };

interface StatementContext {
  /** Of the document: its 80 bytes, and decoded. */
  readonly bytes: Uint8Array;
  readonly entry: Entry;
  readonly index: EntryIndex;
  /** The checkpoint of the receipt. */
  readonly checkpoint: TrustedCheckpoint;
  readonly reader: PolicyNow;
  /** Status keys of the policy for this log. */
  readonly keys: readonly PolicyKey[];
}

/** @throws AppError STATUS_STATEMENT_INVALID, POLICY_EXPIRED */
export function verifyStatement(file: StatementFile, context: StatementContext): VerifiedStatement {
  const stated = openStatement(
    file.note,
    context.keys.map(({ key }) => key),
  );
  requireKey(stated, context);
  requireDocument(stated, context);
  requireCheckpoint(stated, file, context);
  requireTime(stated, context);
  const action = ACTION_OF[stated.verdict];
  const change = action && changeOf(stated, file, context);
  if (change?.action !== action) throw unusable("the status entry says something else");
  if (action === undefined && (file.status ?? file.twin) !== undefined)
    throw unusable("it shows entries, and states no withdrawal");
  return { ...stated, change, proven: change !== undefined && change.action !== "suspend" };
}

function requireKey({ signers, time }: SignedStatement, { keys }: StatementContext): void {
  if (!keys.some((each) => signers.includes(each.key) && isInWindow(each, time)))
    throw unusable("the status key that signed it was not in its window then");
}

function requireDocument(stated: SignedStatement, { bytes, index, checkpoint }: StatementContext): void {
  if (stated.origin !== checkpoint.origin) throw unusable("it is of another log");
  if (stated.index !== index || !equalBytes(stated.leaf, hashLeaf(bytes)))
    throw unusable("it is of another entry");
  if (stated.size < checkpoint.size) throw unusable("it is older than the receipt");
  if (stated.size === checkpoint.size && !equalBytes(stated.root, checkpoint.root))
    throw unusable("it is of another history of the log");
}

/** The policy believes the checkpoint, which includes the document and is as new as the statement. */
function requireCheckpoint(
  stated: SignedStatement,
  { checkpoint, proof }: StatementFile,
  { bytes, index, reader }: StatementContext,
): void {
  const believed = proven(
    () => trustCheckpoint(checkpoint, reader),
    ["NOTE_SYNTAX", "RECEIPT_OTHER_LOG", "SIGNATURE_INVALID", "NOT_ENOUGH_WITNESSES"],
  );
  if (!isSameTree(believed, stated)) throw unusable("it speaks of another checkpoint than it carries");
  if (!isFresh(stated.time, believed))
    throw unusable(`it was not made within ${MAX_STATEMENT_AGE} s of its checkpoint's time`);
  proven(() => verifyEntry({ entry: bytes, index, proof }, believed));
}

function isSameTree(a: Checkpoint, b: Checkpoint): boolean {
  return a.origin === b.origin && a.size === b.size && equalBytes(a.root, b.root);
}

/** Whether a statement made at `time` may speak of this checkpoint. */
export function isFresh(time: UnixSeconds, checkpoint: TrustedCheckpoint): boolean {
  return Math.abs(time - checkpoint.time) <= MAX_STATEMENT_AGE;
}

function requireTime({ time, verdict }: SignedStatement, { entry, reader }: StatementContext): void {
  if (time > reader.now + MAX_CLOCK_SKEW) throw unusable(`it is ${againstClock(time, reader.now)}`);
  if (time < entry.recordedAt) throw unusable("it is older than the entry");
  const ended = entry.validUntil !== 0 && time >= entry.validUntil;
  if (verdict === (ended ? "valid" : "expired"))
    throw unusable("the entry says something else of how long it is valid");
}

/** The change by the status entry: of the document, or of its twin. */
function changeOf(
  stated: SignedStatement,
  { status, twin }: StatementFile,
  { entry }: StatementContext,
): RecordedChange {
  if (status === undefined || status.index !== stated.decidedBy)
    throw unusable("the status entry is missing");
  const recorded = entryOf(status, stated);
  if (recorded.kind !== "status") throw unusable("the status entry is none");
  const change = proven(() => decodeStatus(recorded.payload));
  if (recorded.institution !== 0 && recorded.institution !== entry.institution)
    throw unusable("the status entry is of another institution");
  if (status.index <= change.document) throw unusable("the status entry is older than the document");
  if (recorded.recordedAt > stated.time) throw unusable("the status entry is newer than the statement");
  if (twin?.index !== (change.document === stated.index ? undefined : change.document))
    throw unusable("the status entry is of another document");
  if (twin !== undefined && !isSameDocument(entryOf(twin, stated), entry))
    throw unusable("the status entry is of another document");
  return { ...change, entry: recorded };
}

function entryOf(shown: ProvenEntry, stated: SignedStatement): Entry {
  return proven(() => verifyEntry(shown, stated));
}

/** Whether both entries are of one document; withdrawing one of them withdraws all by the same institution. */
function isSameDocument(a: Entry, b: Entry): boolean {
  return (
    a.kind === b.kind &&
    a.institution === b.institution &&
    a.algorithm === b.algorithm &&
    a.blinded === b.blinded &&
    equalBytes(a.payload, b.payload)
  );
}

/** Runs `attempt`; what does not prove is no part of a statement. */
function proven<T>(
  attempt: () => T,
  faults: readonly ErrorCode[] = ["ENTRY_MALFORMED", "PROOF_SHAPE", "PROOF_INVALID"],
): T {
  return translateErrors(attempt, faults, unusable);
}

function unusable(detail: string): AppError {
  return new AppError("STATUS_STATEMENT_INVALID", { detail });
}
