/** Stores the last tree head that this operator has cosigned for each key of another log. */
import type { TreeHead, WitnessStore } from "../../attest/ports.ts";
import { Store } from "../sql/store.ts";
import { writingSerially } from "../sql/transaction.ts";

export class SqlWitnessedLogs extends Store implements WitnessStore {
  async advance(key: Uint8Array, check: (last: TreeHead | undefined) => TreeHead): Promise<void> {
    await this.writeAsLeader(async (tx) => {
      const last = await tx
        .selectFrom("witnessed_log")
        .select(["size", "root"])
        .where("public_key", "=", key)
        .executeTakeFirst();
      const { size, root } = check(last);
      await tx
        .insertInto("witnessed_log")
        .values({ public_key: key, size, root })
        .onConflict((conflict) => conflict.column("public_key").doUpdateSet({ size, root }))
        .execute();
    }, writingSerially);
  }
}
