import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SplitView } from "../../../src/attest/ports.ts";
import { AppError } from "../../../src/core/errors.ts";
import { cosign, formatCheckpoint } from "../../../src/log/checkpoint.ts";
import { formatNote, parseNote, signNote, type Note, type NoteSignature } from "../../../src/log/note.ts";
import { SqlCheckpoints } from "../../../src/store/attest/checkpoints.ts";
import type { Database } from "../../../src/store/sql/database.ts";
import type { Fence } from "../../../src/store/sql/store.ts";
import { SqlSplits } from "../../../src/store/attest/splits.ts";
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

const split = (size: number, root = hash(1), signer = KEY): SplitView => ({
  size,
  root,
  ownRoot: hash(2),
  signer,
  note: "a note\n",
  proof: [hash(3), hash(4)],
  observedAt: 1_800_000_000,
});

function noteOf(size: number): string {
  const text = formatCheckpoint({ origin: "log", size, root: hash(size) });
  return formatNote({ text, signatures: [signNote(text, signerOf("log"))] });
}

describe("a checkpoint", () => {
  const store = (fence?: Fence): SqlCheckpoints => new SqlCheckpoints(db, fence);
  const cosigned = (size: number, name: string, time: number): NoteSignature =>
    cosign(parseNote(noteOf(size)).text, cosignerOf(name), time);
  const of = (size: number, ...signatures: NoteSignature[]): Note => ({
    ...parseNote(noteOf(size)),
    signatures,
  });

  it("the newest checkpoint is that of the last advance, and all before are kept", async () => {
    const seen: unknown[] = [];
    for (const size of [3, 5, 7])
      await store().advance((last) => {
        seen.push(last?.size);
        return noteOf(size);
      });
    expect(seen).toEqual([undefined, 3, 5]);
    expect(await store().latest()).toEqual({ size: 7, root: hash(7), note: noteOf(7) });
    expect(await store().sizes({ after: 0, limit: 10 })).toEqual([3, 5, 7]);
  });

  it("the newest checkpoint stays where signing throws, goes back, forks, or another process leads", async () => {
    await store().advance(() => noteOf(5));
    const refuse = (): never => {
      throw new AppError("CHECKPOINT_INCONSISTENT", { detail: "no" });
    };
    await expect(store().advance(refuse)).rejects.toThrowCode("CHECKPOINT_INCONSISTENT");
    await expect(store(LOST).advance(() => noteOf(9))).rejects.toThrowCode("LEADERSHIP_LOST");
    const text = formatCheckpoint({ origin: "log", size: 5, root: hash(6) });
    const other = formatNote({ text, signatures: [signNote(text, signerOf("log"))] });
    for (const note of [noteOf(4), other])
      await expect(store().advance(() => note)).rejects.toMatchObject({
        code: "CHECKPOINT_CONFLICT",
        fields: { size: 5 },
      });
    expect(await store().sizes({ after: 0, limit: 10 })).toEqual([5]);
    expect((await store().latest())?.note).toBe(noteOf(5));
  });

  it("concurrent advances are all applied, one after the other", async () => {
    const next = (last: { size: number } | undefined): string => noteOf((last?.size ?? 0) + 1);
    await Promise.all(Array.from({ length: 6 }, () => store().advance(next)));
    expect(await store().sizes({ after: 0, limit: 10 })).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("a size that is signed again has the newest cosignature of each key, and no line twice", async () => {
    const log = parseNote(noteOf(5)).signatures;
    const at = (time: number): string => formatNote(of(5, ...log, cosigned(5, "a", time)));
    await store().advance(() => at(2));
    await store().advance(() => at(9));
    await store().advance(() => at(4));
    expect((await store().latest())?.note).toBe(at(9));
  });

  it("a checkpoint takes the newest cosignature of each key, and none while another process leads", async () => {
    for (const size of [5, 9]) await store().advance(() => noteOf(size));
    const [first, second] = [cosigned(5, "a", 1), cosigned(5, "b", 1)];
    await expect(store(LOST).addSignatures(of(5, first), { witnessed: true })).rejects.toThrowCode(
      "LEADERSHIP_LOST",
    );
    expect((await store().at(5))?.note).toBe(noteOf(5));
    for (const each of [first, second]) await store().addSignatures(of(5, each), { witnessed: false });
    expect(await store().covering(4)).toMatchObject({ size: 9 });
    const newer = cosigned(5, "a", 3);
    await store().addSignatures(of(5, newer, cosigned(5, "b", 0)), { witnessed: true });
    expect(parseNote((await store().at(5))?.note ?? "").signatures.slice(1)).toEqual([newer, second]);
    expect(await store().covering(4)).toMatchObject({ size: 5 });
    expect(await store().covering(5)).toMatchObject({ size: 9 });
  });

  it("signatures of a size that is not signed here, or of another text, are not kept", async () => {
    await store().advance(() => noteOf(5));
    const text = formatCheckpoint({ origin: "log", size: 5, root: hash(6) });
    const other = { text, signatures: [cosign(text, cosignerOf("a"), 1)] };
    for (const note of [of(7, cosigned(7, "a", 1)), other])
      await store().addSignatures(note, { witnessed: true });
    expect((await store().at(5))?.note).toBe(noteOf(5));
    expect(await store().at(7)).toBeUndefined();
  });

  it("a checkpoint that has as many signatures as a note can have takes no other, and stays readable", async () => {
    await store().advance(() => noteOf(5));
    const many = Array.from({ length: 80 }, (_, i) => cosigned(5, `w${i}`, 1));
    await store().addSignatures(of(5, ...many), { witnessed: true });
    await store().addSignatures(of(5, cosigned(5, "w0", 2)), { witnessed: true });
    const { signatures } = parseNote((await store().at(5))?.note ?? "");
    expect(signatures).toHaveLength(64);
    expect(signatures[1]).toEqual(cosigned(5, "w0", 2));
  });
});

describe("split views", () => {
  it("split views are stored once for each key and root of a size, the newest first", async () => {
    const store = new SqlSplits(db);
    const views = [split(5), split(5, hash(7)), split(3)];
    for (const view of views) expect(await store.keep(view)).toBe(true);
    expect(await store.keep({ ...split(5), observedAt: 5 })).toBe(false);
    expect(await store.newest(10)).toEqual([...views].reverse());
    expect(await store.newest(1)).toEqual([split(3)]);
    await expect(new SqlSplits(db, LOST).keep(split(9))).rejects.toThrowCode("LEADERSHIP_LOST");
  });

  it("the same root of another key is another split view, and the newest of each key come first", async () => {
    const store = new SqlSplits(db);
    const views = [split(5, hash(1), hash(8)), split(5), split(6), split(7)];
    for (const view of views) expect(await store.keep(view)).toBe(true);
    const [other, ...own] = views;
    expect(await store.newest(2)).toEqual([own[2], other]);
    expect(await store.newest(10)).toEqual([own[2], other, own[1], own[0]]);
  });

  it("a hundred split views of a key are stored at most, and they take nothing from other keys", async () => {
    const rows = Array.from({ length: 99 }, (_, i) => ({
      size: i,
      root: hash(1),
      own_root: hash(2),
      signer: KEY,
      note: "",
      proof: "",
      observed_at: 1,
    }));
    await db.insertInto("split_view").values(rows).execute();
    const store = new SqlSplits(db);
    expect([await store.keep(split(2_000)), await store.keep(split(2_001))]).toEqual([true, false]);
    expect(await store.newest(1)).toMatchObject([{ size: 2_000 }]);
    expect(await store.keep(split(2_001, hash(1), hash(8)))).toBe(true);
  });
});
