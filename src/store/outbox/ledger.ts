/** Stores the transactions that were signed here, and their attempts. */
import { expressionBuilder, type Expression, type SqlBool } from "kysely";
import type { Items, Ledger, OpenTransaction, SignedTransaction } from "../../anchor/ports.ts";
import { toHex } from "../../core/bytes.ts";
import type { Address, Hash } from "../../core/units.ts";
import type { Database } from "../sql/database.ts";
import { readFinalBlock } from "../index/index-store.ts";
import type { Schema } from "../sql/schema.ts";
import { Store } from "../sql/store.ts";
import type { Transaction } from "../sql/transaction.ts";

/** Values in one `in (…)`. */
const VALUES = 1_000;

/** All writes are the leader's. */
export class SqlLedger extends Store implements Ledger {
  async open(signer: Address): Promise<OpenTransaction[]> {
    const rows = await this.db
      .selectFrom("chain_transaction")
      .innerJoin("chain_attempt", "chain_attempt.transaction_hash", "chain_transaction.hash")
      .select(["chain_transaction.hash as id", "nonce", "carries", "chain_attempt.hash", "raw", "gas_price"])
      .where("signer", "=", signer)
      .where("state", "=", "open")
      .where((eb) => eb.not(isRecorded()))
      .orderBy("nonce")
      .orderBy("attempt")
      .execute();
    const byId = Map.groupBy(rows, ({ id }) => toHex(id));
    return [...byId.values()].flatMap((attempts) => {
      const [first] = attempts;
      if (first === undefined) return [];
      const { id, nonce, carries } = first;
      return [
        {
          id,
          signer,
          nonce,
          carries: carries !== 0,
          attempts: attempts.map(({ hash, raw, gas_price }) => {
            return { hash, signer, nonce, raw, gasPrice: BigInt(gas_price) };
          }),
        },
      ];
    });
  }

  async openSigners(): Promise<Address[]> {
    const rows = await this.db
      .selectFrom("chain_transaction")
      .select("signer")
      .distinct()
      .where("state", "=", "open")
      .orderBy("signer")
      .execute();
    return rows.map(({ signer }) => signer as Address);
  }

  async nextNonce(signer: Address): Promise<number> {
    return await nextNonce(this.db, signer);
  }

  async record(transaction: SignedTransaction, items: Items): Promise<void> {
    await this.writeAsLeader(async (tx) => {
      const { hash, signer, nonce } = transaction;
      const carries = items.anchors.length + items.statuses.length > 0 ? 1 : 0;
      await tx
        .insertInto("chain_transaction")
        .values({ hash, signer, nonce, carries, state: "open" })
        .execute();
      await insertAttempt(tx, { id: hash, attempt: 0 }, transaction);
      await setItems(tx, items, { transaction_hash: hash });
    });
  }

  async recordAttempt(id: Hash, signed: SignedTransaction): Promise<void> {
    await this.writeAsLeader(async (tx) => {
      const { count } = await tx
        .selectFrom("chain_attempt")
        .select(({ fn }) => fn.countAll<number>().as("count"))
        .where("transaction_hash", "=", id)
        .executeTakeFirstOrThrow();
      await insertAttempt(tx, { id, attempt: count }, signed);
    });
  }

  async closeFinal(): Promise<number> {
    return await this.writeAsLeader(async (tx) => {
      const final = await readFinalBlock(tx);
      const { numUpdatedRows } = await tx
        .updateTable("chain_transaction")
        .set({ state: "final" })
        .where("state", "=", "open")
        .where(isRecorded(final)) // guard: F33 final records
        .executeTakeFirst();
      return Number(numUpdatedRows);
    });
  }

  async close(id: Hash): Promise<void> {
    await this.writeAsLeader((tx) => setState(tx, id, "final"));
  }

  async release(id: Hash): Promise<void> {
    await this.writeAsLeader(async (tx) => {
      await setState(tx, id, "given-up");
      for (const table of ["anchor", "status_request"] as const) {
        await tx
          .updateTable(table)
          .set({ transaction_hash: null })
          .where("transaction_hash", "=", id)
          .execute();
      }
    });
  }

  async reopen(signer: Address, nonce: number): Promise<number[]> {
    return await this.writeAsLeader(async (tx) => {
      const later = tx
        .selectFrom("chain_transaction")
        .select("nonce")
        .where("signer", "=", signer)
        .where("nonce", ">=", nonce)
        .where("state", "in", ["open", "final"]);
      const rows = await later.execute();
      await tx
        .updateTable("chain_transaction")
        .set({ state: "open" })
        .where("signer", "=", signer)
        .where("nonce", ">=", nonce)
        .where("state", "=", "final")
        .where((eb) => eb.not(isRecorded()))
        .execute();
      const held = new Set(rows.map((row) => row.nonce));
      const end = await nextNonce(tx, signer);
      return Array.from({ length: Math.max(0, end - nonce) }, (_, i) => nonce + i).filter(
        (n) => !held.has(n),
      );
    });
  }
}

async function insertAttempt(
  tx: Transaction,
  { id, attempt }: { id: Hash; attempt: number },
  { hash, raw, gasPrice }: SignedTransaction,
): Promise<void> {
  await tx
    .insertInto("chain_attempt")
    .values({ hash, transaction_hash: id, attempt, raw, gas_price: gasPrice.toString() })
    .execute();
}

async function setState(tx: Transaction, id: Hash, state: "open" | "final" | "given-up"): Promise<void> {
  await tx.updateTable("chain_transaction").set({ state }).where("hash", "=", id).execute();
}

/** Whether the index has an entry of one of the attempts of a transaction, up to a block. */
export function isRecorded(block: number = Number.MAX_SAFE_INTEGER): Expression<SqlBool> {
  const eb = expressionBuilder<Schema, "chain_transaction">();
  return eb.exists(
    eb
      .selectFrom("chain_attempt as made")
      .innerJoin("entry", "entry.transaction_hash", "made.hash")
      .select("entry.idx")
      .whereRef("made.transaction_hash", "=", "chain_transaction.hash")
      .where("entry.block", "<=", block),
  );
}

async function nextNonce(db: Database, signer: Address): Promise<number> {
  const row = await db
    .selectFrom("chain_transaction")
    .select(({ fn }) => fn.max("nonce").as("last"))
    .where("signer", "=", signer)
    .executeTakeFirst();
  return typeof row?.last === "number" ? row.last + 1 : 0;
}

/** Changes items in chunks. */
export async function setItems(
  tx: Transaction,
  { anchors, statuses }: Items,
  change: { transaction_hash: Hash } | { error: string },
): Promise<void> {
  for (const ids of chunks(anchors))
    await tx.updateTable("anchor").set(change).where("id", "in", ids).execute();
  for (const ids of chunks(statuses)) {
    await tx.updateTable("status_request").set(change).where("id", "in", ids).execute();
  }
}

export function chunks<T>(items: readonly T[]): T[][] {
  const parts: T[][] = [];
  for (let i = 0; i < items.length; i += VALUES) parts.push(items.slice(i, i + VALUES));
  return parts;
}
