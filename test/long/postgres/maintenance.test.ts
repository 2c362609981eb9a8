import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { IndexReport } from "../../../src/cli/context.ts";
import { readServiceConfig } from "../../../src/config.ts";
import { maintainIndex } from "../../../src/main/upkeep.ts";
import { openDatabase } from "../../../src/store/sql/database.ts";
import { openShared } from "../../../src/store/sql/leadership.ts";
import { startTestChain, type TestChain } from "../../support/chain/embedded.ts";
import { startPostgres, type TestPostgres } from "../../support/store/postgres.ts";
import { startTestService } from "../../support/service/service.ts";

const FOLLOWED = `registry_0x${"aa".repeat(20)}`;
const LEFT = `registry_0x${"bb".repeat(20)}`;

let server: TestPostgres;
let chain: TestChain;
let folder: string;
let at: string;
/** The state hash of an index made from the chain alone, in an empty file of SQLite. */
let expected: unknown;
const env = (): Record<string, string> => ({
  HUFU_CHAIN_RPC_URL: chain.url,
  HUFU_REGISTRY_ADDRESS: chain.registry,
  HUFU_FINALITY: "1",
});
beforeAll(async () => {
  [server, chain] = await Promise.all([startPostgres(), startTestChain()]);
  at = await server.fresh();
  folder = mkdtempSync(join(tmpdir(), "hufu-maintenance-"));
  mkdirSync(join(folder, "data"));
  cpSync(join(chain.folder, "hot"), join(folder, "data", "keys"), { recursive: true });
  const report = await index("rebuild");
  expected = report.task === "rebuild" ? report.after : undefined;
});
afterAll(async () => {
  await chain.close();
  await server.close();
  rmSync(folder, { recursive: true });
});

/** `hufu index` with a data directory of its own. */
async function index(task: "check" | "rebuild", url?: string): Promise<IndexReport> {
  const data = { HUFU_DATA_DIR: mkdtempSync(join(folder, "other-")) };
  const database = url === undefined ? {} : { HUFU_DATABASE_URL: url };
  return await maintainIndex(readServiceConfig({ ...env(), ...data, ...database }), task);
}

describe("the index of a service on PostgreSQL", () => {
  it("F12: the index is checked while the service runs, and rebuilt by the leader only", async () => {
    const service = await startTestService({ env: { ...env(), HUFU_DATABASE_URL: at }, folder });
    try {
      expect(await index("check", at)).toMatchObject({ task: "check", stateHash: expected });
      const rows = () => server.query("select xmin::text, * from entry order by idx", nameOf(at));
      const before = await rows();
      await expect(index("rebuild", at)).rejects.toThrowCode("DATABASE_IN_USE");
      expect(await rows()).toEqual(before); // not even rewritten
    } finally {
      await service.stop();
    }
    await index("rebuild", at);
  });

  it.each([
    ["entry", "update entry set bytes = set_bit(bytes, 77, 1 - get_bit(bytes, 77)) where idx = 5"],
    ["node", "update node set hash = set_bit(hash, 9, 1 - get_bit(hash, 9)) where level = 1 and idx = 2"],
    ["institution", "update institution set state = 'withdrawn' where id = 1"],
  ])("F46: a corrupted %s of the index is detected, and a rebuild repairs it", async (_, harm) => {
    expect(await index("check", at)).toMatchObject({ stateHash: expected });
    await server.query(harm, nameOf(at));
    await expect(index("check", at)).rejects.toThrowCode("INDEX_MISMATCH");
    const rebuilt = await index("rebuild", at);
    if (rebuilt.task !== "rebuild") throw new RangeError(rebuilt.task);
    expect(rebuilt.before).not.toEqual(expected);
    expect(rebuilt.after).toEqual(expected);
    expect(await index("check", at)).toMatchObject({ stateHash: expected });
  });

  it("a rebuild drops the schemas of other registries, except for one that a process follows", async () => {
    const followed = await openShared({ at, schema: FOLLOWED });
    await followed.leadership.lead(() => Promise.resolve());
    for (const schema of [LEFT, "registry_of_births"]) await (await openDatabase(at, { schema })).destroy();
    await index("check", at);
    expect(await schemas()).toEqual([FOLLOWED, LEFT, "registry_of_births"]);
    await index("rebuild", at);
    expect(await schemas()).toEqual([FOLLOWED, "registry_of_births"]);
    await followed.close();
    await index("rebuild", at);
    expect(await schemas()).toEqual(["registry_of_births"]);
  });

  it("F38: the index is unchanged after an outage of the database, and can be rebuilt", async () => {
    await server.kill();
    await expect(index("rebuild", at)).rejects.toThrowCode("DATABASE_UNAVAILABLE");
    await server.restart();
    expect(await index("check", at)).toMatchObject({ stateHash: expected });
    expect(await index("rebuild", at)).toMatchObject({ before: expected, after: expected });
  });
});

const nameOf = (url: string): string => new URL(url).pathname.slice(1);

async function schemas(): Promise<unknown[]> {
  const like = "select nspname from pg_namespace where nspname like 'registry%' order by 1";
  return (await server.query(like, nameOf(at))).map(({ nspname }) => nspname);
}
