/** Implements the audit's source of entries on the index. */
import { sql } from "kysely";
import type {
  EntryFilter,
  EntryPage,
  EntryQuery,
  EntryRecord,
  EntrySource,
  LogState,
} from "../../audit/ports.ts";
import type { Directory } from "../../core/act.ts";
import type { Scene } from "../../core/directory.ts";
import { STATUS_AFTER, type DocumentStatus } from "../../core/document-status.ts";
import { ACTIONS, ENTRY_KINDS, decodeEntry, decodeStatus, isAction, slugOf } from "../../core/entry.ts";
import type { EntryIndex } from "../../core/units.ts";
import type { Database } from "../sql/database.ts";
import { readDoubt, readTrusted } from "./doubt.ts";
import { readDirectory } from "./directory-view.ts";
import { readInstitutions, readScenes } from "./directory.ts";
import { readFinalBlock, readHead } from "./index-store.ts";
import { anchorsUnder, documentReferences, referencesOf } from "../outbox/outbox-rows.ts";
import { Store } from "../sql/store.ts";

/** The action that set a document's current status; for the sign before idx see outbox-rows.ts. */
export const lastAction = sql<
  number | null
>`(select s.action from entry s where s.subject = entry.idx order by +s.idx desc limit 1)`;

export class SqlEntrySource extends Store implements EntrySource {
  async state(): Promise<LogState> {
    return await this.readSnapshot(async (tx) => ({
      head: await readHead(tx),
      doubt: await readDoubt(tx),
    }));
  }

  async list({ filter, after, limit }: EntryQuery): Promise<EntryPage> {
    return await readTrusted(this.db, async (tx) => {
      const rows = await filtered(selectRows(tx), filter)
        .where("entry.idx", ">", after ?? -1)
        .orderBy("entry.idx")
        .limit(limit)
        .execute();
      return { records: await toRecords(tx, rows), head: await readHead(tx) };
    });
  }

  async get(index: EntryIndex): Promise<EntryRecord | undefined> {
    return await readTrusted(this.db, async (tx) => {
      const rows = await selectRows(tx).where("entry.idx", "=", index).execute();
      return (await toRecords(tx, rows))[0];
    });
  }

  async directory(): Promise<Directory> {
    return await readDirectory(this.db);
  }

  async scenes(): Promise<Scene[]> {
    return await readScenes(this.db);
  }
}

type Rows = ReturnType<typeof selectRows>;
type Row = Awaited<ReturnType<Rows["execute"]>>[number];

/** Entries with their references from the outbox, joined by payload: see outbox-rows.ts. */
function selectRows(db: Database) {
  return db
    .selectFrom("entry")
    .leftJoin("anchor", (join) =>
      join
        .onRef("anchor.payload", "=", "entry.payload")
        .on("anchor.institution", "=", sql`+entry.institution`)
        .onRef("anchor.algorithm", "=", "entry.algorithm")
        .onRef("anchor.blinded", "=", "entry.blinded")
        .on("entry.kind", "=", ENTRY_KINDS.document),
    )
    .select(["entry.idx", "entry.bytes", "entry.block", "entry.transaction_hash"])
    .select(documentReferences.as("reference_lines"))
    .select(lastAction.as("last_action"));
}

function filtered(rows: Rows, { issuer, scene, status, reference, from, to }: EntryFilter): Rows {
  let query = rows;
  if (issuer !== undefined) query = query.where("entry.institution", "=", issuer);
  if (scene !== undefined) query = query.where("entry.scene", "=", scene);
  if (from !== undefined) query = query.where("entry.recorded_at", ">=", from);
  if (to !== undefined) query = query.where("entry.recorded_at", "<=", to);
  if (reference !== undefined) query = underReference(query, reference);
  return status === undefined ? query : inStatus(query, status);
}

/** Found by their payloads, which are few. */
function underReference(rows: Rows, reference: string): Rows {
  const anchors = anchorsUnder([reference]);
  return rows
    .where("entry.kind", "=", ENTRY_KINDS.document)
    .where("anchor.id", "in", anchors)
    .where("entry.payload", "in", (eb) =>
      eb.selectFrom("anchor as named").select("named.payload").where("named.id", "in", anchors),
    );
}

function inStatus(query: Rows, status: DocumentStatus): Rows {
  const actions = Object.keys(STATUS_AFTER)
    .filter(isAction)
    .filter((action) => STATUS_AFTER[action] === status)
    .map((action) => ACTIONS[action]);
  const documents = query.where("entry.kind", "=", ENTRY_KINDS.document);
  if (status !== "active") {
    // limits the search to documents that ever had such a change, which are few
    return documents
      .where(lastAction, "in", actions)
      .where("entry.idx", "in", (eb) =>
        eb
          .selectFrom("entry as change")
          .select("change.subject")
          .where("change.action", "in", actions)
          .where("change.subject", "is not", null)
          .$narrowType<{ subject: number }>(),
      );
  }
  return documents.where((eb) => eb.or([eb(lastAction, "is", null), eb(lastAction, "in", actions)]));
}

async function toRecords(db: Database, rows: readonly Row[]): Promise<EntryRecord[]> {
  if (rows.length === 0) return [];
  const final = await readFinalBlock(db);
  const institutions = new Map(
    (await readInstitutions(db)).map((institution) => [institution.id, institution]),
  );
  const scenes = new Map((await readScenes(db)).map((scene) => [scene.id, scene]));
  return rows.map((row) => {
    const entry = decodeEntry(row.bytes);
    return {
      index: row.idx,
      entry,
      bytes: row.bytes,
      block: row.block,
      transaction: row.transaction_hash,
      final: row.block <= final,
      institution: institutions.get(entry.institution),
      scene: scenes.get(entry.scene),
      status: entry.kind === "document" ? statusAfter(row.last_action) : undefined,
      change: entry.kind === "status" ? decodeStatus(entry.payload) : undefined,
      references: referencesOf(row.reference_lines),
    };
  });
}

function statusAfter(action: number | null): DocumentStatus {
  return action === null ? "active" : STATUS_AFTER[slugOf(ACTIONS, action, "action")];
}
