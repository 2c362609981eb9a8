/** Checks the stored index against itself: bytes, columns, nodes, blocks and directory. */
import { equalBytes } from "../../core/bytes.ts";
import { ENTRY_KINDS, decodeEntry } from "../../core/entry.ts";
import { AppError, isAppError } from "../../core/errors.ts";
import type { EntryIndex, Hash } from "../../core/units.ts";
import type { DirectoryChange } from "../../indexer/ports.ts";
import type { ScrubbedIndex } from "../../indexer/scrub.ts";
import { isEventOf } from "../../log/directory.ts";
import { hashLeaf, hashNode } from "../../log/hash.ts";
import { foldSubtrees, frontierOf } from "../../log/tree.ts";
import { openDatabase, type Database } from "../sql/database.ts";
import { DIRECTORY_TABLES, applyChanges, decodeChange, encodeChange } from "./directory.ts";
import { derivedColumns, readCursor } from "./index-store.ts";
import { readNodes } from "./nodes.ts";
import { tableLines } from "./state-hash.ts";
import { Store } from "../sql/store.ts";
import { writing } from "../sql/transaction.ts";

/** Entries checked in one transaction; a power of two, so that pages are whole subtrees. */
const PAGE = 1_024;

type EntryRow = Awaited<ReturnType<typeof readEntries>>[number];

/**
 * Checks page by page. Each page is checked against its own rows alone: leaves against the bytes, nodes against their
 * children, columns against the bytes they derive from. So pages need not be of one snapshot, and a reorg between two of
 * them is not a fault. Together they lead from every entry to the stored root.
 */
export class SqlScrubbedIndex extends Store implements ScrubbedIndex {
  readonly #decode: (event: Uint8Array) => object;

  /** @param decode the members of a change that its event determines */
  constructor(db: Database, decode: (event: Uint8Array) => object) {
    super(db);
    this.#decode = decode;
  }

  /** Checks everything. @throws AppError INDEX_MISMATCH */
  async checkAll(): Promise<void> {
    for (let next: EntryIndex | undefined = 0; next !== undefined;) next = await this.checkFrom(next);
  }

