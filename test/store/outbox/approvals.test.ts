import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { NewStatusRequest } from "../../../src/anchor/ports.ts";
import { SqlApprovals } from "../../../src/store/outbox/approvals.ts";
import type { Database } from "../../../src/store/sql/database.ts";
import { SqlOutbox } from "../../../src/store/outbox/outbox.ts";
import { openTestDatabase } from "../../support/store/database.ts";

const maker = { id: "00000000000a", name: "maker" };
const checker = { id: "00000000000b", name: "checker" };
const request = (document: number, rest: Partial<NewStatusRequest> = {}): NewStatusRequest => ({
  institution: 1,
  document,
  action: "revoke",
  reason: "other",
  successor: undefined,
  acceptedAt: 1_000,
  by: maker,
  awaits: true,
  ...rest,
});

let db: Database;
let outbox: SqlOutbox;
let approvals: SqlApprovals;
beforeEach(async () => {
  db = await openTestDatabase();
  outbox = new SqlOutbox(db);
  approvals = new SqlApprovals(db);
});
afterEach(async () => await db.destroy());

/** Documents whose changes would be sent now, and what is pending since when. */
async function work(): Promise<unknown> {
  const { statuses } = await outbox.queued(1, 10);
  return { sent: statuses.map(({ document }) => document), ...(await outbox.pending()) };
}

describe("a change that waits for a second person", () => {
  it("a change that awaits approval is neither sent nor pending; one that needs none is both", async () => {
    await outbox.enqueueStatus(request(7));
    expect(await work()).toEqual({ sent: [], count: 0, oldestAcceptedAt: undefined });
    await outbox.enqueueStatus(request(8, { awaits: false }));
    expect(await work()).toEqual({ sent: [8], count: 1, oldestAcceptedAt: 1_000 });
  });

  it("a change is pending from its approval on, however long it waited", async () => {
    const { id } = await outbox.enqueueStatus(request(7));
    const decided = await approvals.decide(id, { decision: "approved", by: checker, at: 999_000 });
    expect(decided).toMatchObject({
      state: "queued",
      asked: { by: maker, at: 1_000 },
      approval: { decision: "approved", decided: { by: checker, at: 999_000 } },
    });
    expect(await work()).toEqual({ sent: [7], count: 1, oldestAcceptedAt: 999_000 });
  });

  it("a rejected change is never sent, and a later decision changes nothing", async () => {
    const { id } = await outbox.enqueueStatus(request(7));
    const rejected = await approvals.decide(id, { decision: "rejected", by: checker, at: 2_000 });
    const later = await approvals.decide(id, { decision: "approved", by: maker, at: 3_000 });
    expect(later).toEqual(rejected);
    expect(later).toMatchObject({ state: "failed", approval: { decision: "rejected" } });
    expect(await work()).toEqual({ sent: [], count: 0, oldestAcceptedAt: undefined });
  });

  it("an approved change is sent, and a later rejection changes nothing", async () => {
    const { id } = await outbox.enqueueStatus(request(7));
    const approved = await approvals.decide(id, { decision: "approved", by: checker, at: 2_000 });
    const later = await approvals.decide(id, { decision: "rejected", by: maker, at: 3_000 });
    expect(later).toEqual(approved);
    expect(await work()).toMatchObject({ sent: [7], oldestAcceptedAt: 2_000 });
  });

  it("a change is listed for its institution, oldest first, until it is decided", async () => {
    const first = await outbox.enqueueStatus(request(7));
    const second = await outbox.enqueueStatus(request(8));
    const others = await outbox.enqueueStatus(request(9, { institution: 2 }));
    await outbox.enqueueStatus(request(10, { awaits: false }));
    expect(await approvals.awaiting(1)).toEqual([first, second]);
    expect(await approvals.awaiting(2)).toEqual([others]);
    expect(await approvals.awaiting(undefined)).toEqual([first, second, others]);
    await approvals.decide(first.id, { decision: "rejected", by: checker, at: 2_000 });
    await approvals.decide(second.id, { decision: "approved", by: checker, at: 2_000 });
    expect(await approvals.awaiting(undefined)).toEqual([others]);
  });

  it("a decision on a change that does not exist returns undefined", async () => {
    expect(await approvals.decide("x", { decision: "approved", by: checker, at: 1 })).toBeUndefined();
  });
});
