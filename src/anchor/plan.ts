/** Plans the sender's next step for an institution, and groups documents for a transaction. */
import type { Anchor, DocumentGroup, QueuedWork, StatusRequest } from "./ports.ts";

/** When documents are sent, and how many in one transaction. */
export interface Grouping {
  /** Documents in one transaction; the contract takes 2,000. */
  readonly size: number;
  /** Milliseconds that the oldest waits for others. */
  readonly age: number;
}

/** What to do next for one institution. */
export type SenderStep =
  | { readonly kind: "status"; readonly request: StatusRequest }
  | { readonly kind: "anchor"; readonly anchors: readonly Anchor[] }
  /** Nothing is due; undefined = nothing is queued. */
  | { readonly kind: "wait"; readonly milliseconds: number | undefined };

/**
 * Groups in one transaction: each has 256 bytes and some 9,000 gas of its own. 2,000 documents in 100 of them stay below the
 * 128 KiB that nodes take (go-ethereum, `txMaxSize`) and the 16.7 million gas of EIP-7825, and the embedded chain, whose node
 * keeps every step that it executes, needs no more than 200 MB for them.
 */
export const MAX_GROUPS = 100;

/** Withdrawals go first; documents once they are many enough, or the oldest has waited long enough. */
export function planStep({
  work,
  grouping,
  now,
}: {
  work: QueuedWork;
  grouping: Grouping;
  now: number;
}): SenderStep {
  const [request] = work.statuses;
  if (request !== undefined) return { kind: "status", request };
  const [oldest] = work.anchors;
  if (oldest === undefined) return { kind: "wait", milliseconds: undefined };
  const waited = now - oldest.acceptedAt;
  const due = work.anchors.length >= grouping.size || waited >= grouping.age || waited < 0;
  if (!due) return { kind: "wait", milliseconds: grouping.age - waited };
  return { kind: "anchor", anchors: firstGroups(work.anchors.slice(0, grouping.size)) };
}

/** As many of the oldest as make no more than MAX_GROUPS groups. */
function firstGroups(anchors: readonly Anchor[]): readonly Anchor[] {
  const groups = new Set<string>();
  const end = anchors.findIndex((anchor) => groups.add(groupOf(anchor)).size > MAX_GROUPS);
  return end < 0 ? anchors : anchors.slice(0, end);
}

type Groupable = Pick<Anchor, "scene" | "algorithm" | "blinded" | "validUntil" | "payload">;

/** Documents in groups that share everything but the payload, whatever their mix; in order of acceptance within each. */
export function groupDocuments(anchors: readonly Groupable[]): DocumentGroup[] {
  return [...Map.groupBy(anchors, groupOf).values()].flatMap((members) => {
    const [first] = members;
    if (first === undefined) return [];
    const { scene, algorithm, blinded, validUntil } = first;
    return [{ scene, algorithm, blinded, validUntil, payloads: members.map(({ payload }) => payload) }];
  });
}

function groupOf({ scene, algorithm, blinded, validUntil }: Groupable): string {
  return `${scene}/${algorithm}/${blinded}/${validUntil}`;
}
