/** Stores the entries, tree nodes, blocks and cursor that the indexer reads from the chain. */
import { sql, type Insertable } from "kysely";
import type { Doubt } from "../../core/doubt.ts";
import { ALGORITHMS } from "../../core/digest.ts";
import { ACTIONS, ENTRY_KINDS, decodeStatus, type Entry } from "../../core/entry.ts";
import type { IndexHead } from "../../core/head.ts";
import type { Address, Hash, TreeSize } from "../../core/units.ts";
import type {
  Batch,
  BlockHeader,
  BlockId,
  ChainIdentity,
  Cursor,
  IndexedEntry,
  IndexStore,
} from "../../indexer/ports.ts";
import { EMPTY_ROOT } from "../../log/hash.ts";
import { foldSubtrees, frontierOf } from "../../log/tree.ts";
import type { Database } from "../sql/database.ts";
import { eraseDoubt, readDoubt, writeDoubt } from "./doubt.ts";
import { appendChanges, rewindDirectory } from "./directory.ts";
import { readNodes } from "./nodes.ts";
import type { Schema } from "../sql/schema.ts";
import { Store } from "../sql/store.ts";
import type { Transaction } from "../sql/transaction.ts";

/** Rows in one insert; SQLite takes 32,766 parameters in one statement. */
const ROWS = 1_000;
const PAGE = 1_000;

/**
 * All writes are the leader's. A commit of unknown outcome is safe: the next step begins with the stored cursor.
 */
export class SqlIndexStore extends Store implements IndexStore {
  async identity(): Promise<ChainIdentity | undefined> {
    const row = await this.db.selectFrom("chain_identity").selectAll().executeTakeFirst();
    if (row === undefined) return undefined;
    const { chain_id, genesis_hash, registry, code_hash } = row;
    return {
      chainId: chain_id,
      genesisHash: genesis_hash,
      registry: registry as Address,
      codeHash: code_hash,
    };
  }

  async setIdentity({ chainId, genesisHash, registry, codeHash }: ChainIdentity): Promise<void> {
    const row = { chain_id: chainId, genesis_hash: genesisHash, registry, code_hash: codeHash };
    await this.writeAsLeader(async (tx) => {
      await tx
        .insertInto("chain_identity")
        .values({ id: 1, ...row })
        .execute();
    });
  }

  async cursor(): Promise<Cursor> {
    return await readCursor(this.db);
  }

  async frontier(size: TreeSize): Promise<Hash[]> {
    const nodes = frontierOf(size);
    return nodes.map(await readNodes(this.db, nodes));
  }

  async append({ entries, nodes, blocks, directory, cursor }: Batch): Promise<void> {
    await this.writeAsLeader(async (tx) => {
      await insertAll(tx, "entry", entries.map(entryRow));
      await insertAll(
        tx,
        "node",
        nodes.map(({ level, index, hash }) => ({ level, idx: index, hash })),
      );
      await writeBlocks(tx, blocks);
      await appendChanges(tx, directory);
      await writeCursor(tx, cursor);
    });
  }

  async *blocksDown(from: number): AsyncIterable<BlockId> {
    for (let below = from + 1; ;) {
      const page = await this.db
        .selectFrom("block")
        .select(["number", "hash"])
        .where("number", "<", below)
        .orderBy("number", "desc")
        .limit(PAGE)
        .execute();
      yield* page;
      const last = page.at(-1);
      if (last === undefined) return;
      below = last.number;
    }
  }

  async rewindTo(block: BlockHeader | undefined): Promise<void> {
    await this.writeAsLeader(async (tx) => {
      const number = block?.number ?? -1;
      const size = await sizeAt(tx, number);
      await rewindDirectory(tx, size);
      await tx.deleteFrom("entry").where("idx", ">=", size).execute();
      await tx.deleteFrom("block").where("number", ">", number).execute();
      // only subtrees with all of their leaves are complete
      await tx
        .deleteFrom("node")
        .where(sql<boolean>`((idx + 1) << cast(level as integer)) > ${size}`)
        .execute();
      const frontier = frontierOf(size);
      const root = foldSubtrees(frontier.map(await readNodes(tx, frontier)));
      await writeCursor(tx, { block, size, root });
    });
  }

  async doubt(): Promise<Doubt | undefined> {
    return await readDoubt(this.db);
  }

  async raiseDoubt(doubt: Doubt): Promise<void> {
    await writeDoubt(this.db, doubt);
  }

  async liftDoubt(code: Doubt["code"]): Promise<void> {
    await this.writeAsLeader((tx) => eraseDoubt(tx, code));
  }

