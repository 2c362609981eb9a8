/** Holds a kept answer note against the log: whether it is what its signer's log had, or convicts the signer. */
import type { Payload } from "../../core/digest.ts";
import { decodeEntry, decodeStatus } from "../../core/entry.ts";
import { AppError, isAppError, quote } from "../../core/errors.ts";
import type { EntryIndex, Hash, TreeSize, UnixSeconds } from "../../core/units.ts";
import { parseAnswer, verifyAnswer, type AnswerFile, type SignedAnswer } from "../../log/answer.ts";
import { convict, isOtherRoot, type Conviction } from "../../log/conviction.ts";
import type { PolicyKey } from "../../log/policy.ts";
import type { ProvenEntry } from "../../log/proven-entry.ts";

/** A log that the reader believes, as a whole: one that an operator serves, a node's, or that of a mirror. */
export interface AnswerLog {
  readonly origin: string;
  /**
   * The tree of that size, with all of its entries that are documents with one of the payloads, or change the status of one,
   * and those at `indexes`: each proven under that tree.
   * @returns undefined: the log has not come to that size
   */
  at(query: {
    readonly size: TreeSize;
    readonly payloads: readonly Payload[];
    readonly indexes: readonly EntryIndex[];
  }): Promise<LoggedTree | undefined>;
}

export interface LoggedTree {
  readonly root: Hash;
  readonly entries: readonly ProvenEntry[];
  /** Of the operators in the log's directory, as it is now. */
  readonly statusKeys: readonly PolicyKey[];
}

/** What a log says of a kept answer. */
export type JudgedAnswer =
  /** It has all that the note claims, and nothing that the note lacks. */
  | { readonly kind: "consistent"; readonly answer: SignedAnswer }
  | {
      readonly kind: "convicted";
      readonly answer: SignedAnswer;
      readonly convictions: readonly Conviction[];
      /** The entries that convict, under the root of the note: with it they show anyone what its signer did. */
      readonly evidence: readonly ProvenEntry[];
    }
  /** The note is signed by no operator of the log, or the log could not be read. It says nothing of the signer. */
  | { readonly kind: "not-established"; readonly fault: AppError };

/** @param now by the reader's clock */
export async function judgeKeptAnswer(
  file: AnswerFile,
  { now, log }: { now: UnixSeconds; log: AnswerLog },
): Promise<JudgedAnswer> {
  try {
    return await heldAgainst(file, log, now);
  } catch (error) {
    if (isAppError(error)) return { kind: "not-established", fault: error };
    throw error;
  }
}

/**
 * @throws AppError ANSWER_UNPROVEN; LOG_CHANGED: it is of another log; INDEX_STALE: the log has not come to its size; and those
 * of the log
 */
async function heldAgainst(file: AnswerFile, log: AnswerLog, now: UnixSeconds): Promise<JudgedAnswer> {
  const { origin, size } = parseAnswer(file.note.text);
  if (log.origin !== origin)
    throw new AppError("LOG_CHANGED", {
      detail: `the note is of the log ${quote(origin)}, and it is held against ${log.origin}`,
    });
  const listed = file.answers.flatMap(({ entries }) => entries);
  const tree = await log.at({
    size,
    payloads: file.questions.flatMap(({ payloads }) => payloads),
    indexes: listed.flatMap(({ index, status }) => (status === undefined ? [index] : [index, status])),
  });
  if (tree === undefined) {
    const detail = `the note is of ${size} entries, and the log that it is held against has fewer`;
    throw new AppError("INDEX_STALE", { detail });
  }
  const answer = verifyAnswer({ ...file, keys: tree.statusKeys, origin, now, maxLag: Infinity });
  if (isOtherRoot(answer, { size, root: tree.root }))
    return { kind: "convicted", answer, convictions: [{ kind: "false-root" }], evidence: [] };
  const convictions = convict(answer, tree.entries);
  if (convictions.length === 0) return { kind: "consistent", answer };
  return { kind: "convicted", answer, convictions, evidence: evidenceOf(convictions, tree.entries) };
}

/** The entries that convict, with the document of each status entry among them. */
function evidenceOf(
  convictions: readonly Conviction[],
  entries: readonly ProvenEntry[],
): readonly ProvenEntry[] {
  const shown = new Set(convictions.flatMap((each) => ("entry" in each ? [each.entry] : [])));
  const about = entries
    .filter(({ index }) => shown.has(index))
    .map(({ entry }) => decodeEntry(entry))
    .flatMap(({ kind, payload }) => (kind === "status" ? [decodeStatus(payload).document] : []));
  return entries.filter(({ index }) => shown.has(index) || about.includes(index));
}
