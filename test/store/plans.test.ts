/** Tests the query plans of SQLite: no query of a request scans a table that grows with the log. */
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Address, Hash } from "../../src/core/units.ts";
import { SqlEntrySource } from "../../src/store/index/entries.ts";
import { SqlEvidenceSource } from "../../src/store/index/evidence.ts";
import { SqlClaims } from "../../src/store/attest/claims.ts";
import { SqlFinalLog } from "../../src/store/attest/final-log.ts";
import type { SqlOutbox } from "../../src/store/outbox/outbox.ts";
import { stockedChain } from "../support/chain/model-chains.ts";
import { openStack, type Stack } from "../support/stack/stack.ts";

/** Tables that grow with the log. */
const GROWING =
  /\b(entry|e|s|r|change|made|node|block|anchor|document_reference|named|status_request|chain_transaction|chain_attempt)\b/;

type Asked = (...values: SQLInputValue[]) => unknown;

/** The steps of SQLite's plans for what `work` asks, with what it is asked. */
async function plansOf(work: () => Promise<unknown>): Promise<string[]> {
  const plans: string[] = [];
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called with its object
  const prepare = DatabaseSync.prototype.prepare;
  DatabaseSync.prototype.prepare = function (this: DatabaseSync, text: string) {
    const statement = prepare.call(this, text);
    if (!/^(select|update|delete)/.test(text)) return statement;
    const explained =
      (run: Asked): Asked =>
      (...values) => {
        const steps = prepare.call(this, `explain query plan ${text}`).all(...values);
        plans.push(...steps.map(({ detail }) => String(detail)));
        return run.apply(statement, values);
      };
    const { all, run } = statement as unknown as Readonly<Record<"all" | "run", Asked>>;
    Object.assign(statement, { all: explained(all), run: explained(run) });
    return statement;
  };
  try {
    await work();
  } finally {
    DatabaseSync.prototype.prepare = prepare;
  }
  return plans;
}

