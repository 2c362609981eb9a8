/** Tests restores of older backups beside chains that went on, and backups and restores that are killed. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { DATA_FILES, filesBelow } from "../../src/files/data-dir.ts";
import { startAnvil } from "../support/chain/anvil.ts";
import { hufu } from "../support/cli/cli.ts";
import { randomFrom } from "../support/random.ts";
import { digestsOf } from "../support/service/cluster.ts";
import { ask } from "../support/service/service.ts";
import { Serving } from "../support/service/serving.ts";
import { startPostgres } from "../support/store/postgres.ts";

const HUFU = join(import.meta.dirname, "../../src/bin/hufu.js");
const SCENE = "enterprise-credit-report";
const digestOf = (text: string): string => `sha256:${createHash("sha256").update(text).digest("hex")}`;
const digests = (...texts: string[]): string[] => texts.map(digestOf).toSorted();

let folder: string;
let data: string;
let cleanup: AsyncDisposableStack;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hufu-backups-"));
  data = join(folder, "data");
  cleanup = new AsyncDisposableStack();
});
afterEach(async () => {
  await cleanup.disposeAsync();
  rmSync(folder, { recursive: true, force: true });
});

async function serve(env: Record<string, string>): Promise<Serving> {
  const serving = await Serving.start(data, env);
  cleanup.defer(async () => {
    await serving.kill();
  });
  return serving;
}

async function command(name: "backup" | "restore", env: Record<string, string>): Promise<string> {
  const { code, stdout, stderr } = await hufu([name, join(folder, "saved")], {
    env: { ...env, HUFU_DATA_DIR: data },
  });
  expect([code, stderr]).toEqual([0, ""]);
  return stdout;
}

interface Taken {
  readonly id: string;
  readonly state: string;
  readonly index?: number;
  readonly duplicate?: boolean;
}

/** @param wait until they are final, or only accepted */
async function anchor({ url, credentials }: Serving, wait: boolean, ...texts: string[]): Promise<Taken[]> {
  const documents = texts.map((text) => ({ digest: digestOf(text), scene: SCENE }));
  const query = wait ? "?wait=final" : "";
  const answer = await ask(`${url}/v1/anchors${query}`, {
    key: credentials.keys["issuer"],
    body: { documents },
  });
  const taken = answer.body["anchors"] as Taken[];
  if (wait) expect(taken.map(({ state }) => state)).toEqual(texts.map(() => "final"));
  return taken;
}

async function changeStatus({ url, credentials }: Serving, index: number, action: string): Promise<void> {
  const body = { action, reason: "other" };
  const key = credentials.keys["issuer"];
  const answer = await ask(`${url}/v1/entries/${index}/status?wait=final`, { key, body });
  expect([answer.status, answer.body["state"]]).toEqual([200, "final"]);
}

/** The indexes of all changes of a status. */
async function changesOf({ url, credentials }: Serving): Promise<number[]> {
  const { body } = await ask(`${url}/v1/entries?limit=1000`, { key: credentials.keys["auditor"] });
  const entries = body["entries"] as { index: number; kind: string }[];
  return entries.flatMap(({ index, kind }) => (kind === "status" ? index : [])).toSorted((a, b) => a - b);
}

/** Settings, and the number of transactions that the institution's key has sent to an external chain. */
async function place(kind: string): Promise<{ env: Record<string, string>; sent: () => Promise<number> }> {
  if (kind === "the embedded chain")
    return { env: { HUFU_GROUP_AGE: "3000" }, sent: () => Promise.resolve(0) };
  const anvil = cleanup.use(await startAnvil());
  cpSync(anvil.hotFolder, join(data, "keys"), { recursive: true });
  const env = { HUFU_CHAIN_RPC_URL: anvil.url, HUFU_REGISTRY_ADDRESS: anvil.registry };
  const address = anvil.hotKeys[0].address;
  const sent = async (): Promise<number> =>
    Number(await anvil.request("eth_getTransactionCount", [address, "latest"]));
  return { env: { ...env, HUFU_FINALITY: "1", HUFU_GROUP_AGE: "3000" }, sent };
}

