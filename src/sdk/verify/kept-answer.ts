/** Holds a kept answer note against the log: whether it is what its signer's log had, or convicts the signer. */
import type { Payload } from "../../core/digest.ts";
import { decodeEntry, decodeStatus } from "../../core/entry.ts";
import { AppError, isAppError } from "../../core/errors.ts";
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

interface LoggedTree {
  readonly root: Hash;
  readonly entries: readonly ProvenEntry[];
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
  /** The note does not verify, or the log could not be asked. It says nothing of the signer. */
  | { readonly kind: "not-established"; readonly fault: AppError };

/**
 * @param input.keys status keys of the log that the reader trusts
 * @param input.open opens the log, once the note is known to be signed
 */
export async function judgeKeptAnswer(input: {
  readonly file: AnswerFile;
  readonly keys: readonly PolicyKey[];
  readonly now: UnixSeconds;
  readonly open: () => Promise<AnswerLog>;
}): Promise<JudgedAnswer> {
  const { file, keys, now, open } = input;
  try {
    const { origin } = parseAnswer(file.note.text);
    const answer = verifyAnswer({ ...file, keys, origin, now, maxLag: Infinity });
    return await heldAgainst(answer, await open());
  } catch (error) {
    if (isAppError(error)) return { kind: "not-established", fault: error };
    throw error;
  }
}

/** @throws AppError LOG_CHANGED: it is of another log; INDEX_STALE: the log has not come to its size; and those of the log */
async function heldAgainst(answer: SignedAnswer, log: AnswerLog): Promise<JudgedAnswer> {
  if (log.origin !== answer.origin)
    throw new AppError("LOG_CHANGED", {
      detail: `the note is of the log ${answer.origin}, and it was held against ${log.origin}`,
    });
  const listed = answer.answers.flatMap(({ entries }) => entries);
  const tree = await log.at({
    size: answer.size,
    payloads: answer.questions.flatMap(({ payloads }) => payloads),
    indexes: listed.flatMap(({ index, status }) => (status === undefined ? [index] : [index, status])),
  });
  if (tree === undefined) {
    const detail = `the note is of ${answer.size} entries, and the log that it was held against has fewer`;
    throw new AppError("INDEX_STALE", { detail });
  }
  if (isOtherRoot(answer, { size: answer.size, root: tree.root }))
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
