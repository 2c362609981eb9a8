/** Stores split views of the log that were observed on other operators. */
import { sql } from "kysely";
import type { SplitStore, SplitView } from "../../attest/ports.ts";
import { fromBase64, toBase64 } from "../../core/bytes.ts";
import { Store } from "../sql/store.ts";

/** Of one key: the first split views are sufficient evidence, and a malicious operator could produce any number. */
const MAX_STORED = 100;

/** The place of a split view among those of its key, the newest being first. */
const RANK = sql<number>`row_number() over (partition by signer order by position desc)`;

export class SqlSplits extends Store implements SplitStore {
  async keep({ size, root, ownRoot, signer, note, proof, observedAt }: SplitView): Promise<boolean> {
    return await this.writeAsLeader(async (tx) => {
      const { count } = await tx
        .selectFrom("split_view")
        .select(({ fn }) => fn.countAll<number>().as("count"))
        .where("signer", "=", signer)
        .executeTakeFirstOrThrow();
      if (count >= MAX_STORED) return false;
      const hashes = proof.map(toBase64).join(" ");
      const { numInsertedOrUpdatedRows } = await tx
        .insertInto("split_view")
        .values({ size, root, own_root: ownRoot, signer, note, proof: hashes, observed_at: observedAt })
        .onConflict((conflict) => conflict.columns(["signer", "size", "root"]).doNothing())
        .executeTakeFirst();
      return Number(numInsertedOrUpdatedRows ?? 0) === 1;
    });
  }

  async newest(limit: number): Promise<readonly SplitView[]> {
    const ranked = this.db.selectFrom("split_view").selectAll().select(RANK.as("rank"));
    const newest = this.db.selectFrom(ranked.as("ranked")).selectAll();
    const rows = await newest.orderBy("rank").orderBy("position", "desc").limit(limit).execute();
    return rows.map(({ size, root, own_root, signer, note, proof, observed_at }) => ({
      size,
      root,
      ownRoot: own_root,
      signer,
      note,
      proof: proof.split(" ").flatMap((hash) => (hash === "" ? [] : (fromBase64(hash) ?? []))),
      observedAt: observed_at,
    }));
  }
}
