/** Keeps a mirror in an SQLite file: the entries, the events of its directory, and why its root is believed. */
import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync, type SQLOutputValue } from "node:sqlite";
import { z } from "zod";
import { fromHex, toHex } from "../../core/bytes.ts";
import { ENTRY_BYTES } from "../../core/entry.ts";
import { AppError, quote } from "../../core/errors.ts";
import { storageFault } from "../../core/storage.ts";
import type { TreeSize } from "../../core/units.ts";
import { makeFile } from "../../files/durable.ts";
import { undefinedIfMissing } from "../../files/missing.ts";
import type { DirectoryEvent } from "../../log/directory.ts";
import { onDisk } from "../sql/sqlite-faults.ts";

const FILE = "mirror.db";
const VERSION = 1;
/** Entries of one row. */
const BUNDLE = 256;
/** Milliseconds that one program waits for another. */
const BUSY_TIMEOUT = 30_000;

const SETTINGS = "pragma journal_mode = wal; pragma synchronous = full";
const SCHEMA = `
  create table bundle (number integer primary key, entries blob not null) strict;
  create table event (entry integer primary key, event blob not null) strict;
  create table state (name text primary key, body text not null, seal blob not null) strict, without rowid;
  pragma user_version = ${VERSION}`;

const believed = z.discriminatedUnion("by", [
  z.object({ by: z.literal("node"), block: z.int(), time: z.int() }),
  z.object({ by: z.enum(["policy", "pin"]), policy: z.string(), checkpoint: z.string(), at: z.int() }),
]);
const proven = z.object({
  origin: z.string(),
  size: z.int().min(0),
  root: z.string().regex(/^[0-9a-f]{64}$/),
  believed,
});
const progress = z.object({ block: z.int(), size: z.int().min(0) });

/** As `MirrorStore` of the SDK declares it; what is stored is sealed by its SHA-256, so that a flipped bit is noticed. */
export class MirrorFile {
  readonly #db: DatabaseSync;

  private constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /** Opens the mirror in `folder`, and makes both where they do not exist. @throws AppError STORAGE_*, SCHEMA_NEWER */
  static async open(folder: string): Promise<MirrorFile> {
    await makeFile(join(folder, FILE)).catch((error: unknown) => {
      throw storageFault(error, `${quote(folder)} cannot be used`) ?? unusable(folder, error);
    });
    return MirrorFile.#openFile(folder);
  }

  /** The same for an existing one. @throws AppError MIRROR_MISSING: there is none */
  static async find(folder: string): Promise<MirrorFile> {
    const found = await stat(join(folder, FILE)).catch(undefinedIfMissing);
    if (found !== undefined) return MirrorFile.#openFile(folder);
    const detail = `${quote(folder)} holds no mirror; make one with: hufu mirror --dir`;
    throw new AppError("MIRROR_MISSING", { detail });
  }

