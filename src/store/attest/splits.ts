/** Stores split views of the log that were observed on other operators. */
import type { SplitStore, SplitView } from "../../attest/ports.ts";
import { fromBase64, toBase64 } from "../../core/bytes.ts";
import { Store } from "../sql/store.ts";

/** The first split views are sufficient evidence, and a malicious operator could produce any number. */
const MAX_STORED = 1_000;

export class SqlSplits extends Store implements SplitStore {
  async keep({ size, root, ownRoot, note, proof, observedAt }: SplitView): Promise<boolean> {
    return await this.writeAsLeader(async (tx) => {
      const { count } = await tx
        .selectFrom("split_view")
        .select(({ fn }) => fn.countAll<number>().as("count"))
        .executeTakeFirstOrThrow();
      if (count >= MAX_STORED) return false;
      const hashes = proof.map(toBase64).join(" ");
      const { numInsertedOrUpdatedRows } = await tx
        .insertInto("split_view")
        .values({ size, root, own_root: ownRoot, note, proof: hashes, observed_at: observedAt })
        .onConflict((conflict) => conflict.columns(["size", "root"]).doNothing())
        .executeTakeFirst();
      return Number(numInsertedOrUpdatedRows ?? 0) === 1;
    });
  }

  async newest(limit: number): Promise<readonly SplitView[]> {
    const newest = this.db.selectFrom("split_view").selectAll().orderBy("position", "desc").limit(limit);
    return (await newest.execute()).map(({ size, root, own_root, note, proof, observed_at }) => ({
      size,
      root,
      ownRoot: own_root,
      note,
      proof: proof.split(" ").flatMap((hash) => (hash === "" ? [] : (fromBase64(hash) ?? []))),
      observedAt: observed_at,
    }));
  }
}
