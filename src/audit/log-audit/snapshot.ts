/** Fixes how much of a source is audited, before its entries are read: its size, and its checkpoints by size. */
import { AppError, isAppError } from "../../core/errors.ts";
import type { Hash, TreeSize } from "../../core/units.ts";
import type { ChainLog, OperatorLog } from "../ports.ts";
import { parseCheckpointNote } from "./checkpoints.ts";

export type Snapshot = ChainSnapshot | LogSnapshot;

export interface ChainSnapshot {
  readonly kind: "node";
  readonly source: string;
  readonly size: TreeSize;
  readonly chain: ChainLog;
  readonly origin: string;
}

export interface LogSnapshot {
  readonly kind: "log";
  readonly source: string;
  /** The size of the newest checkpoint: the log is read up to it. */
  readonly size: TreeSize;
  readonly operator: OperatorLog;
  readonly origin: string;
  /** The signed note of the newest checkpoint, and the root in it. */
  readonly newest: string;
  readonly root: Hash;
  /** Sizes of stored checkpoints, up to `size`. */
  readonly kept: readonly TreeSize[];
  /** The size of a checkpoint that the log listed or gave, where it is larger than the newest. */
  readonly beyondNewest: TreeSize | undefined;
  /** The size of a checkpoint that the log gave and did not list. */
  readonly unlisted: TreeSize | undefined;
}

/** Milliseconds by which a cached answer may be older than what the operator has. */
const CACHE_AGE = 3_000;

/**
 * Reads the newest checkpoint and the list of sizes; a second time where they do not fit, as either may come from a cache.
 * @throws AppError NOTE_SYNTAX: the newest checkpoint is malformed
 * @throws AppError SERVER_UNREACHABLE, NOT_THE_SERVICE: also while the operator has signed nothing yet
 */
export async function snapshotOf(
  operator: OperatorLog,
  pause: (milliseconds: number) => Promise<void>,
): Promise<LogSnapshot> {
  const snapshot = await readSnapshot(operator);
  if (snapshot.beyondNewest === undefined && snapshot.unlisted === undefined) return snapshot;
  await pause(CACHE_AGE);
  return await readSnapshot(operator);
}

async function readSnapshot(operator: OperatorLog): Promise<LogSnapshot> {
  const first = await newestOf(operator);
  let newest = first;
  let beyondNewest: TreeSize | undefined;
  const kept: TreeSize[] = [];
  for (let after: TreeSize | undefined = 0; after !== undefined && beyondNewest === undefined;) {
    const page: Awaited<ReturnType<OperatorLog["sizes"]>> = await operator.sizes(after);
    const last = page.sizes.at(-1) ?? 0;
    if (last > newest.size) newest = await newestOf(operator); // it may have grown
    for (const size of page.sizes) if (size <= newest.size) kept.push(size);
    if (last > newest.size) beyondNewest = last;
    after = page.next;
  }
  if (first.size > newest.size) beyondNewest = Math.max(first.size, beyondNewest ?? 0);
  return {
    kind: "log",
    source: operator.source,
    operator,
    ...newest,
    kept,
    beyondNewest,
    unlisted: kept.includes(first.size) || first.size > newest.size ? undefined : first.size,
  };
}

/** @throws AppError NOT_THE_SERVICE also where the answer has no signature line: it is not from a log */
async function newestOf(
  operator: OperatorLog,
): Promise<Pick<LogSnapshot, "newest" | "origin" | "size" | "root">> {
  const { source } = operator;
  const newest = await operator.checkpoint();
  if (newest === undefined)
    throw new AppError("NOT_THE_SERVICE", {
      detail: `${source} has no log, or has signed nothing of it yet`,
    });
  const read = parseCheckpointNote(newest);
  if (!isAppError(read)) return { newest, ...read.checkpoint };
  if (!/^— /m.test(newest))
    throw new AppError("NOT_THE_SERVICE", { detail: `${source}/log/checkpoint is no checkpoint of a log` });
  throw read;
}
