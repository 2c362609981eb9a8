/** Turns registry events into the log entries that they make. */
import { encodeEntry, encodeStatus, type Entry } from "../core/entry.ts";
import { AppError } from "../core/errors.ts";
import type { TreeSize } from "../core/units.ts";
import { hashLeaf } from "../log/hash.ts";
import type { GrowingTree, TreeNode } from "../log/tree.ts";
import type { Batch, BlockId, DirectoryChange, IndexedEntry, RegistryEvent } from "./ports.ts";

/** The part of a batch that events determine. */
export type Projection = Pick<Batch, "entries" | "nodes" | "blocks" | "directory">;

/**
 * Projects events, and appends their entries to `tree`.
 * @throws AppError RPC_INCONSISTENT: the events do not continue where the tree ends, or leave a gap
 * @throws AppError HISTORY_UNAVAILABLE: the log's beginning is missing
 */
export function project(events: readonly RegistryEvent[], tree: GrowingTree): Projection {
  const entries: IndexedEntry[] = [];
  const nodes: TreeNode[] = [];
  const blocks = new Map<number, BlockId & { size: TreeSize }>();
  for (const event of events) {
    if (event.index !== tree.size) {
      const detail = `block ${event.block.number} goes on at entry ${event.index}, and entry ${tree.size} is next`;
      throw new AppError(tree.size === 0 ? "HISTORY_UNAVAILABLE" : "RPC_INCONSISTENT", { detail });
    }
    for (const entry of entriesOf(event)) {
      const bytes = encodeEntry(entry);
      entries.push({
        index: tree.size,
        entry,
        bytes,
        subject: event.type === "status-set" ? event.document : undefined,
        block: event.block.number,
        transaction: event.transaction,
      });
      nodes.push(...tree.append(hashLeaf(bytes)));
    }
    blocks.set(event.block.number, { ...event.block, size: tree.size });
  }
  return { entries, nodes, blocks: [...blocks.values()], directory: events.filter(isDirectoryChange) };
}

function isDirectoryChange(event: RegistryEvent): event is DirectoryChange {
  return event.type !== "anchored" && event.type !== "status-set";
}

/** The entries that an event makes, as the contract wrote them. */
export function entriesOf(event: RegistryEvent): Entry[] {
  const { recordedAt, recordedBy } = event;
  const unused = {
    algorithm: undefined,
    blinded: false,
    governedAdmin: false,
    scene: 0,
    validUntil: 0,
  } as const;
  const base = { ...unused, recordedAt, recordedBy };
  if (event.type === "anchored") {
    const { payloads, kind, algorithm, blinded, governedAdmin, institution, scene, validUntil } = event;
    const flags = { blinded, governedAdmin };
    const shared = { kind, algorithm, ...flags, institution, scene, recordedAt, validUntil, recordedBy };
    return payloads.map((payload) => ({ ...shared, payload }));
  }
  const { institution } = event;
  if (event.type === "status-set") {
    const { governedAdmin } = event;
    return [{ ...base, kind: "status", governedAdmin, institution, payload: encodeStatus(event) }];
  }
  return [{ ...base, kind: "directory", institution, payload: event.payload }];
}
