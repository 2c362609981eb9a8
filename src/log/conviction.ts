/** Tells of what the log convicts the signer of an answer note. */
import { equalBytes } from "../core/bytes.ts";
import { isBoundTo } from "../core/digest.ts";
import { decodeStatus, type Entry, type StatusChange } from "../core/entry.ts";
import type { EntryIndex, Hash } from "../core/units.ts";
import type { AnsweredVerdict, AskedQuestion, ClaimedAnswer, SignedAnswer } from "./answer.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { hashLeaf } from "./hash.ts";
import { verifyEntry, type ProvenEntry } from "./proven-entry.ts";

/** What a signer claims, and the log has otherwise. `question` is its place in the note, from 0. */
export type Conviction =
  /** The log has another root at the size of the note. */
  | { readonly kind: "false-root" }
  /** The note lacks an entry of the document. */
  | { readonly kind: "hidden-entry"; readonly question: number; readonly entry: EntryIndex }
  /** The note lacks a change of status, or names an older one. */
  | { readonly kind: "hidden-status"; readonly question: number; readonly entry: EntryIndex }
  /** The log has something else at the place of an entry or status that the note lists. */
  | { readonly kind: "false-entry"; readonly question: number; readonly entry: EntryIndex }
  /** The expected issuer's entries do not allow the verdict. */
  | { readonly kind: "false-verdict"; readonly question: number; readonly entry: EntryIndex };

/** Whether the log, by a checkpoint or contract that the reader believes, has another root at the size of the note. */
export function isOtherRoot(answer: Checkpoint, believed: Pick<Checkpoint, "size" | "root">): boolean {
  return answer.size === believed.size && !equalBytes(answer.root, believed.root);
}

/**
 * Each false claim of a note, by entries that are proven under the note's own root: who signed that root signed that the log
 * has them. Entries that are not below its size, and those about other documents, say nothing.
 * @throws AppError ENTRY_MALFORMED, PROOF_SHAPE, PROOF_INVALID: an entry is not proven under the note's root
 */
export function convict(answer: SignedAnswer, evidence: readonly ProvenEntry[]): Conviction[] {
  const log = new Map(evidence.map((proven) => [proven.index, entryIn(proven, answer)]));
  return answer.questions.flatMap((asked, question) => {
    const claim = answer.answers[question];
    if (claim === undefined) return [];
    const found = new Claim(claim, log, { asked, origin: answer.origin }).faults();
    return found.map((each) => ({ ...each, question }));
  });
}

interface LoggedEntry {
  readonly leaf: Hash;
  readonly entry: Entry;
  /** Of a status entry. */
  readonly change: StatusChange | undefined;
}

function entryIn(proven: ProvenEntry, tree: Checkpoint): LoggedEntry {
  const entry = verifyEntry(proven, tree);
  const change = entry.kind === "status" ? decodeStatus(entry.payload) : undefined;
  return { leaf: hashLeaf(proven.entry), entry, change };
}

interface Fault {
  readonly kind: Exclude<Conviction["kind"], "false-root">;
  readonly entry: EntryIndex;
}

/** What a note answers to one question, beside the entries of the log that are known. */
class Claim {
  readonly #claim: ClaimedAnswer;
  readonly #log: ReadonlyMap<EntryIndex, LoggedEntry>;
  readonly #question: { asked: AskedQuestion; origin: string };
  /** The known entries of the document. */
  readonly #documents: readonly [EntryIndex, LoggedEntry][];

  constructor(
    claim: ClaimedAnswer,
    log: ReadonlyMap<EntryIndex, LoggedEntry>,
    question: { asked: AskedQuestion; origin: string },
  ) {
    this.#claim = claim;
    this.#log = log;
    this.#question = question;
    this.#documents = [...log].filter(([, { entry }]) => this.#isAsked(entry));
  }

  faults(): Fault[] {
    return [
      ...this.#falseEntries(),
      ...this.#hiddenEntries(),
      ...this.#hiddenStatuses(),
      ...this.#falseVerdicts(),
    ];
  }

  #falseEntries(): Fault[] {
    return this.#claim.entries.flatMap(({ index, leaf, institution, status }) => {
      const logged = this.#log.get(index);
      const change = status === undefined ? undefined : this.#log.get(status);
      const isTrue =
        logged === undefined ||
        (equalBytes(logged.leaf, leaf) &&
          logged.entry.institution === institution &&
          this.#isAsked(logged.entry));
      const isStatus = change === undefined || change.change?.document === index;
      return isTrue && isStatus ? [] : [{ kind: "false-entry", entry: isTrue ? (status ?? index) : index }];
    });
  }

  /** An older entry than one that is listed of its institution may be left out. */
  #hiddenEntries(): Fault[] {
    return this.#documents
      .filter(([index, { entry }]) =>
        this.#claim.entries.every((each) => each.index < index || each.institution !== entry.institution),
      )
      .map(([entry]) => ({ kind: "hidden-entry", entry }));
  }

  #hiddenStatuses(): Fault[] {
    const documents = new Set(this.#documents.map(([index]) => index));
    return [...this.#log].flatMap(([index, { change }]): Fault[] => {
      if (change === undefined) return [];
      const listed = this.#claim.entries.find((each) => each.index === change.document);
      if (listed === undefined && !documents.has(change.document)) return [];
      return (listed?.status ?? -1) >= index ? [] : [{ kind: "hidden-status", entry: index }];
    });
  }

  /**
   * Only for an issuer that is expected by its id in this log: which of several institutions decides may depend on settings of
   * the operator, and on logs before and after this one.
   */
  #falseVerdicts(): Fault[] {
    const { expectedIssuer } = this.#question.asked;
    const own = this.#documents.filter(([, { entry }]) => entry.institution === expectedIssuer);
    const indexes = new Set(own.map(([index]) => index));
    const decided = [...this.#log].filter(
      ([, { change }]) => change !== undefined && indexes.has(change.document),
    );
    return ([...own, ...decided] as const)
      .filter(([, logged]) => !allowedBy(logged).includes(this.#claim.verdict))
      .map(([entry]) => ({ kind: "false-verdict", entry }));
  }

  #isAsked({ kind, algorithm, blinded, payload, institution }: Entry): boolean {
    const { asked, origin } = this.#question;
    return (
      kind === "document" &&
      asked.payloads.some(
        (sought) =>
          sought.algorithm === algorithm &&
          sought.blinded === blinded &&
          equalBytes(sought.bytes, payload) &&
          isBoundTo(sought, { institution, origin }),
      )
    );
  }
}

const FOUND: readonly AnsweredVerdict[] = [
  "valid",
  "expired",
  "suspended",
  "revoked",
  "superseded",
  "issuer-not-in-good-standing",
  "pending",
];

/** The verdicts on an institution that an entry of its document, or a change of one's status, leaves possible. */
function allowedBy({ change }: LoggedEntry): readonly AnsweredVerdict[] {
  if (change?.action === "revoke") return ["revoked"];
  if (change?.action === "supersede") return ["superseded", "revoked"];
  return FOUND;
}