  async setSynced({ final, syncedAt }: { final: BlockHeader | undefined; syncedAt: number }): Promise<void> {
    const row = {
      final_block: final?.number ?? null,
      final_hash: final?.hash ?? null,
      final_time: final?.time ?? null,
    };
    await this.writeAsLeader(async (tx) => {
      await tx
        .updateTable("cursor")
        .set({ ...row, synced_at: syncedAt })
        .execute();
    });
  }

  async *allEntryBytes(): AsyncIterable<Uint8Array> {
    for (let from = 0; ; from += PAGE) {
      const page = await this.db
        .selectFrom("entry")
        .select("bytes")
        .where("idx", ">=", from)
        .where("idx", "<", from + PAGE)
        .orderBy("idx")
        .execute();
      for (const { bytes } of page) yield bytes;
      if (page.length < PAGE) return;
    }
  }
}

/** The stored cursor, or that of an empty index. */
export async function readCursor(db: Database): Promise<Cursor> {
  const row = await db.selectFrom("cursor").selectAll().executeTakeFirst();
  return {
    block: header(row?.block, row?.block_hash, row?.block_time),
    size: row?.size ?? 0,
    root: row?.root ?? EMPTY_ROOT,
    final: header(row?.final_block, row?.final_hash, row?.final_time),
    syncedAt: row?.synced_at ?? 0,
  };
}

/** The state of the index for answers; undefined while nothing was read. */
export async function readHead(db: Database): Promise<IndexHead | undefined> {
  const { block, size, root, final, syncedAt } = await readCursor(db);
  return block === undefined ? undefined : { size, root, block, final, syncedAt };
}

/** Number of the final block; -1 = none. */
export async function readFinalBlock(db: Database): Promise<number> {
  return (await readCursor(db)).final?.number ?? -1;
}

/** The number of final entries, which no reorg removes. */
export async function readFinalSize(db: Database): Promise<TreeSize> {
  return await sizeAt(db, await readFinalBlock(db));
}

function header(
  number?: number | null,
  hash?: Uint8Array | null,
  time?: number | null,
): BlockHeader | undefined {
  if (typeof number !== "number" || hash === undefined || hash === null) return undefined;
  return { number, hash, time: time ?? 0 };
}

async function writeCursor(
  tx: Transaction,
  { block, size, root }: { block: BlockHeader | undefined; size: TreeSize; root: Hash },
): Promise<void> {
  const row = {
    block: block?.number ?? null,
    block_hash: block?.hash ?? null,
    block_time: block?.time ?? null,
    size,
    root,
  };
  await tx
    .insertInto("cursor")
    .values({ id: 1, ...row, synced_at: 0 })
    .onConflict((conflict) => conflict.column("id").doUpdateSet(row))
    .execute();
}

/** Entries in the log at the end of a block. */
export async function sizeAt(db: Database, number: number): Promise<TreeSize> {
  const row = await db
    .selectFrom("block")
    .select("size")
    .where("number", "<=", number)
    .orderBy("number", "desc")
    .executeTakeFirst();
  return row?.size ?? 0;
}

/** The size of a known block grows where a node had omitted its last logs. */
async function writeBlocks(tx: Transaction, blocks: Batch["blocks"]): Promise<void> {
  for (let i = 0; i < blocks.length; i += ROWS) {
    await tx
      .insertInto("block")
      .values(blocks.slice(i, i + ROWS))
      .onConflict((conflict) =>
        conflict.column("number").doUpdateSet((eb) => ({ size: eb.ref("excluded.size") })),
      )
      .execute();
  }
}

async function insertAll<T extends "entry" | "node">(
  tx: Transaction,
  table: T,
  rows: readonly Insertable<Schema[T]>[],
): Promise<void> {
  for (let i = 0; i < rows.length; i += ROWS) {
    await tx
      .insertInto(table)
      .values(rows.slice(i, i + ROWS))
      .execute();
  }
}

function entryRow({ index, entry, bytes, block, transaction }: IndexedEntry): Insertable<Schema["entry"]> {
  return {
    idx: index,
    bytes,
    ...derivedColumns(entry),
    block,
    transaction_hash: transaction,
  };
}

/** The search columns, which derive from the bytes of an entry. */
export function derivedColumns(entry: Entry) {
  const change = entry.kind === "status" ? decodeStatus(entry.payload) : undefined;
  return {
    kind: ENTRY_KINDS[entry.kind],
    algorithm: entry.algorithm === undefined ? 0 : ALGORITHMS[entry.algorithm],
    blinded: entry.blinded ? 1 : 0,
    institution: entry.institution,
    scene: entry.scene,
    recorded_at: entry.recordedAt,
    payload: entry.payload,
    subject: change?.document ?? null,
    action: change === undefined ? null : ACTIONS[change.action],
  };
}
