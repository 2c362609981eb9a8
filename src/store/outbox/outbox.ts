/** Stores the documents and status requests that were accepted, until they are recorded. */
import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import type {
  Anchor,
  NewAnchor,
  NewStatusRequest,
  Outbox,
  Pending,
  QueuedWork,
  StatusRequest,
  QueueResult,
} from "../../anchor/ports.ts";
import { ACTIONS, ENTRY_KINDS, REASONS, decodeEntry } from "../../core/entry.ts";
import { AppError } from "../../core/errors.ts";
import type { EntryIndex, Hash, InstitutionId } from "../../core/units.ts";
import { readFinalBlock } from "../index/index-store.ts";
import { SqlLedger, chunks, setItems } from "./ledger.ts";
import {
  anchorEntry,
  anchorRow,
  anchorsUnder,
  isApproved,
  keyOf,
  selectAnchors,
  selectStatuses,
  statusEntry,
  toAnchor,
  toStatus,
} from "./outbox-rows.ts";
import { writing, writingSerially, type Transaction } from "../sql/transaction.ts";

/**
 * Several processes accept documents at the same time; the sender's writes are the leader's. A commit of unknown outcome is
 * safe: accepted items are found again by their keys, the sender's records are read again before its next step, and
 * everything else follows from the chain.
 */
export class SqlOutbox extends SqlLedger implements Outbox {
  async enqueue(anchors: readonly NewAnchor[]): Promise<QueueResult[]> {
    return await writing(this.db, async (tx) => {
      const known = await knownAnchors(
        tx,
        anchors.map(({ payload }) => payload),
      );
      const withdrawn = await withdrawnDocuments(tx, [...known.values()]);
      const taken: QueueResult[] = [];
      for (const wanted of anchors) {
        const before = known.get(keyOf(wanted));
        if (before !== undefined && before.state !== "failed") {
          taken.push({ taken: comparison(wanted, before, withdrawn), anchor: before });
          continue;
        }
        const written = await insertAnchor(tx, wanted, before);
        const anchor = written ?? (await acceptedElsewhere(tx, wanted));
        known.set(keyOf(wanted), anchor);
        taken.push({ taken: written === undefined ? comparison(wanted, anchor, withdrawn) : "new", anchor });
      }
      await addReferences(tx, anchors, taken);
      return taken;
    });
  }

  async enqueueStatus(request: NewStatusRequest): Promise<StatusRequest> {
    return await writingSerially(this.db, async (tx) => {
      const { institution, document, successor, acceptedAt, by, awaits } = request;
      const action = ACTIONS[request.action];
      await refuseOverlap(tx, document, action);
      const row = {
        institution,
        document,
        action,
        reason: REASONS[request.reason],
        successor: successor ?? null,
        after_entry: await entryBefore(tx, document, action),
        accepted_at: acceptedAt,
        transaction_hash: null,
        error: null,
        asked_at: acceptedAt,
        asked_by: by?.id ?? null,
        asked_by_name: by?.name ?? null,
        approval: awaits === true ? ("awaiting" as const) : null,
        decided_at: null,
        decided_by: null,
        decided_by_name: null,
      };
      // a failed request may be made again; any other stays as it was first made
      await tx
        .insertInto("status_request")
        .values({ id: randomUUID(), ...row })
        .onConflict((conflict) =>
          conflict
            .columns(["document", "action", "after_entry"])
            .doUpdateSet(row)
            .where("status_request.error", "is not", null),
        )
        .execute();
      const stored = selectStatuses(tx)
        .where("status_request.document", "=", document)
        .where("status_request.action", "=", action)
        .where("status_request.after_entry", "=", row.after_entry);
      return toStatus(await stored.executeTakeFirstOrThrow(), await readFinalBlock(tx));
    });
  }

  async anchors(ids: readonly string[]): Promise<Anchor[]> {
    return await this.readSnapshot(async (tx) => {
      const final = await readFinalBlock(tx);
      const found = new Map<string, Anchor>();
      for (const some of chunks(ids)) {
        const rows = await selectAnchors(tx).where("anchor.id", "in", some).execute();
        for (const row of rows) found.set(row.id, toAnchor(row, final));
      }
      return ids.flatMap((id) => found.get(id) ?? []);
    });
  }

  async referenced(institution: InstitutionId, references: readonly string[]): Promise<Anchor[]> {
    return await this.readSnapshot(async (tx) => {
      const final = await readFinalBlock(tx);
      const found: Anchor[] = [];
      for (const some of chunks(references)) {
        const rows = await selectAnchors(tx)
          .where("anchor.institution", "=", institution)
          .where("anchor.id", "in", anchorsUnder(some))
          .where("anchor.error", "is", null)
          .orderBy("anchor.position")
          .execute();
        found.push(...rows.map((row) => toAnchor(row, final)));
      }
      const withdrawn = await withdrawnDocuments(tx, found);
      return found.filter(({ index }) => index === undefined || !withdrawn.has(index));
    });
  }

