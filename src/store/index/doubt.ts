/** Stores why the index may be wrong, and refuses reads while it may be. */
import { doubtError, isDoubtCode, isMoreSevere, type Doubt } from "../../core/doubt.ts";
import type { Database } from "../sql/database.ts";
import { reading, writing, type Work } from "../sql/transaction.ts";

export async function readDoubt(db: Database): Promise<Doubt | undefined> {
  const row = await db.selectFrom("index_doubt").selectAll().executeTakeFirst();
  if (row === undefined) return undefined;
  const { code, detail, since } = row;
  return { code: isDoubtCode(code) ? code : "INDEX_MISMATCH", detail, since };
}

/** Stores a doubt, unless one as grave is stored already. */
export async function writeDoubt(db: Database, { code, detail, since }: Doubt): Promise<void> {
  await writing(db, async (tx) => {
    if (!isMoreSevere({ code, detail, since }, await readDoubt(tx))) return;
    const row = { code, detail, since };
    await tx
      .insertInto("index_doubt")
      .values({ id: 1, ...row })
      .onConflict((conflict) => conflict.column("id").doUpdateSet(row))
      .execute();
  });
}

/** Deletes the doubt of this code, but not another that replaced it. */
export async function eraseDoubt(db: Database, code: Doubt["code"]): Promise<void> {
  await db.deleteFrom("index_doubt").where("code", "=", code).execute();
}

/** Reads one state of an index that is not in doubt. @throws AppError the doubt */
export async function readTrusted<T>(db: Database, work: Work<T>): Promise<T> {
  return await reading(db, async (tx) => {
    await refuseDoubtful(tx);
    return await work(tx);
  });
}

/** @throws AppError the doubt */
export async function refuseDoubtful(db: Database): Promise<void> {
  const doubt = await readDoubt(db);
  if (doubt !== undefined) throw doubtError(doubt);
}