/** Of these steps, those that take longer the more there is in the log. */
function growing(plans: readonly string[]): string[] {
  const slow = plans.filter((step) => {
    if (!GROWING.test(step)) return false;
    // all that waits, or is on its way, which is little
    if (/INDEX (anchor_queued|status_request_queued|chain_transaction_open)\b/.test(step)) return false;
    if (step === "SEARCH block USING INTEGER PRIMARY KEY (rowid<?)") return false; // finds the newest up to a number directly
    if (step === "SEARCH entry USING COVERING INDEX entry_recorded_at (recorded_at<?)") return false; // the newest before a time, likewise
    if (step.startsWith("SCAN ") || /USING INTEGER PRIMARY KEY \(rowid[<>]/.test(step)) return true;
    return /INDEX entry_(institution|scene|recorded_at|block)/.test(step);
  });
  return [...new Set(slow)];
}

let stack: Stack;
let db: Stack["db"];
let payload: Hash;
beforeAll(async () => {
  const { chain, known } = await stockedChain(1);
  stack = await openStack({ chain });
  db = stack.db;
  await stack.sync();
  payload = known.revoked?.[0]?.bytes ?? new Uint8Array(32);
});
afterAll(() => stack[Symbol.asyncDispose]());

const other = new Uint8Array(32).fill(9);
const SIGNER: Address = "0x00000000000000000000000000000000000000b1";

const finalLog = (): SqlFinalLog => new SqlFinalLog(db);

describe("what is asked about some documents", () => {
  const document = {
    institution: 1,
    algorithm: "sha256",
    blinded: false,
    scene: 1,
    validUntil: 0,
    reference: "R-1",
    acceptedAt: 1,
  } as const;
  const transaction = (nonce: number) => ({
    hash: new Uint8Array(32).fill(100 + nonce),
    signer: SIGNER,
    nonce,
    raw: other,
    gasPrice: 0n,
  });

  it.each<[string, (outbox: SqlOutbox) => Promise<unknown>]>([
    [
      "its acceptance",
      (outbox) =>
        outbox.enqueue([
          { ...document, payload },
          { ...document, payload: other },
        ]),
    ],
    [
      "a change of it",
      (outbox) =>
        outbox.enqueueStatus({
          institution: 1,
          document: 1,
          action: "revoke",
          reason: "other",
          successor: undefined,
          acceptedAt: 1,
        }),
    ],
    [
      "its state",
      async (outbox) => {
        const [taken] = await outbox.enqueue([{ ...document, payload }]);
        await outbox.anchors([taken?.anchor.id ?? ""]);
      },
    ],
    ["its reference", (outbox) => outbox.referenced(1, ["R-1"])],
    ["queued items", (outbox) => outbox.queued(1, 100)],
    ["institutions with queued items", (outbox) => outbox.waiting()],
    ["pending items of an institution", (outbox) => outbox.pending(1)],
    ["all pending items", (outbox) => outbox.pending()],
    [
      "a transaction and its items",
      async (outbox) => {
        const [taken] = await outbox.enqueue([{ ...document, payload: other }]);
        await outbox.record(transaction(0), { anchors: [taken?.anchor.id ?? ""], statuses: [] });
      },
    ],
    ["its next attempt", (outbox) => outbox.recordAttempt(transaction(0).hash, transaction(1))],
    ["open transactions", (outbox) => outbox.open(SIGNER)],
    ["signers of open transactions", (outbox) => outbox.openSigners()],
    ["transactions that became final", (outbox) => outbox.closeFinal()],
    ["the next nonce", (outbox) => outbox.nextNonce(SIGNER)],
    ["nonces that a restored chain has lost", (outbox) => outbox.reopen(SIGNER, 0)],
    ["a transaction that is given up", (outbox) => outbox.release(transaction(0).hash)],
    [
      "a verdict",
      () =>
        new SqlEvidenceSource(db).gather({
          payloads: [
            { algorithm: "sha256", bytes: payload, blinded: false },
            { algorithm: "sm3", bytes: other, blinded: false },
            { algorithm: "sm3", bytes: other, blinded: true, boundTo: { institution: 1 } },
          ],
        }),
    ],
    [
      "what an answer note claims",
      () =>
        new SqlClaims(db).claims({
          payloads: [
            { algorithm: "sha256", bytes: payload, blinded: false },
            { algorithm: "sm3", bytes: other, blinded: true, boundTo: { institution: 1 } },
          ],
          block: 3,
        }),
    ],
    ["its entry", () => new SqlEntrySource(db).get(1)],
    [
      "entries of a reference",
      () => new SqlEntrySource(db).list({ filter: { reference: "R-1" }, after: undefined, limit: 10 }),
    ],
    [
      "entries that were revoked",
      () => new SqlEntrySource(db).list({ filter: { status: "revoked" }, after: undefined, limit: 10 }),
    ],
    [
      "what the directory says of entries",
      () => finalLog().directoryEvents({ institutions: [1], scenes: [1], entries: [5] }, 100),
    ],
    ["the log's size", () => finalLog().size()],
    ["its common size", () => finalLog().commonSize({ until: 2e12, interval: 5_000 })],
    ["its proof", () => stack.view.prove(1)],
    ["its status", () => stack.view.entryAt(1)],
    ["the block that the index has followed", () => stack.view.followed()],
    ["its checkpoint", () => stack.checkpoints.covering(1)],
  ])("the query for %s uses an index, however large the log is", async (_, ask) => {
    const plans = await plansOf(() => ask(stack.outbox));
    expect(plans.length).toBeGreaterThan(0);
    expect(growing(plans)).toEqual([]);
  });

  it("a query that scans a table is detected", async () => {
    const all = await plansOf(() => db.selectFrom("entry").selectAll().where("scene", "=", 1).execute());
    expect(growing(all)).toHaveLength(1);
    const walk = await plansOf(() =>
      db.selectFrom("anchor").selectAll().where("institution", "=", 1).execute(),
    );
    expect(growing(walk)).toEqual(["SCAN anchor"]);
  });
});
