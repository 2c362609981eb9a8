/** Stores the checkpoints that this operator has signed, with their cosignatures. */
import type { Selectable } from "kysely";
import type { CheckpointStore, SignedCheckpoint } from "../../attest/ports.ts";
import type { EntryIndex, TreeSize } from "../../core/units.ts";
import { parseCheckpoint } from "../../log/checkpoint.ts";
import { formatNote, parseNote, withSignatures, type NoteSignature } from "../../log/note.ts";
import type { Schema } from "../sql/schema.ts";
import { Store } from "../sql/store.ts";
import { writingSerially } from "../sql/transaction.ts";

export class SqlCheckpoints extends Store implements CheckpointStore {
  async latest(): Promise<SignedCheckpoint | undefined> {
    const newest = this.db.selectFrom("checkpoint").selectAll().orderBy("size", "desc").limit(1);
    return parseRow(await newest.executeTakeFirst());
  }

  async at(size: TreeSize): Promise<SignedCheckpoint | undefined> {
    const one = this.db.selectFrom("checkpoint").selectAll().where("size", "=", size);
    return parseRow(await one.executeTakeFirst());
  }

  async sizes({ after, limit }: { after: TreeSize; limit: number }): Promise<TreeSize[]> {
    const above = this.db.selectFrom("checkpoint").select("size").where("size", ">", after);
    return (await above.orderBy("size").limit(limit).execute()).map(({ size }) => size);
  }

  async keep(note: string): Promise<SignedCheckpoint> {
    const { size } = parse(note);
    return await this.writeAsLeader(async (tx) => {
      const { note: stored } = await tx
        .insertInto("checkpoint")
        .values({ size, note })
        .onConflict((conflict) => conflict.column("size").doUpdateSet({ size }))
        .returning("note")
        .executeTakeFirstOrThrow();
      return parse(stored);
    });
  }

  async addCosignatures(size: TreeSize, cosignatures: readonly NoteSignature[]): Promise<void> {
    await this.writeAsLeader(async (tx) => {
      const { note } = await tx
        .selectFrom("checkpoint")
        .select("note")
        .where("size", "=", size)
        .executeTakeFirstOrThrow();
      const cosigned = formatNote(withSignatures(parseNote(note), cosignatures));
      await tx
        .updateTable("checkpoint")
        .set({ note: cosigned, witnessed: 1 })
        .where("size", "=", size)
        .execute();
    }, writingSerially);
  }

  async covering(index: EntryIndex): Promise<SignedCheckpoint | undefined> {
    const best = this.db
      .selectFrom("checkpoint")
      .selectAll()
      .where("size", ">", index)
      .orderBy("witnessed", "desc")
      .orderBy("size", "desc")
      .limit(1);
    return parseRow(await best.executeTakeFirst());
  }
}

function parseRow(row: Selectable<Schema["checkpoint"]> | undefined): SignedCheckpoint | undefined {
  return row && parse(row.note);
}

function parse(note: string): SignedCheckpoint {
  const { size, root } = parseCheckpoint(parseNote(note).text);
  return { size, root, note };
}
