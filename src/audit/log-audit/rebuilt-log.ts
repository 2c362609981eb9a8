/** Rebuilds a log from its entries: leaf hashes, roots at wanted sizes, times, and the first difference from a reference. */
import { decodeEntry, decodeStatus, type Entry } from "../../core/entry.ts";
import { isAppError } from "../../core/errors.ts";
import { formatTime } from "../../core/time.ts";
import type { EntryIndex, Hash, TreeSize, UnixSeconds } from "../../core/units.ts";
import { hashLeaf } from "../../log/hash.ts";
import { GrowingTree, type TreeNode } from "../../log/tree.ts";
import type { Finding } from "./findings.ts";
import { Leaves } from "./leaves.ts";

/** Of each entry only its leaf hash is kept. */
export class RebuiltLog {
  readonly leaves = new Leaves();
  readonly #source: string;
  readonly #wanted: ReadonlySet<TreeSize>;
  readonly #reference: Leaves | undefined;
  readonly #tree = new GrowingTree();
  readonly #roots = new Map<TreeSize, Hash>();
  readonly #times = new Map<EntryIndex, UnixSeconds>();
  #first: UnixSeconds | undefined;
  #last: UnixSeconds | undefined;
  #difference: EntryIndex | undefined;

  /**
   * @param options.source of the entries, for findings
   * @param options.wanted sizes at which the root is remembered, and the time of the entry that follows
   * @param options.reference a log to compare with, entry by entry
   */
  constructor(options: { source: string; wanted: ReadonlySet<TreeSize>; reference: Leaves | undefined }) {
    this.#source = options.source;
    this.#wanted = options.wanted;
    this.#reference = options.reference;
    this.#keepRoot();
  }

  get size(): TreeSize {
    return this.#tree.size;
  }

  root(): Hash {
    return this.#tree.root();
  }

  /** The root at a size that was wanted, once the log is that long. */
  rootAt(size: TreeSize): Hash | undefined {
    return this.#roots.get(size);
  }

  /** When entry `index` was recorded, if `index` is a size that was wanted. */
  recordedAt(index: EntryIndex): UnixSeconds | undefined {
    return this.#times.get(index);
  }

  /** When the first and the last entry were recorded. */
  get period(): { from: UnixSeconds; to: UnixSeconds } | undefined {
    const [from, to] = [this.#first, this.#last];
    return from === undefined || to === undefined ? undefined : { from, to };
  }

  /** The first entry that differs from the reference's. */
  get difference(): EntryIndex | undefined {
    return this.#difference;
  }

  /** @returns the nodes that the entry completes, the decoded entry, and what is wrong with it */
  append(bytes: Uint8Array): { nodes: TreeNode[]; entry: Entry | undefined; findings: Finding[] } {
    const index = this.size;
    const leaf = hashLeaf(bytes);
    this.leaves.push(leaf);
    if (this.#difference === undefined && this.#reference?.differs(index, leaf) === true)
      this.#difference = index;
    const read = this.#decode(bytes, index);
    const nodes = this.#tree.append(leaf);
    this.#keepRoot();
    return { nodes, ...read };
  }

  #keepRoot(): void {
    if (this.#wanted.has(this.size)) this.#roots.set(this.size, this.root());
  }

  #decode(bytes: Uint8Array, index: EntryIndex): { entry: Entry | undefined; findings: Finding[] } {
    try {
      const entry = decodeEntry(bytes);
      if (entry.kind === "status") decodeStatus(entry.payload);
      return { entry, findings: this.#checkTime(entry, index) };
    } catch (error) {
      if (!isAppError(error, "ENTRY_MALFORMED")) throw error;
      const values = { index, detail: error.fields.detail };
      return { entry: undefined, findings: [{ code: "entry-malformed", source: this.#source, values }] };
    }
  }

  /** Time never goes back from one entry to the next. */
  #checkTime({ recordedAt }: Entry, index: EntryIndex): Finding[] {
    const before = this.#last;
    this.#first ??= recordedAt;
    this.#last = Math.max(recordedAt, before ?? 0);
    if (this.#wanted.has(index)) this.#times.set(index, recordedAt);
    if (before === undefined || recordedAt >= before) return [];
    const values = { index, time: formatTime(recordedAt), before: formatTime(before) };
    return [{ code: "entry-time", source: this.#source, values }];
  }
}
