/** Reads from the index what an answer note claims. */
import type { ClaimedLog } from "../../attest/ports.ts";
import type { SoughtPayload } from "../../core/digest.ts";
import type { TreeSize } from "../../core/units.ts";
import type { ClaimedEntry } from "../../log/answer.ts";
import { hashLeaf } from "../../log/hash.ts";
import { readTrusted } from "../index/doubt.ts";
import { boundHere, isOneOf } from "../index/evidence.ts";
import { sizeAt } from "../index/index-store.ts";
import type { Database } from "../sql/database.ts";
import { Store } from "../sql/store.ts";

export class SqlClaims extends Store implements ClaimedLog {
  async claims({
    payloads,
    block,
  }: {
    payloads: readonly SoughtPayload[];
    block: number;
  }): Promise<{ size: TreeSize; entries: ClaimedEntry[] }> {
    return await readTrusted(this.db, async (tx) => {
      const size = await sizeAt(tx, block);
      const own = await boundHere(tx, payloads);
      return { size, entries: own.length === 0 ? [] : await readClaims(tx, own, size) };
    });
  }
}

async function readClaims(
  db: Database,
  payloads: readonly SoughtPayload[],
  size: TreeSize,
): Promise<ClaimedEntry[]> {
  const rows = await db
    .selectFrom("entry")
    .select((eb) => [
      "idx",
      "bytes",
      "institution",
      eb
        .selectFrom("entry as change")
        .select(({ fn }) => fn.max("change.idx").as("newest"))
        .whereRef("change.subject", "=", "entry.idx")
        .where("change.idx", "<", size)
        .as("status"),
    ])
    .where(isOneOf(payloads))
    .where("idx", "<", size)
    .where((eb) =>
      eb.or([
        eb(
          "idx",
          "in",
          eb
            .selectFrom("entry")
            .select(({ fn }) => fn.max("idx").as("newest"))
            .where(isOneOf(payloads))
            .where("idx", "<", size)
            .groupBy("institution"),
        ),
        eb.exists(
          eb
            .selectFrom("entry as change")
            .select("change.idx")
            .whereRef("change.subject", "=", "entry.idx")
            .where("change.idx", "<", size),
        ),
      ]),
    )
    .orderBy("idx")
    .execute();
  return rows.map(({ idx, bytes, institution, status }) => {
    return { index: idx, leaf: hashLeaf(bytes), institution, status: status ?? undefined };
  });
}
