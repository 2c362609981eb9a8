import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DatabaseKind } from "../../../src/cli/context.ts";
import { readServiceConfig } from "../../../src/config.ts";
import { adoptStore, moveStore } from "../../../src/main/move.ts";
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

const OTHER = { sqlite: "postgresql", postgresql: "sqlite" } as const;

interface Instance {
  readonly folder: string;
  readonly url: string;
  /** 202s: one that is final, and one that was not sent. */
  readonly ids: readonly string[];
  /** An API key that a person was given. */
  readonly key: string;
}

/** Settings of a service on one of the two databases; nothing that it accepts is sent. */
function on(kind: DatabaseKind, { url }: Pick<Instance, "url">): Record<string, string> {
  return { HUFU_GROUP_AGE: "3600000", HUFU_DATABASE_URL: kind === "sqlite" ? "" : url };
}

async function start(kind: DatabaseKind, instance: Instance): Promise<TestService> {
  return await startTestService({ folder: instance.folder, env: on(kind, instance) });
}

/** A stopped instance with documents, references, an answer to a named request, and an API key of a person. */
async function instanceOn(kind: DatabaseKind): Promise<Instance> {
  const url = await server.fresh({ migrated: false });
  const sending = await startTestService({ env: { ...on(kind, { url }), HUFU_GROUP_AGE: "0" } });
  const { folder } = sending;
  folders.push(folder);
  const final = await anchorSome(sending, 450); // more than a page of rows
  await sending.stop();
  const service = await startTestService({ folder, env: on(kind, { url }) });
  const digest = `sha256:${"7e".repeat(32)}`;
  const { body } = await ask(`${service.url}/v1/anchors`, {
    key: service.keys.issuer,
    body: { documents: [{ digest, scene: "enterprise-credit-report", reference: "企业-1" }] },
    headers: { "idempotency-key": "night-1" },
  });
  const [queued] = body["anchors"] as { id: string }[];
  const made = await ask(`${service.url}/v1/api-keys`, {
    key: service.keys.operator,
    body: { name: "nightly-feed", role: "issuer", institution: 1 },
  });
  await service.stop();
  return { folder, url, ids: [final, queued?.id ?? ""], key: made.body["key"] as string };
}

/** Expects that everything is known on a database, and that documents are still accepted there, once each. */
async function expectAll(kind: DatabaseKind, instance: Instance): Promise<void> {
  const service = await start(kind, instance);
  try {
    const { key } = instance;
    const states = await Promise.all(
      instance.ids.map(async (id) => (await ask(`${service.url}/v1/anchors/${id}`, { key })).body["state"]),
    );
    expect(states).toEqual(["final", "queued"]);
    const again = await ask(`${service.url}/v1/anchors`, {
      key,
      body: { documents: [{ digest: `sha256:${"7e".repeat(32)}`, scene: "enterprise-credit-report" }] },
    });
    expect(again.body["anchors"]).toMatchObject([{ id: instance.ids[1], duplicate: true }]);
    const other = await anchorSome(service, 3, "");
    expect(other).not.toBe("");
  } finally {
    await service.stop();
  }
}

/** Rows that a copy has so far; 0 where the table is not there yet. */
async function rowsOf(kind: DatabaseKind, { folder, url }: Instance, table: string): Promise<number> {
  const count = `select count(*) as rows from ${table}`;
  try {
    if (kind === "postgresql")
      return Number((await server.query(count, new URL(url).pathname.slice(1)))[0]?.["rows"]);
    using database = new DatabaseSync(join(folder, "data", "hufu.db"), { readOnly: true });
    return Number(database.prepare(count).get()?.["rows"]);
  } catch {
    return 0;
  }
}

const configOf = ({ folder, url }: Instance) =>
  readServiceConfig({ HUFU_DATA_DIR: join(folder, "data"), HUFU_DATABASE_URL: url });

/** Before the first table, after some, and between the marks that follow the last. */
const ENDS = ["begun", "anchor", "node", "marked", "complete"];

