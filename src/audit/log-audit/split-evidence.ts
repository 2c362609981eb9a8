/** Fetches the signed checkpoints that prove a split view. */
import type { EntryIndex, TreeSize } from "../../core/units.ts";
import type { LogSnapshot, Snapshot } from "./snapshot.ts";

/** A checkpoint of each log that covers entry `index`; of one size where both keep one, as those two are proof by themselves. */
export async function splitEvidence(
  index: EntryIndex,
  pair: readonly [Snapshot, Snapshot],
): Promise<string[]> {
  const logs = pair.filter((snapshot) => snapshot.kind === "log");
  const covering = logs.map(({ kept }) => kept.filter((size) => size > index));
  const both = covering[0]?.find((size) => covering.every((sizes) => sizes.includes(size)));
  return await Promise.all(logs.map((log, i) => checkpointOf(log, both ?? covering[i]?.[0])));
}

async function checkpointOf({ operator, newest }: LogSnapshot, size: TreeSize | undefined): Promise<string> {
  if (size === undefined) return newest;
  return (await operator.checkpoint(size).catch(() => undefined)) ?? newest;
}
