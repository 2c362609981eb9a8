/** Reads from the index the evidence that a verification is judged by. */
import { sql, type ExpressionBuilder, type ExpressionWrapper, type SqlBool } from "kysely";
import { ALGORITHMS, type SoughtPayload } from "../../core/digest.ts";
import { ENTRY_KINDS, decodeEntry, decodeStatus } from "../../core/entry.ts";
import type { ExpectedIssuer } from "../../core/official-id.ts";
import type { Address, EntryIndex } from "../../core/units.ts";
import { originOf } from "../../log/checkpoint.ts";
import type {
  DocumentEvidence,
  Evidence,
  EvidenceSource,
  KeyEvidence,
  StatusEvidence,
} from "../../verify/ports.ts";
import type { Database } from "../sql/database.ts";
import type { Schema } from "../sql/schema.ts";
import { readDoubt } from "./doubt.ts";
import { compromiseOf, correctionOf, readInstitutions, readScenes } from "./directory.ts";
import { readHead } from "./index-store.ts";
import { Store } from "../sql/store.ts";

export class SqlEvidenceSource extends Store implements EvidenceSource {
  async gather(question: {
    payloads: readonly SoughtPayload[];
    expectedIssuer?: ExpectedIssuer | undefined;
  }): Promise<Evidence> {
    const { payloads, expectedIssuer } = question;
    return await this.readSnapshot(async (tx) => {
      const head = await readHead(tx);
      const own = await boundHere(tx, payloads);
      const documents = own.length === 0 ? [] : await readDocuments(tx, own, head?.final?.number ?? -1);
      const expected =
        typeof expectedIssuer === "number"
          ? (await readInstitutions(tx)).find(({ id }) => id === expectedIssuer)
          : undefined;
      return { head, doubt: await readDoubt(tx), documents, others: [], expected };
    });
  }
}

/** Without the commitments that are bound to another log. */
export async function boundHere(db: Database, payloads: readonly SoughtPayload[]): Promise<SoughtPayload[]> {
  const row = await db.selectFrom("chain_identity").select(["chain_id", "registry"]).executeTakeFirst();
  const here = row && originOf({ chainId: row.chain_id, registry: row.registry as Address });
  return payloads.filter(({ boundTo }) => boundTo?.origin === undefined || boundTo.origin === here);
}

/**
 * Of each institution the newest entry, and those whose status was changed: older ones decide nothing, and their number is
 * up to who records them.
 */
async function readDocuments(
  db: Database,
  payloads: readonly SoughtPayload[],
  finalBlock: number,
): Promise<DocumentEvidence[]> {
  const rows = await db
    .selectFrom("entry")
    .select(["idx", "bytes", "block", "transaction_hash"])
    .where(isOneOf(payloads))
    .where((eb) =>
      eb.or([
        eb(
          "idx",
          "in",
          eb
            .selectFrom("entry")
            .select(({ fn }) => fn.max("idx").as("newest"))
            .where(isOneOf(payloads))
            .groupBy("institution"),
        ),
        eb.exists(
          eb.selectFrom("entry as change").select("change.idx").whereRef("change.subject", "=", "entry.idx"),
        ),
      ]),
    )
    .orderBy("idx")
    .execute();
  if (rows.length === 0) return [];
  const institutions = new Map(
    (await readInstitutions(db)).map((institution) => [institution.id, institution]),
  );
  const scenes = new Map((await readScenes(db)).map(({ id, slug }) => [id, slug]));
  const statuses = await readStatuses(db, payloads);
  const evidence = [];
  for (const { idx, bytes, block, transaction_hash } of rows) {
    const entry = decodeEntry(bytes);
    const institution = institutions.get(entry.institution);
    if (institution === undefined)
      throw new RangeError(`institution ${entry.institution} is not in the directory`);
    evidence.push({
      registry: undefined,
      index: idx,
      entry,
      institution,
      scene: scenes.get(entry.scene) ?? "",
      key: await readKeyEvidence(db, entry.recordedBy),
      statuses: statuses.get(idx) ?? [],
      block,
      transaction: transaction_hash,
      final: block <= finalBlock,
    });
  }
  return evidence;
}

/** Selects the documents with one of the payloads. */
export function isOneOf(payloads: readonly SoughtPayload[]) {
  return (eb: ExpressionBuilder<Schema, "entry">): ExpressionWrapper<Schema, "entry", SqlBool> =>
    eb.and([
      eb("kind", "=", ENTRY_KINDS.document),
      eb(
        "payload",
        "in",
        payloads.map(({ bytes }) => bytes),
      ),
      eb.or(
        payloads.map(({ algorithm, bytes, blinded, boundTo }) =>
          eb.and([
            eb("payload", "=", bytes),
            eb("algorithm", "=", ALGORITHMS[algorithm]),
            eb("blinded", "=", blinded ? 1 : 0),
            // by the index of payloads, not by that of institutions
            ...(boundTo === undefined ? [] : [eb(sql`+institution`, "=", boundTo.institution)]),
          ]),
        ),
      ),
    ]);
}

async function readStatuses(
  db: Database,
  payloads: readonly SoughtPayload[],
): Promise<Map<EntryIndex, StatusEvidence[]>> {
  const rows = await db
    .selectFrom("entry")
    .select(["idx", "bytes"])
    .where("subject", "in", (eb) => eb.selectFrom("entry").select("idx").where(isOneOf(payloads)))
    .orderBy("idx")
    .execute();
  const found = new Map<EntryIndex, StatusEvidence[]>();
  for (const { idx, bytes } of rows) {
    const { payload, recordedAt, institution, recordedBy } = decodeEntry(bytes);
    const { document, action, reason, successor } = decodeStatus(payload);
    const key = await readKeyEvidence(db, recordedBy);
    const status = { index: idx, action, reason, successor, recordedAt, institution, key };
    found.set(document, [...(found.get(document) ?? []), status]);
  }
  return found;
}

async function readKeyEvidence(db: Database, address: Address): Promise<KeyEvidence> {
  const row = await db
    .selectFrom("registry_key")
    .select(["compromised_since", "compromise_entry", "corrected_since", "correction_entry", "corrected_at"])
    .where("address", "=", address)
    .executeTakeFirst();
  if (row === undefined) return { address, compromise: undefined, correction: undefined };
  return { address, compromise: compromiseOf(row), correction: correctionOf(row) };
}
