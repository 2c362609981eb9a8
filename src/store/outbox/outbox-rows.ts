/** Reads and writes the rows of the outbox's documents and status requests. */
import { expressionBuilder, sql } from "kysely";
import type { Anchor, AnchorState, NewAnchor, StatusRequest } from "../../anchor/ports.ts";
import { toHex } from "../../core/bytes.ts";
import { ALGORITHMS } from "../../core/digest.ts";
import { ACTIONS, ENTRY_KINDS, REASONS, slugOf } from "../../core/entry.ts";
import type { Database } from "../sql/database.ts";
import type { Schema } from "../sql/schema.ts";

/*
 * The sign before a column prevents a query plan that finds one entry by a scan of all entries, or of all of its
 * institution. test/store/plans.test.ts checks that no query about one document scans.
 */

/** The first entry that its institution recorded for a document of the outbox. */
export const anchorEntry = sql<number | null>`(
  select min(+e.idx) from entry e
  where e.kind = ${sql.lit(ENTRY_KINDS.document)} and e.payload = anchor.payload
    and +e.institution = anchor.institution and e.algorithm = anchor.algorithm and e.blinded = anchor.blinded)`;

/** The references of a document, in the order in which they came, each on a line of its own: none contains a line's end. */
export const documentReferences = sql<string | null>`(
  select string_agg(r.reference, ${sql.lit("\n")} order by r.position)
  from document_reference r where r.anchor = anchor.id)`;

/** Ids of the documents with one of these references. */
export function anchorsUnder(references: readonly string[]) {
  return expressionBuilder<Schema>()
    .selectFrom("document_reference")
    .select("document_reference.anchor")
    .where("document_reference.reference", "in", references);
}

export function referencesOf(lines: string | null): readonly string[] {
  return lines === null ? [] : lines.split("\n");
}

/** The first later entry of the same document and action, from any sender. */
export const statusEntry = sql<number | null>`(
  select min(+e.idx) from entry e
  where e.subject = status_request.document and e.action = status_request.action
    and +e.idx > status_request.after_entry)`;

/** Whether a status request needs no approval, or has it. */
export const isApproved = sql<boolean>`coalesce(status_request.approval, 'approved') = 'approved'`;

/** The columns of a queued document. */
export function anchorRow(anchor: Omit<NewAnchor, "reference">) {
  return {
    institution: anchor.institution,
    algorithm: ALGORITHMS[anchor.algorithm],
    blinded: anchor.blinded ? 1 : 0,
    payload: anchor.payload,
    scene: anchor.scene,
    valid_until: anchor.validUntil,
    accepted_at: anchor.acceptedAt,
    transaction_hash: null,
    error: null,
    error_code: null,
  };
}

/** Identifies a document, which is anchored once (O3). */
export function keyOf({
  institution,
  algorithm,
  payload,
}: Pick<Anchor, "institution" | "algorithm" | "payload">): string {
  return `${institution}/${algorithm}/${toHex(payload)}`;
}

type AnchorRow = Awaited<ReturnType<ReturnType<typeof selectAnchors>["execute"]>>[number];
type StatusRow = Awaited<ReturnType<ReturnType<typeof selectStatuses>["execute"]>>[number];

/** Documents, each with its entry, if it is recorded. */
export function selectAnchors(db: Database) {
  return db
    .selectFrom("anchor")
    .leftJoin("entry", (join) => join.on("entry.idx", "=", anchorEntry))
    .selectAll("anchor")
    .select([
      documentReferences.as("reference_lines"),
      "entry.idx as entry_idx",
      "entry.bytes as entry_bytes",
      "entry.block",
      "entry.recorded_at",
      "entry.transaction_hash as entry_transaction",
    ]);
}

/** Status requests, each with its entry, if it is recorded. */
export function selectStatuses(db: Database) {
  return db
    .selectFrom("status_request")
    .leftJoin("entry", (join) => join.on("entry.idx", "=", statusEntry))
    .selectAll("status_request")
    .select(["entry.idx as entry_idx", "entry.block", "entry.recorded_at"]);
}

export function toAnchor(row: AnchorRow, final: number): Anchor {
  return {
    id: row.id,
    institution: row.institution,
    algorithm: slugOf(ALGORITHMS, row.algorithm, "algorithm"),
    blinded: row.blinded === 1,
    payload: row.payload,
    scene: row.scene,
    validUntil: row.valid_until,
    references: referencesOf(row.reference_lines),
    acceptedAt: row.accepted_at,
    state: stateOf(row, final),
    index: row.entry_idx ?? undefined,
    entry: row.entry_bytes ?? undefined,
    transaction: row.entry_transaction ?? row.transaction_hash ?? undefined,
    block: row.block ?? undefined,
    recordedAt: row.recorded_at ?? undefined,
    error: row.error ?? undefined,
    errorCode: row.error_code ?? undefined,
  };
}

export function toStatus(row: StatusRow, final: number): StatusRequest {
  return {
    id: row.id,
    institution: row.institution,
    document: row.document,
    action: slugOf(ACTIONS, row.action, "action"),
    reason: slugOf(REASONS, row.reason, "reason"),
    successor: row.successor ?? undefined,
    acceptedAt: row.accepted_at,
    asked: eventOf(row.asked_at, row.asked_by, row.asked_by_name),
    approval:
      row.approval === null
        ? undefined
        : {
            decision: row.approval,
            decided: eventOf(row.decided_at, row.decided_by, row.decided_by_name),
          },
    state: isAwaiting(row) ? "awaiting-approval" : stateOf(row, final),
    index: row.entry_idx ?? undefined,
    recordedAt: row.recorded_at ?? undefined,
    error: row.error ?? undefined,
  };
}

function eventOf(at: number | null, id: string | null, name: string | null): StatusRequest["asked"] {
  return at === null || id === null ? undefined : { at, by: { id, name: name ?? "" } };
}

/** Recorded and failed requests do not wait any more, whatever their approval. */
function isAwaiting({ approval, block, error }: StatusRow): boolean {
  return approval === "awaiting" && block === null && error === null;
}

function stateOf(
  row: { block: number | null; error: string | null; transaction_hash: Uint8Array | null },
  final: number,
): AnchorState {
  if (row.block !== null) return row.block <= final ? "final" : "included";
  if (row.error !== null) return "failed";
  return row.transaction_hash === null ? "queued" : "submitted";
}
