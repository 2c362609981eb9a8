/** Reads from the index the evidence that a verification is judged by. */
import { ALGORITHMS, type Payload } from "../../core/digest.ts";
import { ENTRY_KINDS, decodeEntry, decodeStatus } from "../../core/entry.ts";
import type { Address, EntryIndex, InstitutionId } from "../../core/units.ts";
import type {
  DocumentEvidence,
  Evidence,
  EvidenceSource,
  KeyEvidence,
  StatusEvidence,
} from "../../verify/ports.ts";
import type { Database } from "../sql/database.ts";
import { readDoubt } from "./doubt.ts";
import { compromiseOf, correctionOf, readInstitutions, readScenes } from "./directory.ts";
import { readHead } from "./index-store.ts";
import { Store } from "../sql/store.ts";

export class SqlEvidenceSource extends Store implements EvidenceSource {
  async gather(question: {
    payloads: readonly Payload[];
    expectedIssuer?: InstitutionId | undefined;
  }): Promise<Evidence> {
    const { payloads, expectedIssuer } = question;
    return await this.readSnapshot(async (tx) => {
      const head = await readHead(tx);
      const documents = await readDocuments(tx, payloads, head?.final?.number ?? -1);
      const expected =
        expectedIssuer === undefined
          ? undefined
          : (await readInstitutions(tx)).find(({ id }) => id === expectedIssuer);
      return { head, doubt: await readDoubt(tx), documents, others: [], expected };
    });
  }
}

async function readDocuments(
  db: Database,
  payloads: readonly Payload[],
  finalBlock: number,
): Promise<DocumentEvidence[]> {
  const rows = await db
    .selectFrom("entry")
    .select(["idx", "bytes", "block", "transaction_hash"])
    .where("kind", "=", ENTRY_KINDS.document)
    .where(
      "payload",
      "in",
      payloads.map(({ bytes }) => bytes),
    )
    .where((eb) =>
      eb.or(
        payloads.map(({ algorithm, bytes, blinded }) =>
          eb.and([
            eb("payload", "=", bytes),
            eb("algorithm", "=", ALGORITHMS[algorithm]),
            eb("blinded", "=", blinded ? 1 : 0),
          ]),
        ),
      ),
    )
    .orderBy("idx")
    .execute();
  if (rows.length === 0) return [];
  const institutions = new Map(
    (await readInstitutions(db)).map((institution) => [institution.id, institution]),
  );
  const scenes = new Map((await readScenes(db)).map(({ id, slug }) => [id, slug]));
  const statuses = await readStatuses(
    db,
    rows.map(({ idx }) => idx),
  );
  return await Promise.all(
    rows.map(async ({ idx, bytes, block, transaction_hash }) => {
      const entry = decodeEntry(bytes);
      const institution = institutions.get(entry.institution);
      if (institution === undefined)
        throw new RangeError(`institution ${entry.institution} is not in the directory`);
      return {
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
      };
    }),
  );
}

async function readStatuses(
  db: Database,
  documents: readonly EntryIndex[],
): Promise<Map<EntryIndex, StatusEvidence[]>> {
  const rows = await db
    .selectFrom("entry")
    .select(["idx", "bytes"])
    .where("subject", "in", documents)
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