describe.each<DatabaseKind>(["postgresql", "sqlite"])("hufu database move %s", { timeout: 300_000 }, (to) => {
  it("everything is there afterwards, and the database it came from starts no service", async () => {
    const instance = await instanceOn(OTHER[to]);
    const { tables } = await moveStore(configOf(instance), to);
    const counts = Object.fromEntries(tables.map(({ table, rows }) => [table, rows]));
    expect(counts).toMatchObject({ anchor: 451, idempotency: 1, split_view: 0 });
    expect(counts["entry"]).toBeGreaterThan(450);
    await expect(start(OTHER[to], instance)).rejects.toThrowCode("STORE_CHANGED");
    await expectAll(to, instance);
    // a fresh data directory does not take the earlier one for its own either
    const fresh = mkdtempSync(join(tmpdir(), "hufu-move-"));
    folders.push(fresh);
    cpSync(join(instance.folder, "data"), join(fresh, "data"), { recursive: true });
    rmSync(join(fresh, "data", "store.json"));
    await expect(start(OTHER[to], { ...instance, folder: fresh })).rejects.toThrowCode("STORE_CHANGED");
  });

  it("ended after any step, it starts no service on the copy, and goes on when it is run again", async () => {
    const instance = await instanceOn(OTHER[to]);
    const steps = new Set<string>();
    for (let ended = true; ended;) {
      ended = await moveStore(configOf(instance), to, (step) => {
        if (steps.has(step) || !ENDS.includes(step)) return Promise.resolve();
        steps.add(step);
        return Promise.reject(new Error("ended"));
      }).then(
        () => false,
        (error: unknown) => {
          expect(error).toMatchObject({ message: "ended" });
          return true;
        },
      );
      if (ended) await expect(start(to, instance), [...steps].at(-1)).rejects.toThrowCode("STORE_CHANGED");
    }
    expect([...steps]).toEqual(ENDS);
    expect((await moveStore(configOf(instance), to)).tables).toEqual([]); // it is there
    await expectAll(to, instance);
  });

  it("killed while it copies, it goes on when it is run again", async () => {
    const instance = await instanceOn(OTHER[to]);
    const HUFU = join(import.meta.dirname, "../../../src/bin/hufu.js");
    const run = () =>
      spawn(process.execPath, [HUFU, "database", "move", to], {
        env: {
          ...process.env,
          HUFU_DATA_DIR: join(instance.folder, "data"),
          HUFU_DATABASE_URL: instance.url,
        },
        stdio: "ignore",
      });
    for (const table of ["anchor", "entry", "node"]) {
      const child = run();
      while (child.exitCode === null && (await rowsOf(to, instance, table)) === 0) await sleep(2);
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    }
    const [code] = (await once(run(), "exit")) as [number | null];
    expect(code).toBe(0);
    await expectAll(to, instance);
  });

  it("what a service still does on the original between two runs is copied, too", async () => {
    const instance = await instanceOn(OTHER[to]);
    await expect(
      moveStore(configOf(instance), to, (step) =>
        step === "entry" ? Promise.reject(new Error("ended")) : Promise.resolve(),
      ),
    ).rejects.toThrow("ended");
    await expectAll(OTHER[to], instance);
    const { tables } = await moveStore(configOf(instance), to);
    expect(tables.find(({ table }) => table === "anchor")?.rows).toBe(454);
    await expectAll(to, instance);
  });

  it("it is refused while a service runs, and by a database with documents", async () => {
    const instance = await instanceOn(OTHER[to]);
    const service = await start(OTHER[to], instance);
    await expect(moveStore(configOf(instance), to)).rejects.toThrowCode("DATA_DIR_LOCKED");
    await service.stop();
    const other = await instanceOn(to);
    const config = { ...configOf(instance), databaseUrl: to === "sqlite" ? instance.url : other.url };
    if (to === "sqlite")
      cpSync(join(other.folder, "data", "hufu.db"), join(instance.folder, "data", "hufu.db"));
    await expect(moveStore(config, to)).rejects.toThrowCode("STORE_CHANGED");
    await expectAll(OTHER[to], instance);
  });
});

describe("hufu database move", { timeout: 300_000 }, () => {
  it("is refused while a standby has the database open", async () => {
    const instance = await instanceOn("postgresql");
    const folder = mkdtempSync(join(tmpdir(), "hufu-standby-"));
    folders.push(folder);
    for (const part of ["chain", "keys", "operator", "api-keys.secret"])
      cpSync(join(instance.folder, "data", part), join(folder, "data", part), { recursive: true });
    const leader = await start("postgresql", instance);
    const follower = await start("postgresql", { ...instance, folder });
    await leader.stop();
    await expect(moveStore(configOf(instance), "sqlite")).rejects.toThrowCode("DATABASE_IN_USE");
    await follower.stop();
    await moveStore(configOf(instance), "sqlite");
    await expectAll("sqlite", instance);
    await expect(start("postgresql", { ...instance, folder })).rejects.toThrowCode("STORE_CHANGED");
  });

  it("needs to know the PostgreSQL database, and a store to move", async () => {
    const folder = mkdtempSync(join(tmpdir(), "hufu-move-"));
    folders.push(folder);
    const config = readServiceConfig({ HUFU_DATA_DIR: join(folder, "data") });
    await expect(moveStore(config, "sqlite")).rejects.toThrowCode("CONFIG");
    const url = await server.fresh();
    for (const to of ["sqlite", "postgresql"] as const)
      await expect(moveStore({ ...config, databaseUrl: url }, to)).rejects.toThrowCode("STORE_CHANGED");
  });
});

describe("hufu database adopt", { timeout: 300_000 }, () => {
  it("a loss that is known is accepted: the next start is on the new store", async () => {
    const instance = await instanceOn("sqlite");
    await expect(start("postgresql", instance)).rejects.toThrowCode("STORE_CHANGED");
    const report = await adoptStore(configOf(instance));
    expect(report).toMatchObject({
      before: { at: expect.stringContaining("hufu.db") as string },
    });
    const service = await start("postgresql", instance);
    await service.stop();
    await expect(start("sqlite", instance)).rejects.toThrowCode("STORE_CHANGED");
  });
});
