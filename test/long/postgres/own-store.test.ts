import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { anchorSome } from "../../support/service/anchor-some.ts";
import { ask, startTestService, type TestService } from "../../support/service/service.ts";
import { startPostgres, type TestPostgres } from "../../support/store/postgres.ts";

let server: TestPostgres;
const folders: string[] = [];
beforeAll(async () => void (server = await startPostgres()));
afterAll(async () => {
  await server.close();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Nothing is sent meanwhile: what is acknowledged is in the database alone. */
const HELD = { HUFU_GROUP_AGE: "3600000" };

interface Acknowledged {
  readonly folder: string;
  readonly data: string;
  readonly env: Record<string, string>;
  readonly id: string;
}

/** A stopped service whose data directory has one document that was answered with 202. */
async function acknowledged(url?: string): Promise<Acknowledged> {
  const env = { ...HELD, ...(url === undefined ? {} : { HUFU_DATABASE_URL: url }) };
  const service = await startTestService({ env });
  folders.push(service.folder);
  const id = await anchorSome(service, 1, "");
  await service.stop();
  return { folder: service.folder, data: join(service.folder, "data"), env, id };
}

async function start(folder: string, env: Record<string, string>): Promise<TestService> {
  return await startTestService({ folder, env });
}

/** Expects that the document is known, with its 202's id and by its key. */
async function expectKept({ folder, env, id }: Acknowledged): Promise<void> {
  const service = await start(folder, env);
  const { status, body } = await ask(`${service.url}/v1/anchors/${id}`, { key: service.keys.issuer });
  await service.stop();
  expect([status, body["state"]]).toEqual([200, "queued"]);
}

async function tablesOf(url: string): Promise<number> {
  const [row] = await server.query(
    "select count(*)::int as tables from pg_tables where schemaname not in ('pg_catalog', 'information_schema')",
    nameOf(url),
  );
  return row?.["tables"] as number;
}
const nameOf = (url: string): string => new URL(url).pathname.slice(1);

describe("F37: a data directory with acknowledged documents", { timeout: 300_000 }, () => {
  it("a directory on SQLite is refused an empty PostgreSQL, which stays empty", async () => {
    const kept = await acknowledged();
    const url = await server.fresh({ migrated: false });
    await expect(start(kept.folder, { ...kept.env, HUFU_DATABASE_URL: url })).rejects.toThrowCode(
      "STORE_CHANGED",
    );
    expect(await tablesOf(url)).toBe(0);
    await expectKept(kept);
  });

  it("so is a directory on SQLite without the file that names its store", async () => {
    const kept = await acknowledged();
    rmSync(join(kept.data, "store.json"));
    const url = await server.fresh({ migrated: false });
    await expect(start(kept.folder, { ...kept.env, HUFU_DATABASE_URL: url })).rejects.toThrowCode(
      "STORE_CHANGED",
    );
    await expectKept(kept);
  });

  it("a directory on SQLite whose database is gone is refused, and no database is made", async () => {
    const kept = await acknowledged();
    rmSync(join(kept.data, "hufu.db"));
    await expect(start(kept.folder, kept.env)).rejects.toThrowCode("STORE_CHANGED");
    expect(existsSync(join(kept.data, "hufu.db"))).toBe(false);
  });

  it.each<[string, (url: string) => Promise<Record<string, string>>]>([
    ["SQLite", () => Promise.resolve({ HUFU_DATABASE_URL: "" })],
    ["another database", async () => ({ HUFU_DATABASE_URL: await server.fresh({ migrated: false }) })],
    ["another database that has tables", async () => ({ HUFU_DATABASE_URL: await server.fresh() })],
    [
      "another schema by the URL",
      async (url) => {
        await server.query("create schema other", nameOf(url));
        return { HUFU_DATABASE_URL: `${url}?options=-csearch_path%3Dother` };
      },
    ],
    [
      "another schema by a setting of the database",
      async (url) => {
        await server.query("create schema other", nameOf(url));
        await server.query(`alter database ${nameOf(url)} set search_path = other, public`);
        return { HUFU_DATABASE_URL: url };
      },
    ],
    [
      "a schema of the user's name, which comes first",
      async (url) => {
        await server.query("create schema hufu", nameOf(url));
        return { HUFU_DATABASE_URL: url };
      },
    ],
    [
      "an empty database of the same name",
      async (url) => {
        await server.query(`alter database ${nameOf(url)} rename to ${nameOf(url)}_before`);
        await server.query(`create database ${nameOf(url)}`);
        return { HUFU_DATABASE_URL: url };
      },
    ],
  ])("a directory on PostgreSQL is refused %s", async (_, changed) => {
    const kept = await acknowledged(await server.fresh());
    const env = { ...kept.env, ...(await changed(kept.env["HUFU_DATABASE_URL"] ?? "")) };
    await expect(start(kept.folder, env)).rejects.toThrowCode("STORE_CHANGED");
    expect(existsSync(join(kept.data, "hufu.db"))).toBe(false);
  });

  it("a fresh directory beside a database with documents joins it", async () => {
    const url = await server.fresh();
    const kept = await acknowledged(url);
    const other = mkdtempSync(join(tmpdir(), "hufu-own-store-"));
    folders.push(other);
    cpSync(kept.data, join(other, "data"), {
      recursive: true,
      filter: (path) => !/\/(?:store\.json|credentials\.json|instance|lock.*)$/.test(path),
    });
    await expectKept({ ...kept, folder: other });
    await expectKept(kept);
  });
});

describe("F37: keys that have recorded documents, in a new data directory", { timeout: 300_000 }, () => {
  it.each([["SQLite"], ["PostgreSQL"]])("are refused an empty %s", async (where) => {
    const before = await startTestService();
    folders.push(before.folder);
    await anchorSome(before, 1);
    await before.stop();
    const folder = mkdtempSync(join(tmpdir(), "hufu-own-store-"));
    folders.push(folder);
    for (const part of ["keys", "chain"])
      cpSync(join(before.folder, "data", part), join(folder, "data", part), { recursive: true });
    const env: Record<string, string> = where === "SQLite" ? {} : { HUFU_DATABASE_URL: await server.fresh() };
    for (const attempt of [1, 2])
      await expect(start(folder, env), `attempt ${attempt}`).rejects.toThrowCode("STORE_CHANGED");
  });
});
