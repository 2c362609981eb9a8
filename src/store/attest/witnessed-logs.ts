import type { TreeHead, WitnessStore } from "../../attest/ports.ts";
import type { Database } from "../sql/database.ts";
import type { Fence } from "../sql/leadership.ts";
import { writingSerially } from "../sql/transaction.ts";

export class SqlWitnessedLogs implements WitnessStore {
  readonly #db: Database;
  readonly #fence: Fence | undefined;

  /** @param fence where processes share the database: of the one that cosigns */
  constructor(db: Database, fence?: Fence) {
    this.#db = db;
    this.#fence = fence;
  }

  async advance(key: Uint8Array, check: (last: TreeHead | undefined) => TreeHead): Promise<void> {
    await writingSerially(this.#db, async (tx) => {
      await this.#fence?.hold(tx);
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
    });
  }
}