  async statusRequest(id: string): Promise<StatusRequest | undefined> {
    return await this.readSnapshot(async (tx) => {
      const row = await selectStatuses(tx).where("id", "=", id).executeTakeFirst();
      return row === undefined ? undefined : toStatus(row, await readFinalBlock(tx));
    });
  }

  async queued(institution: InstitutionId, limit: number): Promise<QueuedWork> {
    return await this.readSnapshot(async (tx) => {
      const final = await readFinalBlock(tx);
      const statuses = await selectStatuses(tx)
        .where("status_request.institution", "=", institution)
        .where("status_request.transaction_hash", "is", null)
        .where("status_request.error", "is", null)
        .where(statusEntry, "is", null)
        .where(isApproved)
        .orderBy("position")
        .limit(limit)
        .execute();
      const anchors = await selectAnchors(tx)
        .where("anchor.institution", "=", institution)
        .where("anchor.transaction_hash", "is", null)
        .where("anchor.error", "is", null)
        .where(anchorEntry, "is", null)
        .orderBy("anchor.position")
        .limit(limit)
        .execute();
      return {
        statuses: statuses.map((row) => toStatus(row, final)),
        anchors: anchors.map((row) => toAnchor(row, final)),
      };
    });
  }

  async waiting(): Promise<InstitutionId[]> {
    const found = new Set<InstitutionId>();
    for (const [table, entry, isSendable] of ITEM_TABLES) {
      const rows = await this.db
        .selectFrom(table)
        .select("institution")
        .distinct()
        .where("transaction_hash", "is", null)
        .where("error", "is", null)
        .where(isSendable)
        .where(entry, "is", null)
        .execute();
      for (const { institution } of rows) found.add(institution);
    }
    return [...found];
  }

  async fail(
    items: { anchors: readonly string[]; statuses: readonly string[] },
    reason: string,
  ): Promise<void> {
    await this.writeAsLeader((tx) => setItems(tx, items, { error: reason }));
  }

  async endDocuments(reason: string): Promise<number> {
    return await this.writeAsLeader(async (tx) => {
      const { numUpdatedRows } = await tx
        .updateTable("anchor")
        .set({ error: reason, error_code: "REGISTRY_SUCCEEDED" })
        .where("transaction_hash", "is", null)
        .where("error", "is", null)
        .where(anchorEntry, "is", null)
        .executeTakeFirst();
      return Number(numUpdatedRows);
    });
  }

  async pending(institution?: InstitutionId): Promise<Pending> {
    return await this.readSnapshot(async (tx) => {
      const parts = await pendingItems(tx, institution);
      const oldest = Math.min(...parts.map((part) => part.oldest ?? Infinity));
      const count = parts.reduce((sum, part) => sum + part.count, 0);
      return { count, oldestAcceptedAt: Number.isFinite(oldest) ? oldest : undefined };
    });
  }
}

/** Changes of one document's status are made one after the other: the effect of each depends on the last. */
async function refuseOverlap(tx: Transaction, document: EntryIndex, action: number): Promise<void> {
  const other = await tx
    .selectFrom("status_request")
    .select("id")
    .where("document", "=", document)
    .where("action", "<>", action)
    .where("error", "is", null)
    .where(statusEntry, "is", null)
    .executeTakeFirst();
  if (other === undefined) return;
  throw new AppError("STATUS_PENDING", {
    detail: `another change of entry ${document} is on its way; ask again once it is recorded`,
  });
}

/**
 * The status entry of a document that a request for `action` follows; -1 = none. Where the last entry has that action
 * already, it is the entry before, so that a repeated request has the same key.
 */
async function entryBefore(tx: Transaction, document: EntryIndex, action: number): Promise<number> {
  const last = await tx
    .selectFrom("entry")
    .select(["idx", "action"])
    .where("subject", "=", document)
    .orderBy(sql`+idx`, "desc")
    .limit(2)
    .execute();
  return last.find((entry) => entry.action !== action)?.idx ?? -1;
}

/** The documents of these payloads in the outbox, into which those that only the log has are copied first. */
async function knownAnchors(tx: Transaction, payloads: readonly Hash[]): Promise<Map<string, Anchor>> {
  const final = await readFinalBlock(tx);
  const known = new Map<string, Anchor>();
  for (const some of chunks(payloads)) {
    await adoptIndexed(tx, some);
    const rows = await selectAnchors(tx).where("anchor.payload", "in", some).execute();
    for (const row of rows) {
      const anchor = toAnchor(row, final);
      known.set(keyOf(anchor), anchor);
    }
  }
  return known;
}

