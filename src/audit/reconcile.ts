/** Compares an issuer's own register with the documents that the log has under its id. */
import { formatDigest, type Commitment, type Digest } from "../core/digest.ts";
import { decodeEntry, type Entry } from "../core/entry.ts";
import type { EntryIndex, InstitutionId } from "../core/units.ts";

type Names = Pick<LoggedDocument, "digest" | "commitment">;

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
  /** Empty where the reader of the log knows none. */
  readonly references: readonly string[];
}

export interface Reconciliation<Line extends RegisterLine, Logged extends LoggedDocument> {
  /** Whether both have the same documents with the same particulars; duplicate lines do not matter. */
  readonly agree: boolean;
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
  /** Lines whose document an earlier line names already. */
  readonly duplicates: readonly { readonly line: Line; readonly first: number }[];
}

/**
 * The document that an entry records for `issuer`; undefined where it records none.
 * @param known.digestOf a commitment, where the document was blinded on this machine
 * @throws AppError ENTRY_MALFORMED
 */
export function registeredDocument(
  entry: Uint8Array,
  known: { issuer: InstitutionId; digestOf: (commitment: Commitment) => Digest | undefined },
): (Names & Pick<Entry, "recordedAt" | "recordedBy">) | undefined {
  const {
    kind,
    institution,
    algorithm,
    blinded,
    payload: bytes,
    recordedAt,
    recordedBy,
  } = decodeEntry(entry);
  if (kind !== "document" || institution !== known.issuer || algorithm === undefined) return undefined;
  const text = formatDigest({ algorithm, bytes });
  if (!blinded) return { digest: text, commitment: undefined, recordedAt, recordedBy };
  const digest = known.digestOf({ algorithm, bytes, blinded });
  return { digest: digest && formatDigest(digest), commitment: text, recordedAt, recordedBy };
}

/** The result does not depend on the order of either list. */
export function reconcile<Line extends RegisterLine, Logged extends LoggedDocument>(
  register: readonly Line[],
  log: readonly Logged[],
): Reconciliation<Line, Logged> {
  const { lines, duplicates } = linesByName(register);
  const matched = new Set<Line>();
  const notInRegister: Logged[] = [];
  const different: { line: Line; entry: Logged; what: "scene" | "reference" }[] = [];
  for (const entry of log) {
    const named = namesOf(entry).flatMap((name) => lines.get(name) ?? []);
    const [line] = named;
    if (line === undefined) {
      notInRegister.push(entry);
      continue;
    }
    matched.add(line);
    for (const each of named)
      for (const what of differences(each, entry)) different.push({ line: each, entry, what });
  }
  const notInLog = [...lines.values()].flatMap(([line]) => (line && !matched.has(line) ? line : []));
  const agree = notInRegister.length + notInLog.length + different.length === 0;
  return { agree, matched: matched.size, notInRegister, notInLog, different, duplicates };
}

/** The names of a document; the same text as a digest and as a commitment are two different names. */
function namesOf({ digest, commitment }: Names): string[] {
  return [
    ...(digest === undefined ? [] : [digest]),
    ...(commitment === undefined ? [] : [`commitment ${commitment}`]),
  ];
}

/** The lines of each document, and those whose document an earlier one names. */
function linesByName<Line extends RegisterLine>(
  register: readonly Line[],
): { lines: Map<string, Line[]>; duplicates: { line: Line; first: number }[] } {
  const lines = new Map<string, Line[]>();
  const duplicates: { line: Line; first: number }[] = [];
  for (const line of register) {
    const [name = ""] = namesOf(line);
    const before = lines.get(name);
    if (before === undefined) lines.set(name, [line]);
    else before.push(line);
    const [first] = before ?? [];
    if (first !== undefined) duplicates.push({ line, first: first.line });
  }
  return { lines, duplicates };
}

/** A value that either side lacks is not a difference; of several references a register may name any. */
function differences({ scene, reference }: RegisterLine, entry: LoggedDocument): ("scene" | "reference")[] {
  const { references } = entry;
  const renamed = reference !== undefined && references.length > 0 && !references.includes(reference);
  const retyped = scene !== undefined && scene !== entry.scene;
  return [...(retyped ? (["scene"] as const) : []), ...(renamed ? (["reference"] as const) : [])];
}