describe.each(["an external chain", "the embedded chain"])(
  "last week's backup beside %s that went on",
  (kind) => {
    it("what was sent since is found: nothing is lost or sent twice, and more is accepted", async () => {
      const { env, sent } = await place(kind);
      const first = await serve(env);
      const [before] = await anchor(first, true, "before");
      const index = before?.index ?? -1;
      // queued in the backup, and sent after it
      const queued = await anchor(first, false, "queued", "also queued");
      expect(queued.map(({ state }) => state)).toEqual(["queued", "queued"]);
      await command("backup", env);
      for (const { id } of queued)
        await expect
          .poll(
            async () =>
              (await ask(`${first.url}/v1/anchors/${id}`, { key: first.credentials.keys["issuer"] })).body,
          )
          .toMatchObject({ state: "final" });
      await anchor(first, true, "since");
      await changeStatus(first, index, "suspend");
      await changeStatus(first, index, "reinstate");
      const [log, count] = [(await digestsOf(first.credentials)).toSorted(), await sent()];
      const changes = await changesOf(first);
      expect(log).toEqual(digests("before", "queued", "also queued", "since"));
      expect(changes.length).toBe(2);
      await first.kill();
      // the embedded chain went on in its own journal, which the disaster left
      const journal = join(data, "chain/journal.ndjson");
      if (existsSync(journal)) cpSync(journal, join(folder, "journal"));
      rmSync(data, { recursive: true });

      await command("restore", env);
      if (existsSync(journal)) cpSync(join(folder, "journal"), journal);
      const restored = await serve(env);
      const all = async (): Promise<string[]> => (await digestsOf(restored.credentials)).toSorted();
      expect(await all()).toEqual(log);
      expect(restored.credentials.keys).toEqual(first.credentials.keys);
      expect(await changesOf(restored)).toEqual(changes);
      for (const { id } of queued) {
        const { body } = await ask(`${restored.url}/v1/anchors/${id}`, {
          key: restored.credentials.keys["issuer"],
        });
        expect(body).toMatchObject({ id, state: "final" });
      }
      // the feed runs again
      const again = await anchor(restored, true, "before", "queued", "also queued", "since");
      expect(again.map(({ duplicate }) => duplicate)).toEqual([true, true, true, true]);
      await changeStatus(restored, index, "suspend"); // once more: not the suspension of before
      await anchor(restored, true, "after");
      expect(await all()).toEqual([...log, digestOf("after")].toSorted());
      expect(await changesOf(restored)).toEqual([...changes, expect.any(Number)]);
      expect(await sent()).toBe(count === 0 ? 0 : count + 2);
      expect(restored.log).not.toContain("given up");
    });
  },
);

describe("a service on PostgreSQL", () => {
  it("its data directory and its database are restored together, and each without the other is refused", async () => {
    const postgres = cleanup.use(await startPostgres());
    const url = await postgres.fresh({ migrated: false });
    const { env } = await place("an external chain");
    const first = await serve({ ...env, HUFU_DATABASE_URL: url });
    await anchor(first, true, "before");
    const known = (file: string): boolean => DATA_FILES.some((row) => row.name.test(file));
    expect((await filesBelow(data)).filter((file) => !known(file))).toEqual([]);
    expect(await command("backup", { ...env, HUFU_DATABASE_URL: url })).toContain("pg_dump");
    const keys = first.credentials.keys;
    await first.kill("SIGTERM");
    // stands for a dump and its restore
    await postgres.query(`create database copied template ${new URL(url).pathname.slice(1)}`);
    const copy = url.replace(/[^/]+$/, "copied");
    const second = await serve({ ...env, HUFU_DATABASE_URL: url });
    await anchor(second, true, "since");
    await second.kill();
    rmSync(data, { recursive: true });
    expect(await command("restore", { ...env, HUFU_DATABASE_URL: copy })).toContain("pg_restore");
    await expect(serve(env)).rejects.toThrow("STORE_CHANGED");
    await expect(serve({ ...env, HUFU_DATABASE_URL: await postgres.fresh() })).rejects.toThrow(
      "STORE_CHANGED",
    );
    const restored = await serve({ ...env, HUFU_DATABASE_URL: copy });
    expect(restored.credentials.keys).toEqual(keys);
    const taken = await anchor(restored, true, "before", "since", "after");
    expect(taken.map(({ duplicate }) => duplicate)).toEqual([true, true, undefined]);
    expect((await digestsOf(restored.credentials)).toSorted()).toEqual(digests("before", "since", "after"));
  }, 300_000);
});