/** Copies documents that were recorded elsewhere into the outbox, where they count as done. */
async function adoptIndexed(tx: Transaction, payloads: readonly Hash[]): Promise<void> {
  const rows = await tx
    .selectFrom("entry")
    .select("bytes")
    .where("kind", "=", ENTRY_KINDS.document)
    .where("payload", "in", payloads)
    .orderBy("idx")
    .execute();
  for (const { bytes } of rows) {
    const { algorithm, blinded, institution, payload, scene, validUntil, recordedAt } = decodeEntry(bytes);
    if (algorithm === undefined) continue;
    const row = anchorRow({
      institution,
      algorithm,
      blinded,
      payload,
      scene,
      validUntil,
      acceptedAt: recordedAt,
    });
    await tx
      .insertInto("anchor")
      .values({ id: randomUUID(), ...row })
      // guard: F52 recorded elsewhere
      .onConflict((conflict) => conflict.columns(["payload", "institution", "algorithm"]).doNothing())
      .execute();
  }
}

/** Indexes of the documents among `anchors` that are revoked or superseded. */
async function withdrawnDocuments(tx: Transaction, anchors: readonly Anchor[]): Promise<ReadonlySet<number>> {
  const withdrawn = new Set<number>();
  for (const some of chunks(anchors.flatMap(({ index }) => index ?? []))) {
    const rows = await tx
      .selectFrom("entry")
      .select("subject")
      .where("subject", "in", some)
      .where("action", "in", [ACTIONS.revoke, ACTIONS.supersede])
      .execute();
    for (const { subject } of rows) if (subject !== null) withdrawn.add(subject);
  }
  return withdrawn;
}

function comparison(wanted: NewAnchor, before: Anchor, withdrawn: ReadonlySet<number>): QueueResult["taken"] {
  if (before.index !== undefined && withdrawn.has(before.index)) return "revoked";
  const same = (["blinded", "scene", "validUntil"] as const).every((what) => wanted[what] === before[what]);
  return same ? "duplicate" : "different";
}

/** Queues a document, in the row of a failed one if there is one; undefined where another process was first. */
async function insertAnchor(
  tx: Transaction,
  wanted: NewAnchor,
  failed: Anchor | undefined,
): Promise<Anchor | undefined> {
  const row = anchorRow(wanted);
  const id = failed?.id ?? randomUUID();
  const inserted = tx
    .insertInto("anchor")
    .values({ id, ...row })
    // guard: F52 insert once
    .onConflict((conflict) => conflict.columns(["payload", "institution", "algorithm"]).doNothing());
  const updated = tx.updateTable("anchor").set(row).where("id", "=", id).where("error", "is not", null);
  const done =
    failed === undefined
      ? (await inserted.executeTakeFirst()).numInsertedOrUpdatedRows
      : (await updated.executeTakeFirst()).numUpdatedRows;
  if (done === 0n) return undefined;
  return {
    ...wanted,
    references: failed?.references ?? [],
    id,
    state: "queued",
    index: undefined,
    entry: undefined,
    transaction: undefined,
    block: undefined,
    recordedAt: undefined,
    error: undefined,
    errorCode: undefined,
  };
}

/** Adds the references of documents that are taken to those that they have. */
async function addReferences(
  tx: Transaction,
  wanted: readonly NewAnchor[],
  results: readonly QueueResult[],
): Promise<void> {
  const rows = results.flatMap(({ taken, anchor }, i) => {
    const reference = wanted[i]?.reference;
    const isTaken = taken === "new" || taken === "duplicate";
    return isTaken && reference !== undefined ? { anchor: anchor.id, reference } : [];
  });
  for (const some of chunks(rows))
    await tx
      .insertInto("document_reference")
      .values(some)
      .onConflict((conflict) => conflict.columns(["anchor", "reference"]).doNothing())
      .execute();
}

/** The document that another process has accepted since this transaction read the outbox. */
async function acceptedElsewhere(tx: Transaction, wanted: NewAnchor): Promise<Anchor> {
  const anchor = (await knownAnchors(tx, [wanted.payload])).get(keyOf(wanted));
  if (anchor === undefined) throw new RangeError("the document is neither there nor could it be written");
  return anchor;
}

/** The tables of items, each with the entry of an item, and whether it may be sent. */
const ITEM_TABLES = [
  ["anchor", anchorEntry, sql<boolean>`1 = 1`],
  ["status_request", statusEntry, isApproved],
] as const;

/** Queued items, and items of open transactions. */
async function pendingItems(
  tx: Transaction,
  institution: InstitutionId | undefined,
): Promise<{ count: number; oldest: number | null }[]> {
  const open = tx.selectFrom("chain_transaction").select("hash").where("state", "=", "open");
  const queries = ITEM_TABLES.flatMap(([table, entry, isSendable]) => {
    const all = tx
      .selectFrom(table)
      .where("error", "is", null)
      .where(isSendable)
      .select(({ fn }) => [fn.countAll<number>().as("count"), fn.min("accepted_at").as("oldest")]);
    const items = institution === undefined ? all : all.where("institution", "=", institution);
    return [
      items.where("transaction_hash", "is", null).where(entry, "is", null),
      items.where("transaction_hash", "in", open),
    ];
  });
  const counts = [];
  for (const query of queries) counts.push(await query.executeTakeFirstOrThrow());
  return counts;
}
