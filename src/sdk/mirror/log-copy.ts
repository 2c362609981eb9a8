/** Holds a whole log in memory: its entries, its tree, and where each payload is. */
import { decodeEntry, decodeStatus, ENTRY_BYTES, ENTRY_KINDS, type Entry } from "../../core/entry.ts";
import { AppError } from "../../core/errors.ts";
import type { EntryIndex, Hash, InstitutionId, TreeSize } from "../../core/units.ts";
import { hashLeaf, hashNode } from "../../log/hash.ts";
import { inclusionRanges } from "../../log/proof.ts";
import { verifyEntry, type ProvenEntry } from "../../log/proven-entry.ts";
import { GrowingTree, foldSubtrees, subtreesOf, type NodeId, type Range } from "../../log/tree.ts";
import { Numbers, Rows } from "./rows.ts";

const HASH_BYTES = 32;
/** The lowest level that is held: of four leaves. */
const LOWEST = 2;
/** Where the payload of an entry starts, and its institution, kind and version. */
const PAYLOAD = 28;
const INSTITUTION = 4;

/** Everything is recomputed from the entries: a million take 80 MB, their tree 16 MB and the look-up 16 MB. */
export class LogCopy {
  readonly #entries = new Rows(ENTRY_BYTES);
  readonly #tree = new GrowingTree();
  /** From {@link LOWEST} on, by level: the roots of the complete subtrees of 2^level leaves. Lower ones are hashed again. */
  readonly #nodes: Rows[] = [];
  /** Roots over the end of the log, from an index on, as long as nothing is appended. */
  readonly #ends = new Map<EntryIndex, Hash>();
  /** Of a payload, 1 + the index of its newest document; open addressing. */
  #newest: Uint32Array;
  #payloads = 0;
  /** Of an entry, 1 + the index of the one before: of a document with the same payload, of a status of the same document. */
  readonly #before = new Numbers();
  /** Of a document, 1 + the index of its newest status. */
  readonly #status = new Numbers();
  readonly #seed: number;

  /**
   * @param options.size of the log, as far as it is known; it may grow
   * @param options.seed makes the places of payloads unpredictable for those who choose payloads
   */
  constructor({ size = 0, seed }: { size?: TreeSize; seed: Hash }) {
    this.#newest = new Uint32Array(2 ** Math.ceil(Math.log2(Math.max(size, 512) * 2)));
    this.#seed = new DataView(seed.buffer, seed.byteOffset).getUint32(0);
  }

  get size(): TreeSize {
    return this.#entries.count;
  }

  root(): Hash {
    return this.#tree.root();
  }

