import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SqlOutbox } from "../../../src/store/outbox/outbox.ts";
import { openDatabase } from "../../../src/store/sql/database.ts";

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "hufu-db-"))));
afterEach(() => rmSync(folder, { recursive: true }));

describe("the database", () => {
  it("the database syncs every commit to disk", async () => {
    const db = await openDatabase(join(folder, "db"));
    const { rows: mode } = await sql<{ journal_mode: string }>`pragma journal_mode`.execute(db);
    const { rows: sync } = await sql<{ synchronous: number }>`pragma synchronous`.execute(db);
    expect([mode, sync]).toEqual([[{ journal_mode: "wal" }], [{ synchronous: 2 }]]);
    await db.destroy();
  });

  it("the database keeps its content when it is opened again", async () => {
    const first = await openDatabase(join(folder, "db"));
    await first
      .insertInto("secret")
      .values({ name: "a", value: new Uint8Array([1]) })
      .execute();
    await first.destroy();
    const second = await openDatabase(join(folder, "db"));
    expect(await second.selectFrom("secret").select("name").execute()).toEqual([{ name: "a" }]);
    await second.destroy();
  });

  it("the references of documents that were accepted before there could be several are kept", async () => {
    const at = join(folder, "db");
    await (await openDatabase(at)).destroy();
    const before = new DatabaseSync(at);
    before.exec(`
      drop table document_reference;
      alter table anchor add column reference text;
      create index anchor_reference on anchor (reference) where reference is not null;
      delete from kysely_migration where name = '2/0011-references';
      insert into anchor (id, institution, algorithm, payload, scene, valid_until, reference, accepted_at) values
        ('a', 1, 1, x'0a', 1, 0, 'R-2', 1), ('b', 1, 1, x'0b', 1, 0, null, 1), ('c', 1, 1, x'0c', 1, 0, 'R-1', 1)`);
    before.close();
    const after = await openDatabase(at);
    const found = await new SqlOutbox(after).anchors(["a", "b", "c"]);
    expect(found.map(({ references }) => references)).toEqual([["R-2"], [], ["R-1"]]);
    expect((await new SqlOutbox(after).referenced(1, ["R-1"])).map(({ id }) => id)).toEqual(["c"]);
    await after.destroy();
  });

  it("a database of a later version is refused, and left as it is", async () => {
    const db = await openDatabase(join(folder, "db"));
    await sql`insert into kysely_migration (name, timestamp) values ('9999-later', '2030')`.execute(db);
    await db.destroy();
    await expect(openDatabase(join(folder, "db"))).rejects.toThrowCode("SCHEMA_NEWER");
  });

  it("a database of 0.1.0 is refused with what to do, and left as it is", async () => {
    const before = new DatabaseSync(join(folder, "db"));
    before.exec(
      "create table kysely_migration (name varchar(255) primary key, timestamp varchar(255) not null)",
    );
    before.exec("insert into kysely_migration values ('0001-log-and-outbox', '2026-01-01T00:00:00.000Z')");
    before.close();
    await expect(openDatabase(join(folder, "db"))).rejects.toThrowCode("DATA_OF_OLDER_VERSION");
    const after = new DatabaseSync(join(folder, "db"));
    const tables = after.prepare("select name from sqlite_master where type = 'table'").all();
    after.close();
    expect(tables).toEqual([{ name: "kysely_migration" }]);
  });

  it("a file that is not a database is refused", async () => {
    writeFileSync(join(folder, "db"), "x".repeat(10_000));
    await expect(openDatabase(join(folder, "db"))).rejects.toThrowCode("DATA_DIR_UNUSABLE");
  });
});