describe("a backup or a restore that is killed", () => {
  /** Starts a command and kills it after some milliseconds. @returns whether it ended before */
  async function killed(
    name: "backup" | "restore",
    to: string,
    dir: string,
    after: number,
  ): Promise<boolean> {
    const env = { PATH: process.env["PATH"] ?? "", LANG: "C", HUFU_DATA_DIR: dir };
    const child = spawn(process.execPath, [HUFU, name, to], { env, stdio: "ignore" });
    const gone = once(child, "exit");
    await sleep(after);
    child.kill("SIGKILL");
    await gone;
    return child.exitCode === 0;
  }

  it("is complete, or is refused", async () => {
    const serving = await serve({});
    writeFileSync(join(data, "large"), Buffer.alloc(64 << 20)); // so that a kill meets it at work
    const whole = join(folder, "whole");
    const env = { HUFU_DATA_DIR: data };
    const began = Date.now();
    expect((await hufu(["backup", whole], { env })).code).toBe(0);
    const length = Date.now() - began;
    await serving.kill("SIGTERM");
    const random = randomFrom(inject("seed"));
    const ends = { backup: [0, 0], restore: [0, 0] };
    for (let i = 0; i < 16; i++) {
      const name = i % 2 === 0 ? "backup" : "restore";
      const at = join(folder, `${name}-${i}`);
      const [to, dir] = name === "backup" ? [at, data] : [whole, at];
      const complete = await killed(name, to, dir, Math.round(length * (0.4 + random())));
      ends[name][complete ? 1 : 0] = (ends[name][complete ? 1 : 0] ?? 0) + 1;
      if (name === "backup") await expectWholeOrRefused(at, complete);
      else await expectServedOrRefused(at, complete);
      rmSync(at, { recursive: true, force: true });
    }
    process.stdout.write(`killed, complete: ${JSON.stringify(ends)}\n`);
    expect(ends.backup[0]).toBeGreaterThan(0);
    expect(ends.restore[0]).toBeGreaterThan(0);
  }, 600_000);

  async function expectWholeOrRefused(at: string, complete: boolean): Promise<void> {
    const env = { HUFU_DATA_DIR: join(folder, "elsewhere") };
    const { code, stderr } = await hufu(["restore", at], { env });
    rmSync(env.HUFU_DATA_DIR, { recursive: true, force: true });
    if (complete) expect([code, stderr]).toEqual([0, ""]);
    if (code !== 0) expect(stderr).toContain("BACKUP_INCOMPLETE");
  }

  async function expectServedOrRefused(at: string, complete: boolean): Promise<void> {
    // what a start would find: the lock is taken by every command that changes a data directory
    const isEmpty = !existsSync(at) || readdirSync(at).every((name) => name.startsWith("lock"));
    const { code, stderr } = await hufu(["index", "check"], { env: { HUFU_DATA_DIR: at } });
    if (isEmpty) return; // killed before it wrote anything
    if (code !== 0) {
      expect(complete).toBe(false);
      expect(stderr).toContain("RESTORE_INCOMPLETE");
      return;
    }
    expect(statSync(join(at, "large")).size).toBe(64 << 20);
  }
});