  static #openFile(folder: string): MirrorFile {
    return disk(() => {
      const db = new DatabaseSync(join(folder, FILE), { timeout: BUSY_TIMEOUT });
      try {
        db.exec(SETTINGS);
        const version = Number(db.prepare("pragma user_version").get()?.["user_version"]);
        if (version > VERSION)
          throw new AppError("SCHEMA_NEWER", { detail: `${quote(folder)} was written by a newer version` });
        if (version === 0) db.exec(SCHEMA);
        return new MirrorFile(db);
      } catch (error) {
        db.close();
        throw error;
      }
    });
  }

  state() {
    const found = this.#sealed("proven", proven);
    return found && { ...found, root: fromHex(found.root) };
  }

  read() {
    return this.#sealed("reading", progress);
  }

  *entries(): Generator<Uint8Array> {
    let next = 0;
    for (const { number, entries } of this.#rows("select number, entries from bundle order by number")) {
      if (number !== next || !(entries instanceof Uint8Array) || entries.length % ENTRY_BYTES !== 0)
        throw damaged(`bundle ${next} is not as it was written`);
      next += 1;
      for (let at = 0; at < entries.length; at += ENTRY_BYTES) yield entries.subarray(at, at + ENTRY_BYTES);
    }
  }

  *events(): Generator<DirectoryEvent> {
    for (const { entry, event } of this.#rows("select entry, event from event order by entry")) {
      if (typeof entry !== "number" || !(event instanceof Uint8Array))
        throw damaged("an event is not readable");
      yield { index: entry, event };
    }
  }

  append(page: {
    entries: readonly Uint8Array[];
    events: readonly DirectoryEvent[];
    read?: z.infer<typeof progress> | undefined;
  }): void {
    this.#write(() => {
      const insert = this.#db.prepare("insert or ignore into event values (?, ?)");
      for (const { index, event } of page.events) insert.run(index, event);
      this.#appendEntries(page.entries);
      if (page.read !== undefined) this.#seal("reading", page.read);
    });
  }

  prove({ root, ...state }: { root: Uint8Array } & Omit<z.infer<typeof proven>, "root">): void {
    this.#write(() => this.#seal("proven", { ...state, root: toHex(root) }));
  }

  truncate(size: TreeSize): void {
    this.#write(() => {
      const { number, entries } = this.#last() ?? { number: -1, entries: new Uint8Array() };
      if (number * BUNDLE + entries.length / ENTRY_BYTES <= size) return;
      const last = Math.floor(size / BUNDLE);
      const kept = this.#db.prepare("select entries from bundle where number = ?").get(last)?.["entries"];
      this.#db.prepare("delete from bundle where number >= ?").run(last);
      this.#db.prepare("delete from event where entry >= ?").run(size);
      this.#db.exec("delete from state where name = 'reading'");
      if (size % BUNDLE !== 0 && kept instanceof Uint8Array)
        this.#put(last, kept.subarray(0, (size % BUNDLE) * ENTRY_BYTES));
    });
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }

  #appendEntries(entries: readonly Uint8Array[]): void {
    const last = this.#last();
    let number = last?.number ?? 0;
    let parts = last === undefined ? [] : [last.entries];
    let count = (last?.entries.length ?? 0) / ENTRY_BYTES;
    for (const entry of entries) {
      if (count === BUNDLE) {
        this.#put(number, Buffer.concat(parts));
        [number, parts, count] = [number + 1, [], 0];
      }
      parts.push(entry);
      count += 1;
    }
    if (entries.length > 0) this.#put(number, Buffer.concat(parts));
  }

  #put(number: number, entries: Uint8Array): void {
    this.#db.prepare("replace into bundle values (?, ?)").run(number, entries);
  }

  #last(): { number: number; entries: Uint8Array } | undefined {
    const row = this.#db.prepare("select number, entries from bundle order by number desc limit 1").get();
    if (row === undefined) return undefined;
    const { number, entries } = row;
    if (typeof number === "number" && entries instanceof Uint8Array) return { number, entries };
    throw damaged("the last bundle is not readable");
  }

  #seal(name: string, value: object): void {
    const body = JSON.stringify(value);
    this.#db.prepare("replace into state values (?, ?, ?)").run(name, body, sealOf(name, body));
  }

  #sealed<T>(name: string, schema: z.ZodType<T>): T | undefined {
    const row = disk(() => this.#db.prepare("select body, seal from state where name = ?").get(name));
    if (row === undefined) return undefined;
    const { body, seal } = row;
    if (typeof body === "string" && seal instanceof Uint8Array && sealOf(name, body).equals(seal)) {
      const parsed = schema.safeParse(JSON.parse(body));
      if (parsed.success) return parsed.data;
    }
    throw damaged(`the row ${quote(name)} is not as it was written`);
  }

  *#rows(query: string): Generator<Record<string, SQLOutputValue>> {
    const rows = disk(() => this.#db.prepare(query).iterate());
    for (;;) {
      const row = disk(() => rows.next());
      if (row.done === true) return;
      yield row.value;
    }
  }

  #write(run: () => void): void {
    disk(() => {
      this.#db.exec("begin immediate");
      try {
        run();
        this.#db.exec("commit");
      } catch (error) {
        if (this.#db.isTransaction) this.#db.exec("rollback");
        throw error;
      }
    });
  }
}

function sealOf(name: string, body: string): Buffer {
  return createHash("sha256").update(`hufu/mirror/v1\0${name}\0${body}`).digest();
}

function disk<T>(run: () => T): T {
  return onDisk(run, () => undefined);
}

function unusable(folder: string, cause: unknown): AppError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const detail = `the mirror in ${quote(folder)} cannot be used (${code ?? message})`;
  return new AppError("STORAGE_FAILED", { detail }, { cause });
}

function damaged(detail: string): AppError {
  return new AppError("MIRROR_DAMAGED", { detail });
}
