/** Tests the first start on data of 0.1.0. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import { startChain } from "../../src/main/node.ts";
import { startTestService } from "../support/service/service.ts";

const WHAT_TO_DO = /was written by Hufu 0\.1\.0, .* start with another data directory and database$/;
const JOURNAL = '{"journal":"hufu-chain/1","chainId":31337,"hardfork":"prague","genesisTime":1800000000}\n';

let folder: string;
let data: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hufu-older-"));
  data = join(folder, "data");
  mkdirSync(join(data, "chain"), { recursive: true, mode: 0o700 });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function leaveDatabase(): void {
  const database = new DatabaseSync(join(data, "hufu.db"));
  database.exec(
    "create table kysely_migration (name varchar(255) primary key, timestamp varchar(255) not null)",
  );
  const names = ["0001-log-and-outbox", "0002-whole-directory", "0009-witnessing"];
  for (const name of names)
    database.exec(`insert into kysely_migration values ('${name}', '2026-11-30T00:00:00Z')`);
  database.close();
}
const journal = (): string => join(data, "chain", "journal.ndjson");
const leaveJournal = (): void => writeFileSync(journal(), JOURNAL);

describe("a data directory of 0.1.0", () => {
  it.each<[string, () => void]>([
    [
      "database and journal",
      () => {
        leaveDatabase();
        leaveJournal();
      },
    ],
    ["database", leaveDatabase],
    ["journal", leaveJournal],
  ])("a start on its %s is refused with one sentence, and changes nothing", async (_, leave) => {
    leave();
    const start = startTestService({ folder });
    await expect(start).rejects.toMatchObject({
      code: "DATA_OF_OLDER_VERSION",
      fields: { detail: expect.stringMatching(WHAT_TO_DO) as string },
    });
    if (leave !== leaveDatabase) expect(readFileSync(journal(), "utf8")).toBe(JOURNAL);
  });

  it("hufu chain refuses it too", async () => {
    leaveJournal();
    const options = { dataDir: data, listen: { host: "127.0.0.1", port: 0 }, minDiskFree: 0, bare: false };
    const chain = startChain(options, { clock: systemClock, log: pino({ level: "silent" }) });
    await expect(chain).rejects.toThrowCode("DATA_OF_OLDER_VERSION");
  });
});
