/** Declares what a mirror holds on disk, and where it gets it from. */
import type { DirectoryEvent } from "../../log/directory.ts";
import type { EntryIndex, Hash, TreeSize, UnixSeconds } from "../../core/units.ts";

/** Why the root of a mirror is believed: a node's contract has it, or a checkpoint that a policy, or a pin, believes. */
export type Believed =
  | {
      readonly by: "node";
      /** Of the chain; the log is read up to its end. */
      readonly block: number;
      /** As of when the log is complete. */
      readonly time: UnixSeconds;
    }
  | {
      readonly by: "policy" | "pin";
      /** As text. */
      readonly policy: string;
      /** The signed note. */
      readonly checkpoint: string;
      /** When it was believed, by the reader's clock. */
      readonly at: UnixSeconds;
    };

/** The tree that a mirror is of. */
export interface MirrorState {
  readonly origin: string;
  readonly size: TreeSize;
  readonly root: Hash;
  readonly believed: Believed;
}

/** Some of a log, in order. */
export interface MirrorPage {
  /** 80 bytes each. */
  readonly entries: readonly Uint8Array[];
  readonly events: readonly DirectoryEvent[];
  /** Where a node gave it. */
  readonly read?: ReadTo | undefined;
}

/** The last block that was read from a node, and the size of the log at its end. */
interface ReadTo {
  readonly block: number;
  readonly size: TreeSize;
}

/** Where a mirror is kept. What is written is durable when a method returns; one writer, many readers. */
export interface MirrorStore {
  /** The tree that was proven last; undefined before the first. @throws AppError MIRROR_DAMAGED */
  state(): MirrorState | undefined;
  /** How far a node was read; undefined where none was. */
  read(): ReadTo | undefined;
  /** All stored entries, also those that are not proven yet. @throws AppError MIRROR_DAMAGED */
  entries(): Iterable<Uint8Array>;
  /** In order. */
  events(): Iterable<DirectoryEvent>;
  /** Stores what comes after the stored entries; events that are stored already stay. */
  append(page: MirrorPage): void;
  /** Stores that the entries up to `state.size` lead to its root, and that all of their events are there. */
  prove(state: MirrorState): void;
  /** Removes entries from `size` on, and their events. */
  truncate(size: TreeSize): void;
}

/** What is stored already, when a source goes on. */
export interface Held {
  readonly size: TreeSize;
  readonly read: ReadTo | undefined;
  /** Directory entries among the stored ones, and how many of their events are stored. */
  readonly directory: readonly EntryIndex[];
  readonly events: number;
}

/** A log that a mirror follows. */
export interface MirrorSource {
  /** The tree to be held; its root is believed. */
  readonly target: MirrorState;
  /**
   * Whether the log has this tree, which is not larger than the target.
   * @throws AppError LOG_CHANGED: it does not
   */
  confirm(tree: Pick<MirrorState, "size" | "root">): Promise<void>;
  /** What follows what is held, up to the target. Nothing of it is believed. */
  pages(held: Held): AsyncIterable<MirrorPage>;
}
