import type { Selectable } from "kysely";
import type { CheckpointStore, KeptCheckpoint } from "../attest/ports.ts";
import type { TreeSize } from "../core/units.ts";
import type { Database } from "./database.ts";
import type { Fence } from "./leadership.ts";
import type { Schema } from "./schema.ts";
import { writing } from "./transaction.ts";

export class SqlCheckpoints implements CheckpointStore {
  readonly #db: Database;
  readonly #fence: Fence | undefined;

  /** @param fence where processes share the database: of the one that signs */
  constructor(db: Database, fence?: Fence) {
    this.#db = db;
    this.#fence = fence;
  }

  async latest(): Promise<KeptCheckpoint | undefined> {
    const newest = this.#db.selectFrom("checkpoint").selectAll().orderBy("size", "desc").limit(1);
    return kept(await newest.executeTakeFirst());
  }

  async at(size: TreeSize): Promise<KeptCheckpoint | undefined> {
    const one = this.#db.selectFrom("checkpoint").selectAll().where("size", "=", size);
    return kept(await one.executeTakeFirst());
  }

  async keep({ size, root, note, signedAt }: KeptCheckpoint): Promise<void> {
    await writing(this.#db, async (tx) => {
      await this.#fence?.hold(tx);
      await tx
        .insertInto("checkpoint")
        .values({ size, root, note, signed_at: signedAt })
        .onConflict((conflict) => conflict.column("size").doNothing())
        .execute();
    });
  }
}

function kept(row: Selectable<Schema["checkpoint"]> | undefined): KeptCheckpoint | undefined {
  return row && { size: row.size, root: row.root, note: row.note, signedAt: row.signed_at };
}
