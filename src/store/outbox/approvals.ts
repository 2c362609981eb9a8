/** Stores a second person's decisions on the status changes of the outbox. */
import type { ApprovalStore, Person, StatusRequest } from "../../anchor/ports.ts";
import type { InstitutionId } from "../../core/units.ts";
import { readFinalBlock } from "../index/index-store.ts";
import { selectStatuses, statusEntry, toStatus } from "./outbox-rows.ts";
import { Store } from "../sql/store.ts";
import { writing } from "../sql/transaction.ts";

const LISTED = 1_000;

export class SqlApprovals extends Store implements ApprovalStore {
  async awaiting(institution: InstitutionId | undefined): Promise<StatusRequest[]> {
    const all = selectStatuses(this.db)
      .where("status_request.approval", "=", "awaiting")
      .where("status_request.error", "is", null)
      .where(statusEntry, "is", null)
      .orderBy("status_request.position")
      .limit(LISTED);
    const rows = await (
      institution === undefined ? all : all.where("status_request.institution", "=", institution)
    ).execute();
    return rows.map((row) => toStatus(row, -1)); // without an entry, so the final block is irrelevant
  }

  async decide(
    id: string,
    { decision, by, at }: { decision: "approved" | "rejected"; by: Person; at: number },
  ): Promise<StatusRequest | undefined> {
    return await writing(this.db, async (tx) => {
      const decided = { approval: decision, decided_at: at, decided_by: by.id, decided_by_name: by.name };
      const outcome = decision === "approved" ? { accepted_at: at } : { error: `rejected by ${by.name}` };
      await tx
        .updateTable("status_request")
        .set({ ...decided, ...outcome })
        .where("id", "=", id)
        .where("approval", "=", "awaiting")
        .where("error", "is", null)
        .execute();
      const row = await selectStatuses(tx).where("id", "=", id).executeTakeFirst();
      return row === undefined ? undefined : toStatus(row, await readFinalBlock(tx));
    });
  }
}
