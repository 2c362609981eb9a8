/** Reads the final part of the log for the operator's statements. */
import { sql } from "kysely";
import type { FinalLog, WantedEvents } from "../../attest/ports.ts";
import type { Operator } from "../../core/directory.ts";
import type { EntryIndex, Hash, TreeSize } from "../../core/units.ts";
import type { DirectoryEvent } from "../../log/directory.ts";
import type { NodeId } from "../../log/tree.ts";
import { decodeChange, readOperators } from "../index/directory.ts";
import { readTrusted } from "../index/doubt.ts";
import { readFinalSize } from "../index/index-store.ts";
import { readNodes } from "../index/nodes.ts";
import { Store } from "../sql/store.ts";

export class SqlFinalLog extends Store implements FinalLog {
  async size(): Promise<TreeSize> {
    return await readTrusted(this.db, readFinalSize);
  }

  async commonSize({ until, interval }: { until: number; interval: number }): Promise<TreeSize> {
    return await readTrusted(this.db, async (tx) => {
      const size = await readFinalSize(tx);
      const row = tx.selectFrom("entry").select("recorded_at").where("idx", "=", size);
      const next = (await row.executeTakeFirst())?.recorded_at; // is not final yet
      const end = Math.floor(Math.min(until, (next ?? Infinity) * 1_000) / interval) * interval;
      const last = await tx
        .selectFrom("entry")
        .select("idx")
        .where("recorded_at", "<", Math.ceil(end / 1_000))
        .where("idx", "<", size)
        .orderBy("recorded_at", "desc")
        .orderBy("idx", "desc")
        .limit(1)
        .executeTakeFirst();
      return last === undefined ? 0 : last.idx + 1;
    });
  }

  async nodes(nodes: readonly NodeId[]): Promise<(node: NodeId) => Hash> {
    return await readTrusted(this.db, (tx) => readNodes(tx, nodes));
  }

  async operators(): Promise<readonly Operator[]> {
    return await readTrusted(this.db, readOperators);
  }

  async entry(index: EntryIndex): Promise<Uint8Array | undefined> {
    return await readTrusted(this.db, async (tx) => {
      const row = await tx.selectFrom("entry").select("bytes").where("idx", "=", index).executeTakeFirst();
      return row?.bytes;
    });
  }

  async directoryEvents(wanted: WantedEvents, size: TreeSize): Promise<readonly DirectoryEvent[]> {
    const { institutions, scenes, entries } = wanted;
    const holders = scenes.length === 0 ? institutions : [...institutions, GOVERNANCE];
    return await readTrusted(this.db, async (tx) => {
      const rows = await tx
        .selectFrom("directory_change")
        .innerJoin("entry", "entry.idx", "directory_change.entry")
        .select(["entry.idx", "body"])
        .where((eb) =>
          eb.or([
            // filters the directory's entries, instead of a search of all entries of the institution
            ...(holders.length === 0 ? [] : [eb(sql`+entry.institution`, "in", holders)]),
            ...(entries.length === 0 ? [] : [eb("directory_change.entry", "in", entries)]),
          ]),
        )
        .where("directory_change.entry", "<", size)
        .orderBy("directory_change.entry", "desc")
        .execute();
      return latestOf(
        rows.map(({ idx, body }) => ({ index: idx, change: decodeChange(body) })),
        wanted,
      );
    });
  }
}

const GOVERNANCE = 0;

interface Change {
  readonly index: EntryIndex;
  readonly change: ReturnType<typeof decodeChange>;
}

/** @param changes the latest first */
function latestOf(
  changes: readonly Change[],
  { institutions, scenes, entries }: WantedEvents,
): DirectoryEvent[] {
  const [registered, defined] = [new Set(institutions), new Set(scenes)];
  const kept = changes.filter(({ index, change }) => {
    const isLatest =
      (change.type === "institution-registered" && registered.delete(change.institution)) ||
      (change.type === "scene-defined" && defined.delete(change.scene));
    return isLatest || entries.includes(index);
  });
  return kept.map(({ index, change }) => ({ index, event: change.event })).reverse();
}