  async checkFrom(from: EntryIndex): Promise<EntryIndex | undefined> {
    return await this.readSnapshot(async (tx) => {
      const { size } = await readCursor(tx);
      const end = Math.max(from, Math.min(size, from + PAGE));
      const rows = await readEntries(tx, from, end);
      if (rows.length !== end - from) throw mismatch(`entries from ${from} to ${end - 1} are not all there`);
      rows.forEach((row) => checkColumns(row));
      await checkNodes(tx, rows, { from, end });
      await checkBlocks(tx, rows);
      if (end < size) return end;
      await checkTotals(tx);
      await checkDirectory(tx, this.#decode);
      return undefined;
    });
  }
}

async function readEntries(db: Database, from: EntryIndex, end: EntryIndex) {
  return await db
    .selectFrom("entry")
    .selectAll()
    .where("idx", ">=", from)
    .where("idx", "<", end)
    .orderBy("idx")
    .execute();
}

/** Requires that the search columns agree with the bytes. */
function checkColumns(row: EntryRow): void {
  for (const [column, value] of Object.entries(columnsOf(row))) {
    if (!same(row[column as keyof EntryRow], value))
      throw mismatch(`column ${column} of entry ${row.idx} is not what its bytes say`);
  }
}

function columnsOf({ idx, bytes }: EntryRow): object {
  try {
    return derivedColumns(decodeEntry(bytes));
  } catch (error) {
    if (isAppError(error, "ENTRY_MALFORMED"))
      throw mismatch(`entry ${idx} cannot be read: ${error.fields.detail}`);
    throw error;
  }
}

function same(a: unknown, b: unknown): boolean {
  return a instanceof Uint8Array && b instanceof Uint8Array ? equalBytes(a, b) : a === b;
}

/** Requires that every node that the page completes follows from its children, and every leaf from its entry. */
async function checkNodes(
  db: Database,
  rows: readonly EntryRow[],
  { from, end }: { from: EntryIndex; end: EntryIndex },
): Promise<void> {
  let below = new Map(rows.map(({ idx, bytes }) => [idx, hashLeaf(bytes)]));
  for (let level = 0; Math.floor(end / 2 ** level) > 0; level++) {
    const first = Math.floor(from / 2 ** level);
    const last = Math.floor(end / 2 ** level);
    if (last === first) return;
    const stored = await nodesBetween(db, level, first - (first % 2), last);
    for (let index = first; index < last; index++) {
      const expected = below.get(index);
      const found = stored.get(index);
      if (expected === undefined || found === undefined || !equalBytes(expected, found))
        throw mismatch(`node ${index} of level ${level} does not follow from what is beneath it`);
    }
    below = parentsOf(stored);
  }
}

async function nodesBetween(
  db: Database,
  level: number,
  from: number,
  end: number,
): Promise<Map<number, Hash>> {
  const nodes = await db
    .selectFrom("node")
    .select(["idx", "hash"])
    .where("level", "=", level)
    .where("idx", ">=", from)
    .where("idx", "<", end)
    .execute();
  return new Map(nodes.map(({ idx, hash }) => [idx, hash]));
}

function parentsOf(nodes: ReadonlyMap<number, Hash>): Map<number, Hash> {
  const parents = new Map<number, Hash>();
  for (const [index, left] of nodes) {
    const right = nodes.get(index + 1);
    if (index % 2 === 0 && right !== undefined) parents.set(index / 2, hashNode(left, right));
  }
  return parents;
}

/** Requires that each entry names the block in which the log grew beyond it. */
async function checkBlocks(db: Database, rows: readonly EntryRow[]): Promise<void> {
  const [first] = rows;
  if (first === undefined) return;
  const select = db.selectFrom("block").select(["number", "size"]);
  const before = await select.where("number", "<", first.block).orderBy("number", "desc").executeTakeFirst();
  const blocks = await select.where("number", ">=", first.block).orderBy("number").limit(PAGE).execute();
  if (before !== undefined && before.size > first.idx)
    throw mismatch(`entry ${first.idx} is not of block ${first.block}`);
  let at = 0;
  for (const { idx, block } of rows) {
    while ((blocks[at]?.size ?? Infinity) <= idx) at += 1;
    if (blocks[at]?.number !== block) throw mismatch(`entry ${idx} is not of block ${block}`);
  }
}

/** Requires that the stored root follows from the subtrees, and that no row lies outside of them. */
async function checkTotals(db: Database): Promise<void> {
  const { size, root, block } = await readCursor(db);
  const frontier = frontierOf(size);
  const found = foldSubtrees(frontier.map(await readNodes(db, frontier)));
  if (!equalBytes(found, root)) throw mismatch(`the stored root of size ${size} is not that of its subtrees`);
  let nodes = 0;
  for (let width = 1; width <= size; width *= 2) nodes += Math.floor(size / width);
  const counted = { entry: size, node: nodes };
  for (const table of ["entry", "node"] as const) {
    const { count } = await db
      .selectFrom(table)
      .select(({ fn }) => fn.countAll().as("count"))
      .executeTakeFirstOrThrow();
    if (Number(count) !== counted[table])
      throw mismatch(`there are ${count} rows of ${table} for a log of ${size}`);
  }
  const last = await db.selectFrom("block").selectAll().orderBy("number", "desc").executeTakeFirst();
  if ((last?.size ?? 0) !== size || (last?.number ?? -1) > (block?.number ?? -1))
    throw mismatch(`the last block with entries does not end at size ${size}`);
}

/** Requires that the directory's entries commit to the changes, and that its tables follow from the changes. */
async function checkDirectory(db: Database, decode: (event: Uint8Array) => object): Promise<void> {
  const entries = await db
    .selectFrom("entry")
    .leftJoin("directory_change", "directory_change.entry", "entry.idx")
    .select(["entry.idx", "entry.bytes", "entry.block", "entry.transaction_hash", "directory_change.body"])
    .where("entry.kind", "=", ENTRY_KINDS.directory)
    .orderBy("entry.idx")
    .execute();
  const changes = entries.map(({ idx, bytes, block, transaction_hash, body }) => {
    const change = readChange(idx, body);
    const entry = decodeEntry(bytes);
    const agrees =
      change.index === idx &&
      change.institution === entry.institution &&
      change.recordedAt === entry.recordedAt &&
      change.recordedBy === entry.recordedBy &&
      change.block.number === block &&
      same(change.transaction, transaction_hash) &&
      isEventOf(change.event, entry) &&
      encodeChange({ ...change, ...decode(change.event) }) === encodeChange(change);
    if (!agrees) throw mismatch(`the directory's change ${idx} is not what its entry commits to`);
    return change;
  });
  const stored = await tableLines(db, "directory_change");
  if (stored.length !== changes.length) throw mismatch("there are changes of the directory without an entry");
  await using scratch = await scratchDatabase();
  await writing(scratch.db, (tx) => applyChanges(tx, changes));
  for (const table of DIRECTORY_TABLES) {
    const [expected, found] = [await tableLines(scratch.db, table), await tableLines(db, table)];
    if (expected.join() !== found.join())
      throw mismatch(`the table ${table} does not follow from the directory's changes`);
  }
}

function readChange(index: EntryIndex, body: string | null): DirectoryChange {
  try {
    if (body !== null) return decodeChange(body);
  } catch {
    // treated like a missing body
  }
  throw mismatch(`the directory's change ${index} cannot be read`);
}

async function scratchDatabase(): Promise<AsyncDisposable & { db: Database }> {
  const db = await openDatabase(":memory:");
  return { db, [Symbol.asyncDispose]: () => db.destroy() };
}

function mismatch(detail: string): AppError {
  return new AppError("INDEX_MISMATCH", {
    detail: `${detail}; make the index anew with "hufu index rebuild"`,
  });
}
