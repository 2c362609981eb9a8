/** Reads the final part of the log for the operator's statements. */
import { sql } from "kysely";
import type { FinalLog } from "../../attest/ports.ts";
import type { Operator } from "../../core/directory.ts";
import type { EntryIndex, Hash, InstitutionId, TreeSize } from "../../core/units.ts";
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

  async registration(
    institution: InstitutionId,
    size: TreeSize,
  ): Promise<{ index: EntryIndex; event: Uint8Array } | undefined> {
    return await readTrusted(this.db, async (tx) => {
      const rows = await tx
        .selectFrom("directory_change")
        .innerJoin("entry", "entry.idx", "directory_change.entry")
        .select(["entry.idx", "body"])
        .where(sql`+entry.institution`, "=", institution) // filters the directory's entries, instead of a search of all entries of the institution
        .where("directory_change.entry", "<", size)
        .orderBy("directory_change.entry", "desc")
        .execute();
      for (const { idx, body } of rows) {
        const change = decodeChange(body);
        if (change.type === "institution-registered") return { index: idx, event: change.event };
      }
      return undefined;
    });
  }
}
