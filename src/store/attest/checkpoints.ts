/** Stores the checkpoints that this operator has signed, with their cosignatures. */
import type { Selectable } from "kysely";
import type { CheckpointStore, SignedCheckpoint } from "../../attest/ports.ts";
import type { EntryIndex, TreeSize } from "../../core/units.ts";
import { AppError } from "../../core/errors.ts";
import { parseCheckpoint, withCosignatures } from "../../log/checkpoint.ts";
import { formatNote, parseNote, type Note } from "../../log/note.ts";
import type { Database } from "../sql/database.ts";
import type { Schema } from "../sql/schema.ts";
import { Store } from "../sql/store.ts";
import { writingSerially, type Transaction } from "../sql/transaction.ts";

export class SqlCheckpoints extends Store implements CheckpointStore {
  async latest(): Promise<SignedCheckpoint | undefined> {
    return parseRow(await newestOf(this.db).executeTakeFirst());
  }

  async at(size: TreeSize): Promise<SignedCheckpoint | undefined> {
    const one = this.db.selectFrom("checkpoint").selectAll().where("size", "=", size);
    return parseRow(await one.executeTakeFirst());
  }

  async sizes({ after, limit }: { after: TreeSize; limit: number }): Promise<TreeSize[]> {
    const above = this.db.selectFrom("checkpoint").select("size").where("size", ">", after);
    return (await above.orderBy("size").limit(limit).execute()).map(({ size }) => size);
  }

  async advance(sign: (last: SignedCheckpoint | undefined) => string): Promise<SignedCheckpoint> {
    return await this.writeAsLeader(async (tx) => {
      const last = parseRow(await newestOf(tx).executeTakeFirst());
      const signed = parse(sign(last));
      if (last === undefined || signed.size > last.size) {
        await tx.insertInto("checkpoint").values({ size: signed.size, note: signed.note }).execute();
        return signed;
      }
      const [before, { text, signatures }] = [parseNote(last.note), parseNote(signed.note)];
      if (before.text !== text) throw conflict(signed.size, last.size);
      return await replace(tx, last, formatNote(withCosignatures(before, signatures)));
    }, writingSerially);
  }

  async addSignatures(note: Note, { witnessed }: { witnessed: boolean }): Promise<void> {
    const { size } = parseCheckpoint(note.text);
    await this.writeAsLeader(async (tx) => {
      const one = tx.selectFrom("checkpoint").selectAll().where("size", "=", size);
      const stored = parseRow(await one.executeTakeFirst());
      if (stored === undefined || parseNote(stored.note).text !== note.text) return;
      await replace(tx, stored, formatNote(withCosignatures(parseNote(stored.note), note.signatures)));
      if (!witnessed) return;
      await tx.updateTable("checkpoint").set({ witnessed: 1 }).where("size", "=", size).execute();
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

function newestOf(db: Database) {
  return db.selectFrom("checkpoint").selectAll().orderBy("size", "desc").limit(1);
}

async function replace(tx: Transaction, before: SignedCheckpoint, note: string): Promise<SignedCheckpoint> {
  if (note !== before.note)
    await tx.updateTable("checkpoint").set({ note }).where("size", "=", before.size).execute();
  return { ...before, note };
}

function conflict(size: TreeSize, last: TreeSize): AppError {
  const detail = `a checkpoint of size ${last} is signed; one of size ${size} is not it`;
  return new AppError("CHECKPOINT_CONFLICT", { detail, size: last });
}

function parseRow(row: Selectable<Schema["checkpoint"]> | undefined): SignedCheckpoint | undefined {
  return row && parse(row.note);
}

function parse(note: string): SignedCheckpoint {
  const { size, root } = parseCheckpoint(parseNote(note).text);
  return { size, root, note };
}
