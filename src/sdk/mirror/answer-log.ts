/** Reads a whole log to hold kept answers against it: that of an operator or a node, or of a mirror. */
import { equalBytes } from "../../core/bytes.ts";
import { decodeEntry, ENTRY_KINDS, type Entry } from "../../core/entry.ts";
import { AppError } from "../../core/errors.ts";
import type { EntryIndex } from "../../core/units.ts";
import { decodeDirectoryEvent } from "../../log/directory-event.ts";
import { isEventOf } from "../../log/directory.ts";
import { hashLeaf } from "../../log/hash.ts";
import { usableKeys } from "../../log/operator-key.ts";
import type { PolicyKey } from "../../log/policy.ts";
import { GrowingTree } from "../../log/tree.ts";
import type { AnswerLog, LoggedTree } from "../verify/kept-answer.ts";
import { DirectoryState } from "./directory-state.ts";
import { LogCopy } from "./log-copy.ts";
import { timeOf } from "./mirror.ts";
import type { MirrorPage, MirrorSource, MirrorState, MirrorStore } from "./ports.ts";

type Tree = Pick<MirrorState, "origin" | "size" | "root">;
type Page = Pick<MirrorPage, "entries" | "events">;

/** The log of an operator, or of a node. */
export function answerLogOf(source: MirrorSource): AnswerLog {
  const nothing = { size: 0, read: undefined, directory: [], events: 0 };
  return logOf(source.target, () => source.pages(nothing));
}

/** The log of a mirror. @throws AppError MIRROR_MISSING, MIRROR_DAMAGED */
export function mirroredAnswerLog(store: MirrorStore): AnswerLog {
  const state = store.state();
  if (state === undefined)
    throw new AppError("MIRROR_MISSING", { detail: "the mirror is not complete yet; run: hufu mirror" });
  timeOf(state);
  return logOf(state, () => storedPages(store));
}

function* storedPages(store: MirrorStore): Generator<Page> {
  for (const entry of store.entries()) yield { entries: [entry], events: [] };
  yield { entries: [], events: [...store.events()] };
}

function logOf(tree: Tree, pages: () => AsyncIterable<Page> | Iterable<Page>): AnswerLog {
  return {
    origin: tree.origin,
    at: async (query) => (query.size > tree.size ? undefined : await readTree(tree, pages(), query)),
  };
}

/** @throws AppError MIRROR_UNPROVEN: the pages do not lead to the root, or lack an event of the directory */
async function readTree(
  { origin, size: end, root }: Tree,
  pages: AsyncIterable<Page> | Iterable<Page>,
  { size, payloads, indexes }: Parameters<AnswerLog["at"]>[0],
): Promise<LoggedTree> {
  const copy = new LogCopy({ size, seed: root });
  const tree = new GrowingTree();
  const directory = new Map<EntryIndex, Entry>();
  const events = new Map<EntryIndex, Uint8Array>();
  for await (const page of pages) {
    for (const bytes of page.entries.slice(0, end - tree.size)) {
      if (tree.size < size) copy.append(bytes);
      if (bytes[1] === ENTRY_KINDS.directory) directory.set(tree.size, decodeEntry(bytes));
      tree.append(hashLeaf(bytes));
    }
    for (const { index, event } of page.events) events.set(index, event);
  }
  if (tree.size !== end || !equalBytes(tree.root(), root))
    throw unproven(`the entries that were read do not lead to the root of ${end} entries`);
  const documents = payloads.flatMap(({ bytes }) => [...copy.documents(bytes)]);
  const about = [...documents, ...documents.flatMap((index) => copy.statuses(index)), ...indexes];
  const own = copy.root();
  return {
    root: own,
    entries: [...new Set(about)].filter((index) => index < size).map((index) => copy.prove(index, own)),
    statusKeys: statusKeysOf(origin, directory, events),
  };
}

function statusKeysOf(
  origin: string,
  entries: ReadonlyMap<EntryIndex, Entry>,
  events: ReadonlyMap<EntryIndex, Uint8Array>,
): PolicyKey[] {
  const directory = new DirectoryState();
  for (const [index, entry] of entries) {
    const event = events.get(index);
    if (event === undefined || !isEventOf(event, entry))
      throw unproven(`the event of directory entry ${index} is not there`);
    directory.apply({ ...decodeDirectoryEvent(event), index, recordedAt: entry.recordedAt });
  }
  const keys = directory.operators().flatMap((operator) => operator.keys);
  return usableKeys(keys, origin)
    .filter(({ key }) => key.purpose === "status")
    .map(({ key: { from, until, addedAt, compromise }, verifier }) => ({
      key: verifier,
      from: from === 0 ? addedAt : from,
      until: Math.min(until === 0 ? Infinity : until, compromise?.since ?? Infinity),
    }));
}

function unproven(detail: string): AppError {
  return new AppError("MIRROR_UNPROVEN", { detail });
}
