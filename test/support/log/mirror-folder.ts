/** Keeps mirrors in folders that are removed after the test, and reads what is in them. */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync, type SQLOutputValue } from "node:sqlite";
import { follow, type Followed } from "../../../src/sdk/mirror/follow.ts";
import { Mirror } from "../../../src/sdk/mirror/mirror.ts";
import type { MirrorSource } from "../../../src/sdk/mirror/ports.ts";
import { MirrorReader } from "../../../src/sdk/mirror/reader.ts";
import { MirrorFile } from "../../../src/store/mirror/mirror-file.ts";
import { TIME } from "./receipts.ts";

export class MirrorFolder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "hufu-mirror-"));

  /** The same content in another folder. */
  copy(): MirrorFolder {
    const copy = new MirrorFolder();
    cpSync(this.path, copy.path, { recursive: true });
    return copy;
  }

  async follow(source: MirrorSource): Promise<Followed> {
    using store = await MirrorFile.open(this.path);
    return await follow({ store, source, progress: () => undefined });
  }

  async open(): Promise<Mirror> {
    using store = await MirrorFile.find(this.path);
    return Mirror.open(store);
  }

  /** @param now by the reader's clock, in seconds after the log's time */
  async reader({ now = 10, maxLag = 600 }: { now?: number; maxLag?: number } = {}): Promise<MirrorReader> {
    return new MirrorReader({
      mirror: await this.open(),
      clock: { now: () => TIME + now, millis: () => (TIME + now) * 1_000 },
      judging: { maxLag, acceptedIssuers: [] },
      language: "en",
    });
  }

  /** Runs SQL on the file. */
  sql(statement: string, ...values: readonly (string | number | Uint8Array)[]): void {
    const db = new DatabaseSync(join(this.path, "mirror.db"));
    db.prepare(statement).run(...values);
    db.close();
  }

  rows(query: string): Record<string, SQLOutputValue>[] {
    const db = new DatabaseSync(join(this.path, "mirror.db"));
    const rows = db.prepare(query).all();
    db.close();
    return rows;
  }

  /** Every byte of every row. */
  dump(): unknown {
    return ["bundle", "event", "state"].map((table) => this.rows(`select * from ${table} order by 1`));
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
