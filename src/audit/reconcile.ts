/** Compares an issuer's own register with the documents that the log has under its id. */
import { formatDigest } from "../core/digest.ts";
import { decodeEntry } from "../core/entry.ts";
import type { Address, EntryIndex, InstitutionId, UnixSeconds } from "../core/units.ts";
import type { CommittedDigests } from "./ports.ts";

/** One line of an issuer's own register. It names its document by one of the two, with its algorithm, in lower case. */
export interface RegisterLine {
  readonly line: number;
  readonly digest: string | undefined;
  readonly commitment: string | undefined;
  readonly reference: string | undefined;
  readonly scene: string | undefined;
}

/** A document that the log has under the issuer's id. */
export interface LoggedDocument {
  readonly index: EntryIndex;
  /** Undefined for a blinded one whose salt is not known here. */
  readonly digest: string | undefined;
  /** Undefined for an open one. */
  readonly commitment: string | undefined;
  readonly scene: string;
  /** Undefined where the reader of the log does not know it. */
  readonly reference: string | undefined;
}

export interface Reconciliation<Line extends RegisterLine, Logged extends LoggedDocument> {
  /** Different documents that both have. */
  readonly matched: number;
  /** Entries whose document the register does not have: another caller may have used the key. */
  readonly notInRegister: readonly Logged[];
  /** Lines whose document the log does not have. */
  readonly notInLog: readonly Line[];
  /** Documents that both have under another scene or reference. */
  readonly different: readonly {
    readonly line: Line;
    readonly entry: Logged;
    readonly what: "scene" | "reference";
  }[];
  /** Lines whose document stands in an earlier one already. */
  readonly duplicates: readonly { readonly line: Line; readonly first: number }[];
}

/** What an entry itself says of a document. */
export interface EntryDocument extends Pick<LoggedDocument, "digest" | "commitment"> {
  readonly recordedAt: UnixSeconds;
  readonly recordedBy: Address;
}

/**
 * The document that an entry records for `issuer`; undefined where it records none. A blinded one has a digest too, where it
 * was blinded on this machine.
 * @throws AppError ENTRY_MALFORMED
 */
export function documentOf(
  entry: Uint8Array,
  { issuer, digests }: { issuer: InstitutionId; digests: CommittedDigests | undefined },
): EntryDocument | undefined {
  const {
    kind,
    institution,
    algorithm,
    blinded,
    payload: bytes,
    recordedAt,
    recordedBy,
  } = decodeEntry(entry);
  if (kind !== "document" || institution !== issuer || algorithm === undefined) return undefined;
  const text = formatDigest({ algorithm, bytes });
  if (!blinded) return { digest: text, commitment: undefined, recordedAt, recordedBy };
  const [known] = digests?.ofCommitment({ algorithm, bytes, blinded }) ?? [];
  return { digest: known && formatDigest(known.digest), commitment: text, recordedAt, recordedBy };
}

/** The order of either does not matter to what is found. */
export function reconcile<Line extends RegisterLine, Logged extends LoggedDocument>(
  register: readonly Line[],
  log: readonly Logged[],
): Reconciliation<Line, Logged> {
  const { lines, duplicates } = firstLines(register);
  const met = new Set<Line>();
  const notInRegister: Logged[] = [];
  const different: { line: Line; entry: Logged; what: "scene" | "reference" }[] = [];
  for (const entry of log) {
    const line = namesOf(entry).flatMap((name) => lines.get(name) ?? [])[0];
    if (line === undefined) {
      notInRegister.push(entry);
      continue;
    }
    met.add(line);
    for (const what of differences(line, entry)) different.push({ line, entry, what });
  }
  const notInLog = [...lines.values()].filter((line) => !met.has(line));
  return { matched: met.size, notInRegister, notInLog, different, duplicates };
}

/** Whether both have the same documents with the same particulars; duplicate lines do not matter. */
export function isReconciled({
  notInRegister,
  notInLog,
  different,
}: Reconciliation<RegisterLine, LoggedDocument>): boolean {
  return notInRegister.length + notInLog.length + different.length === 0;
}

/** The names of a document; the same text as a digest and as a commitment are two different names. */
function namesOf({ digest, commitment }: Pick<LoggedDocument, "digest" | "commitment">): string[] {
  return [
    ...(digest === undefined ? [] : [digest]),
    ...(commitment === undefined ? [] : [`commitment ${commitment}`]),
  ];
}

function firstLines<Line extends RegisterLine>(
  register: readonly Line[],
): { lines: Map<string, Line>; duplicates: { line: Line; first: number }[] } {
  const lines = new Map<string, Line>();
  const duplicates: { line: Line; first: number }[] = [];
  for (const line of register) {
    const [name = ""] = namesOf(line);
    const first = lines.get(name);
    if (first === undefined) lines.set(name, line);
    else duplicates.push({ line, first: first.line });
  }
  return { lines, duplicates };
}

/** What a register does not say, and what the log does not know, differs from nothing. */
function differences(line: RegisterLine, entry: LoggedDocument): ("scene" | "reference")[] {
  return (["scene", "reference"] as const).filter(
    (what) => line[what] !== undefined && entry[what] !== undefined && line[what] !== entry[what],
  );
}