  /**
   * @returns the entry, where it is of the directory
   * @throws AppError ENTRY_MALFORMED
   */
  append(bytes: Uint8Array): Entry | undefined {
    const [version, kind] = bytes;
    const index = this.size;
    const isKnown = version === 1 && kind !== undefined && kind >= 1 && kind <= ENTRY_KINDS.directory;
    if (bytes.length !== ENTRY_BYTES || !isKnown)
      throw new AppError("ENTRY_MALFORMED", { detail: `entry ${index} is of an unknown form` });
    this.#entries.push(bytes);
    this.#ends.clear();
    for (const { level, hash } of this.#tree.append(hashLeaf(bytes)))
      if (level >= LOWEST) (this.#nodes[level - LOWEST] ??= new Rows(HASH_BYTES)).push(hash);
    if (kind === ENTRY_KINDS.document) this.#addDocument(index);
    if (kind === ENTRY_KINDS.status) this.#addStatus(index, decodeEntry(bytes));
    return kind === ENTRY_KINDS.directory ? decodeEntry(bytes) : undefined;
  }

  entry(index: EntryIndex): Entry {
    return decodeEntry(this.#entries.at(index));
  }

  /** The institution of an entry, without decoding the rest. */
  institutionOf(index: EntryIndex): InstitutionId {
    const bytes = this.#entries.at(index);
    return new DataView(bytes.buffer, bytes.byteOffset).getUint32(INSTITUTION);
  }

  /** The documents with this payload, newest first. */
  *documents(payload: Hash): Generator<EntryIndex> {
    let next = this.#newest[this.#slotOf(payload)] ?? 0;
    for (; next !== 0; next = this.#before.at(next - 1)) yield next - 1;
  }

  hasStatus(document: EntryIndex): boolean {
    return this.#status.at(document) !== 0;
  }

  /** The status entries of a document, oldest first. */
  statuses(document: EntryIndex): EntryIndex[] {
    const found: EntryIndex[] = [];
    for (let next = this.#status.at(document); next !== 0; next = this.#before.at(next - 1))
      found.push(next - 1);
    return found.reverse();
  }

  /**
   * An entry with its inclusion proof, which leads to `root`.
   * @throws AppError PROOF_INVALID: it does not
   */
  prove(index: EntryIndex, root: Hash): ProvenEntry & { readonly decoded: Entry } {
    const { size } = this;
    const proof = inclusionRanges({ index, size }).map((range) => this.#rootOf(range));
    const proven = { entry: this.#entries.at(index).slice(), index, proof };
    return { ...proven, decoded: verifyEntry(proven, { size, root }) };
  }

  readonly #hashOf = ({ level, index }: NodeId): Hash => {
    if (level === 0) return hashLeaf(this.#entries.at(index));
    const below = { level: level - 1, index: index * 2 };
    if (level < LOWEST)
      return hashNode(this.#hashOf(below), this.#hashOf({ ...below, index: index * 2 + 1 }));
    const nodes = this.#nodes[level - LOWEST];
    if (nodes === undefined) throw new RangeError(`there is no level ${level}`);
    return nodes.at(index);
  };

  #rootOf(range: Range): Hash {
    const subtrees = subtreesOf(range);
    const [only] = subtrees;
    if (only !== undefined && subtrees.length === 1) return this.#hashOf(only);
    const known = this.#ends.get(range.start);
    if (known !== undefined) return known;
    const root = foldSubtrees(subtrees.map(this.#hashOf));
    this.#ends.set(range.start, root);
    return root;
  }

  #addDocument(index: EntryIndex): void {
    if (this.#payloads * 2 >= this.#newest.length) this.#enlarge();
    const slot = this.#slotOf(this.#payloadOf(index));
    const before = this.#newest[slot] ?? 0;
    if (before === 0) this.#payloads += 1;
    else this.#before.set(index, before);
    this.#newest[slot] = index + 1;
  }

  #addStatus(index: EntryIndex, { payload }: Entry): void {
    const { document } = decodeStatus(payload);
    if (document >= index)
      throw new AppError("ENTRY_MALFORMED", { detail: `status ${index} is of no earlier entry` });
    const before = this.#status.at(document);
    if (before !== 0) this.#before.set(index, before);
    this.#status.set(document, index + 1);
  }

  #enlarge(): void {
    const old = this.#newest;
    this.#newest = new Uint32Array(old.length * 2);
    for (const newest of old)
      if (newest !== 0) this.#newest[this.#slotOf(this.#payloadOf(newest - 1))] = newest;
  }

  #payloadOf(index: EntryIndex): Uint8Array {
    return this.#entries.at(index).subarray(PAYLOAD, PAYLOAD + HASH_BYTES);
  }

  /** Where the payload is, or the free place that it would take. */
  #slotOf(payload: Uint8Array): number {
    const mask = this.#newest.length - 1;
    for (let slot = this.#placeOf(payload) & mask; ; slot = (slot + 1) & mask) {
      const newest = this.#newest[slot] ?? 0;
      if (newest === 0 || isSame(this.#payloadOf(newest - 1), payload)) return slot;
    }
  }

  #placeOf(payload: Uint8Array): number {
    const view = new DataView(payload.buffer, payload.byteOffset, HASH_BYTES);
    let mixed = this.#seed;
    for (let at = 0; at < HASH_BYTES; at += 4) {
      mixed = Math.imul(mixed ^ view.getUint32(at), 0x9e3779b1);
      mixed ^= mixed >>> 15;
    }
    return mixed >>> 0;
  }
}

/** As `equalBytes`, without a function for each byte: it runs a million times while a mirror is opened. */
function isSame(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < HASH_BYTES; i++) if (a[i] !== b[i]) return false;
  return true;
}
