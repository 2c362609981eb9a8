import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AppError } from "../../../src/core/errors.ts";
import { storageFault } from "../../../src/core/storage.ts";
import type { Database } from "../../../src/store/sql/database.ts";
import { SqlOutbox } from "../../../src/store/outbox/outbox.ts";
import { onDisk } from "../../../src/store/sql/sqlite-faults.ts";
import { openTestDatabase } from "../../support/store/database.ts";

let db: Database;
beforeEach(async () => void (db = await openTestDatabase()));
afterEach(async () => await db.destroy());

const document = (n: number) => ({
  institution: 1,
  algorithm: "sha256" as const,
  blinded: false,
  payload: Buffer.alloc(32, n + 1),
  scene: 1,
  validUntil: 0,
  reference: "x".repeat(128),
  acceptedAt: 1,
});
const batch = Array.from({ length: 200 }, (_, n) => document(n));

/** Lets the database have no page more than it has. */
async function fillUp(): Promise<void> {
  const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(db);
  await sql`pragma max_page_count = ${sql.lit(rows[0]?.page_count)}`.execute(db);
}

describe("a database that is full", () => {
  it("a full database refuses a whole batch with STORAGE_LOW, and accepts it once there is room", async () => {
    const outbox = new SqlOutbox(db);
    await fillUp();
    await expect(outbox.enqueue(batch)).rejects.toThrowCode("STORAGE_LOW");
    expect((await outbox.pending()).count).toBe(0);
    await sql`pragma max_page_count = 1000000`.execute(db);
    await outbox.enqueue(batch);
    expect((await outbox.pending()).count).toBe(batch.length);
  });
});

describe("a database that may not be written", () => {
  it("a read-only database serves reads, and refuses writes with STORAGE_FAILED", async () => {
    const outbox = new SqlOutbox(db);
    await outbox.enqueue(batch.slice(0, 1));
    await sql`pragma query_only = on`.execute(db);
    await expect(outbox.enqueue(batch)).rejects.toThrowCode("STORAGE_FAILED");
    expect((await outbox.pending()).count).toBe(1);
  });
});

describe("a fault that is not the disk's", () => {
  it("an error that the disk did not cause is thrown unchanged", async () => {
    await expect(sql`select * from absent`.execute(db)).rejects.toThrow(/no such table/);
    expect(storageFault(Object.assign(new Error("x"), { code: "ENOENT" }), "x")).toBeUndefined();
  });
});

describe("a sync that fails", () => {
  const failing = (errcode: number) => (): never => {
    throw Object.assign(new Error("disk I/O error"), { errcode });
  };
  const SYNC = [1034, 1290];
  const READ_OR_WRITE = [266, 778];

  it.each(SYNC)("a failed sync is reported besides its fault: SQLite %d", (code) => {
    const reported: AppError[] = [];
    expect(() => onDisk(failing(code), (fault) => reported.push(fault))).toThrowCode("STORAGE_FAILED");
    expect(reported.map((fault) => fault.code)).toEqual(["STORAGE_FAILED"]);
  });

  it.each(READ_OR_WRITE)("a failed read or write is not reported as a failed sync: SQLite %d", (code) => {
    const reported: AppError[] = [];
    expect(() => onDisk(failing(code), (fault) => reported.push(fault))).toThrowCode("STORAGE_FAILED");
    expect(reported).toEqual([]);
  });
});

it.each([
  ["ENOSPC", "STORAGE_LOW"],
  ["EDQUOT", "STORAGE_LOW"],
  ["EIO", "STORAGE_FAILED"],
  ["EROFS", "STORAGE_FAILED"],
])("%s of a file system becomes %s", (code, expected) => {
  expect(storageFault(Object.assign(new Error("x"), { code }), "x")?.code).toBe(expected);
});
