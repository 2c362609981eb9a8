import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SplitView } from "../../../src/attest/ports.ts";
import { AppError } from "../../../src/core/errors.ts";
import { cosign, formatCheckpoint } from "../../../src/log/checkpoint.ts";
import { formatNote, parseNote, signNote } from "../../../src/log/note.ts";
import { SqlCheckpoints } from "../../../src/store/attest/checkpoints.ts";
import type { Database } from "../../../src/store/sql/database.ts";
import type { Fence } from "../../../src/store/sql/store.ts";
import { SqlSplits } from "../../../src/store/attest/splits.ts";
import { SqlWitnessedLogs } from "../../../src/store/attest/witnessed-logs.ts";
import { openTestDatabase } from "../../support/store/database.ts";
import { cosignerOf, signerOf } from "../../support/log/signers.ts";

let db: Database;
beforeEach(async () => void (db = await openTestDatabase()));
afterEach(async () => await db.destroy());

/** The fence of a process that has lost the lead. */
const LOST: Fence = {
  hold: () => Promise.reject(new AppError("LEADERSHIP_LOST", { detail: "another process leads" })),
};
const hash = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const KEY = hash(9);

const split = (size: number, root = hash(1)): SplitView => ({
  size,
  root,
  ownRoot: hash(2),
  note: "a note\n",
  proof: [hash(3), hash(4)],
  observedAt: 1_800_000_000,
});

function noteOf(size: number): string {
  const text = formatCheckpoint({ origin: "log", size, root: hash(size) });
  return formatNote({ text, signatures: [signNote(text, signerOf("log"))] });
}

describe("what was cosigned last for a key", () => {
  const store = (fence?: Fence): SqlWitnessedLogs => new SqlWitnessedLogs(db, fence);
  const head = (size: number) => ({ size, root: hash(size) });

  it("the stored tree head is that of the last check, for each key separately", async () => {
    const seen: unknown[] = [];
    for (const size of [3, 5]) await store().advance(KEY, (last) => (seen.push(last), head(size)));
    await store().advance(hash(8), (last) => (seen.push(last), head(1)));
    await store().advance(KEY, (last) => (seen.push(last), head(7)));
    expect(seen).toEqual([undefined, head(3), undefined, head(5)]);
  });

  it("the stored tree head stays where the check throws or another process leads", async () => {
    await store().advance(KEY, () => head(3));
    const refuse = (): never => {
      throw new AppError("CHECKPOINT_CONFLICT", { detail: "no" });
    };
    await expect(store().advance(KEY, refuse)).rejects.toThrowCode("CHECKPOINT_CONFLICT");
    await expect(store(LOST).advance(KEY, () => head(9))).rejects.toThrowCode("LEADERSHIP_LOST");
    await store().advance(KEY, (last) => {
      expect(last).toEqual(head(3));
      return head(4);
    });
  });

  it("concurrent advances of a tree head are all applied, one after the other", async () => {
    const next = (last: { size: number } | undefined) => head((last?.size ?? 0) + 1);
    await Promise.all(Array.from({ length: 6 }, () => store().advance(KEY, next)));
    await store().advance(KEY, (last) => {
      expect(last).toEqual(head(6));
      return head(7);
    });
  });
});

describe("a checkpoint", () => {
  it("a checkpoint takes one cosignature of each key, and none while another process leads", async () => {
    const store = new SqlCheckpoints(db);
    for (const size of [5, 9]) await store.keep(noteOf(size));
    const { text } = parseNote(noteOf(5));
    const signatures = ["a", "b"].map((name) => cosign(text, cosignerOf(name), 1));
    await expect(new SqlCheckpoints(db, LOST).addCosignatures(5, signatures)).rejects.toThrowCode(
      "LEADERSHIP_LOST",
    );
    expect((await store.at(5))?.note).toBe(noteOf(5));
    expect(await store.covering(4)).toMatchObject({ size: 9 });
    for (const signature of signatures) await store.addCosignatures(5, [signature]);
    await store.addCosignatures(5, [cosign(text, cosignerOf("a"), 2)]);
    expect(parseNote((await store.at(5))?.note ?? "").signatures.slice(1)).toEqual(signatures);
    expect(await store.covering(4)).toMatchObject({ size: 5 });
    expect(await store.covering(5)).toMatchObject({ size: 9 });
    await expect(store.addCosignatures(7, signatures)).rejects.toThrow();
  });
});

describe("split views", () => {
  it("split views are stored once for each root of a size, the newest first", async () => {
    const store = new SqlSplits(db);
    const views = [split(5), split(5, hash(7)), split(3)];
    for (const view of views) expect(await store.keep(view)).toBe(true);
    expect(await store.keep({ ...split(5), observedAt: 5 })).toBe(false);
    expect(await store.newest(10)).toEqual([...views].reverse());
    expect(await store.newest(1)).toEqual([split(3)]);
    await expect(new SqlSplits(db, LOST).keep(split(9))).rejects.toThrowCode("LEADERSHIP_LOST");
  });

  it("at most a thousand split views are stored", async () => {
    const rows = Array.from({ length: 999 }, (_, i) => ({
      size: i,
      root: hash(1),
      own_root: hash(2),
      note: "",
      proof: "",
      observed_at: 1,
    }));
    for (const part of [rows.slice(0, 500), rows.slice(500)])
      await db.insertInto("split_view").values(part).execute();
    const store = new SqlSplits(db);
    expect([await store.keep(split(2_000)), await store.keep(split(2_001))]).toEqual([true, false]);
    expect(await store.newest(1)).toMatchObject([{ size: 2_000 }]);
  });
});
