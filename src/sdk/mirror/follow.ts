/** Brings a mirror to the tree that a source has, from wherever it was left. */
import { equalBytes } from "../../core/bytes.ts";
import { decodeEntry, ENTRY_KINDS } from "../../core/entry.ts";
import { AppError } from "../../core/errors.ts";
import type { EntryIndex, Hash, TreeSize } from "../../core/units.ts";
import { payloadOfEvent, type DirectoryEvent } from "../../log/directory.ts";
import { hashLeaf } from "../../log/hash.ts";
import { GrowingTree } from "../../log/tree.ts";
import { damaged, timeOf, undamaged } from "./mirror.ts";
import type { Held, MirrorPage, MirrorSource, MirrorState, MirrorStore } from "./ports.ts";

/** What a run has added. */
export interface Followed {
  readonly state: MirrorState;
  readonly added: number;
}

/**
 * Stores what the source has beyond what is held, and proves the whole to the target's root. It may be ended at any moment and
 * run again. What does not lead to the root is removed.
 * @param progress entries that are held, of all
 * @throws AppError LOG_CHANGED: the source has another log, or another history of it
 * @throws AppError MIRROR_UNPROVEN: what it gave does not lead to the root, or an event is missing
 * @throws AppError MIRROR_DAMAGED; and those of the source
 */
export async function follow(options: {
  store: MirrorStore;
  source: MirrorSource;
  progress: (held: TreeSize) => void;
}): Promise<Followed> {
  const { store, source, progress } = options;
  const { target } = source;
  const before = store.state();
  if (before !== undefined && before.origin !== target.origin)
    throw new AppError("LOG_CHANGED", { detail: `it is the log ${target.origin}; held is ${before.origin}` });
  const proven = before?.size ?? 0;
  const growing = Growing.of(store, before, target);
  if (before !== undefined && proven > 0 && proven <= target.size) await source.confirm(before);
  if (proven > target.size) return stay(growing, before, target);
  try {
    for await (const page of source.pages(growing.held())) {
      growing.add(page);
      store.append(page);
      progress(growing.tree.size);
    }
    growing.require(target);
  } catch (error) {
    if (error instanceof AppError && error.code === "MIRROR_UNPROVEN") store.truncate(proven);
    throw error;
  }
  if (before === undefined || proven < target.size || timeOf(target) > timeOf(before)) store.prove(target);
  return { state: target, added: target.size - proven };
}

/** The source is behind what is held: of the smaller tree it has to have the same root. */
function stay(growing: Growing, before: MirrorState | undefined, target: MirrorState): Followed {
  if (before !== undefined && growing.rootOf(target)) return { state: before, added: 0 };
  throw new AppError("LOG_CHANGED", {
    detail: `its tree of ${target.size} entries is not a beginning of the one that is held`,
  });
}

/** The stored entries, hashed again, and those that are added. */
class Growing {
  readonly tree = new GrowingTree();
  readonly #store: MirrorStore;
  /** Of directory entries: the payload, and whether its event is there. */
  readonly #directory: { readonly index: EntryIndex; readonly payload: Hash }[] = [];
  #events = 0;
  #rootAtTarget: Hash | undefined;

  private constructor(store: MirrorStore) {
    this.#store = store;
  }

  /**
   * Reads what is stored; entries that are not proven are removed where the target has fewer.
   * @throws AppError MIRROR_DAMAGED
   */
  static of(store: MirrorStore, before: MirrorState | undefined, target: MirrorState): Growing {
    store.truncate(Math.max(before?.size ?? 0, target.size));
    const growing = new Growing(store);
    for (const entry of store.entries()) {
      undamaged(() => growing.#addEntry(entry));
      const { size } = growing.tree;
      if (size === before?.size && !equalBytes(growing.tree.root(), before.root))
        throw damaged(`the stored entries do not lead to the root of ${size} entries`);
      if (size === target.size) growing.#rootAtTarget = growing.tree.root();
    }
    if (growing.tree.size < (before?.size ?? 0)) throw damaged("stored entries are missing");
    for (const event of store.events()) undamaged(() => growing.#addEvent(event));
    return growing;
  }

  held(): Held {
    const { size } = this.tree;
    const directory = this.#directory.map(({ index }) => index);
    return { size, read: this.#store.read(), directory, events: this.#events };
  }

  /** @throws AppError MIRROR_UNPROVEN */
  add({ entries, events }: MirrorPage): void {
    for (const entry of entries) this.#addEntry(entry);
    for (const event of events) this.#addEvent(event);
  }

  rootOf({ size, root }: MirrorState): boolean {
    return size === 0 || (this.#rootAtTarget !== undefined && equalBytes(this.#rootAtTarget, root));
  }

  /** @throws AppError MIRROR_UNPROVEN */
  require({ size, root }: MirrorState): void {
    if (this.tree.size !== size || !equalBytes(this.tree.root(), root))
      throw unproven(`${this.tree.size} entries do not lead to the root of ${size} entries`);
    const missing = this.#directory[this.#events];
    if (missing !== undefined) throw unproven(`there is no event of directory entry ${missing.index}`);
  }

  #addEntry(entry: Uint8Array): void {
    const index = this.tree.size;
    if (entry[1] === ENTRY_KINDS.directory)
      this.#directory.push({ index, payload: decodeEntry(entry).payload });
    this.tree.append(hashLeaf(entry));
  }

  /** Events come in the order of their entries; one that was there before is the same again. */
  #addEvent({ index, event }: DirectoryEvent): void {
    const next = this.#directory[this.#events];
    if (next === undefined || index < next.index) return;
    if (index !== next.index || !equalBytes(payloadOfEvent(event), next.payload))
      throw unproven(`the event of directory entry ${next.index} is another`);
    this.#events += 1;
  }
}

function unproven(detail: string): AppError {
  return new AppError("MIRROR_UNPROVEN", { detail });
}
