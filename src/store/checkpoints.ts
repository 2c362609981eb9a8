import type { Selectable } from "kysely";
import type { CheckpointStore, KeptCheckpoint } from "../attest/ports.ts";
import type { TreeSize } from "../core/units.ts";
import { parseCheckpoint } from "../log/checkpoint.ts";
import { parseNote } from "../log/note.ts";
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
    return found(await newest.executeTakeFirst());
  }

  async at(size: TreeSize): Promise<KeptCheckpoint | undefined> {
    const one = this.#db.selectFrom("checkpoint").selectAll().where("size", "=", size);
    return found(await one.executeTakeFirst());
  }

  async keep(note: string): Promise<KeptCheckpoint> {
    const { size } = kept(note);
    return await writing(this.#db, async (tx) => {
      await this.#fence?.hold(tx);
      const { note: stored } = await tx
        .insertInto("checkpoint")
        .values({ size, note })
        .onConflict((conflict) => conflict.column("size").doUpdateSet({ size }))
        .returning("note")
        .executeTakeFirstOrThrow();
      return kept(stored);
    });
  }
}

function found(row: Selectable<Schema["checkpoint"]> | undefined): KeptCheckpoint | undefined {
  return row && kept(row.note);
}

function kept(note: string): KeptCheckpoint {
  const { size, root } = parseCheckpoint(parseNote(note).text);
  return { size, root, note };
}
