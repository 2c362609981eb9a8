/** Tests backups of a data directory, made while a service runs, and what is restored from them. */
import { createHash } from "node:crypto";
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { readServiceConfig, type ServiceConfig } from "../../src/config.ts";
import { systemClock } from "../../src/core/clock.ts";
import type { ErrorCode } from "../../src/core/errors.ts";
import { restoreFolder, saveFolder } from "../../src/files/backup.ts";
import { DATA_FILES, filesBelow, filesToSave } from "../../src/files/data-dir.ts";
import { lockFolder } from "../../src/files/lock.ts";
import { writeStoreFile } from "../../src/files/store-file.ts";
import { backup, restore } from "../../src/main/backup.ts";
import { startChain } from "../../src/main/node.ts";
import { placesOf } from "../../src/main/read-model.ts";
import { copyDatabase } from "../../src/store/sql/sqlite-copy.ts";
import { hufuHere } from "../support/cli/cli.ts";
import { ask, startTestService, type TestService } from "../support/service/service.ts";

const SCENE = "enterprise-credit-report";
const digestOf = (text: string): string => `sha256:${createHash("sha256").update(text).digest("hex")}`;
const modeOf = (path: string): number => statSync(path).mode & 0o777;

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "hufu-backup-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const settings = (dataDir: string, env: Record<string, string> = {}): ServiceConfig =>
  readServiceConfig({ HUFU_DATA_DIR: dataDir, ...env });
const refused = (code: ErrorCode) => expect.objectContaining({ code }) as unknown;

/** Anchors documents, and waits until they are final. */
async function anchor(
  { url, keys }: Pick<TestService, "url" | "keys">,
  ...texts: string[]
): Promise<unknown[]> {
  const documents = texts.map((text) => ({ digest: digestOf(text), scene: SCENE }));
  const answer = await ask(`${url}/v1/anchors?wait=final`, { key: keys.issuer, body: { documents } });
  const anchors = answer.body["anchors"] as { state: string; duplicate?: boolean }[];
  expect(anchors.map(({ state }) => state)).toEqual(texts.map(() => "final"));
  return anchors.map(({ duplicate }) => duplicate);
}

/** The digest of each document of the log, in its order. */
async function documentsOf({ url, keys }: TestService): Promise<unknown[]> {
  const { body } = await ask(`${url}/v1/entries?limit=1000`, { key: keys.auditor });
  const digests = (body["entries"] as { digest?: string }[]).flatMap(({ digest }) => digest ?? []);
  return digests.toSorted();
}

describe("what is in a data directory", () => {
  const rowsOf = (names: readonly string[]): number[] =>
    names.map((name) => DATA_FILES.findIndex((row) => row.name.test(name)));

  it("each file that a process writes into its data directory is in the table, and the table has no other", async () => {
    await using service = await startTestService();
    await anchor(service, "any");
    const data = join(service.folder, "data");
    const chain = await startChain(
      { dataDir: join(folder, "chain"), listen: { host: "127.0.0.1", port: 0 }, minDiskFree: 0, bare: true },
      { clock: systemClock, log: pino({ level: "silent" }) },
    );
    const written = [...(await filesBelow(data)), ...(await filesBelow(join(folder, "chain")))];
    await chain.stop();
    expect(written.filter((_, i) => rowsOf(written)[i] === -1)).toEqual([]);
    const other = `0x${"0a".repeat(20)}` as const;
    const passing = [
      placesOf(settings("/d"))(other).at.slice(3), // of a registry before or after the own one
      "rebuild.db", // while the index is made again
      "credentials.json.new",
      "instance.0f0e0d0c-0b0a-4908-8706-050403020100",
    ];
    const rows = new Set(rowsOf([...written, ...passing]));
    expect([...rows].toSorted((a, b) => a - b)).toEqual(DATA_FILES.map((_, i) => i));
    const saved = (await filesToSave(data)).toSorted();
    expect(written.filter((name) => DATA_FILES[rowsOf([name])[0] ?? 0]?.saved).toSorted()).toEqual(
      expect.arrayContaining(saved),
    );
    for (const name of ["instance", "api-keys.secret", "credentials.json", "operator/status.key"])
      expect(saved).toContain(name);
  });

  it("the database is saved before the journal of the chain, and files that others put there are saved too", async () => {
    for (const name of [
      "chain/journal.ndjson",
      "hufu.db",
      "hufu.db-wal",
      "keys/one.key",
      "tls/cert.pem",
      "lock",
    ]) {
      mkdirSync(join(folder, name, ".."), { recursive: true });
      writeFileSync(join(folder, name), "");
    }
    const saved = await filesToSave(folder);
    expect(saved.toSorted()).toEqual(["chain/journal.ndjson", "hufu.db", "keys/one.key", "tls/cert.pem"]);
    expect(saved.indexOf("hufu.db")).toBeLessThan(saved.indexOf("chain/journal.ndjson"));
  });
});

describe("a backup of a service that runs", () => {
  it("a restored service has all of the backup, finds what the chain has since, and records nothing twice", async () => {
    const [to, again] = [join(folder, "saved"), join(folder, "again")];
    let credentials: Record<string, string>;
    let recorded: unknown[];
    {
      await using service = await startTestService();
      credentials = service.keys;
      await anchor(service, "before", "also before");
      const from = join(service.folder, "data");
      // the journal is saved after more documents than the database knows
      const copy = async (path: string, place: string, name: string): Promise<void> => {
        if (name === "hufu.db") {
          await copyDatabase(path, place);
          await anchor(service, "meanwhile");
        } else cpSync(path, place);
      };
      const about = { madeAt: "", tool: { name: "hufu", version: "0" }, outside: [] } as const;
      await saveFolder({ from, to, copy, ...about, outside: [], database: "sqlite" });
      recorded = await documentsOf(service);
    }
    expect([modeOf(to), modeOf(join(to, "data/hufu.db"))]).toEqual([0o700, 0o600]);
    mkdirSync(again, { mode: 0o700 });
    await restore(settings(join(again, "data")), to);
    await using restored = await startTestService({ folder: again });
    expect(restored.keys).toEqual(credentials);
    expect(await documentsOf(restored)).toEqual(recorded);
    expect(await anchor(restored, "before", "meanwhile", "after")).toEqual([true, true, undefined]);
    expect(await documentsOf(restored)).toEqual([...recorded, digestOf("after")].toSorted());
    for (const name of await filesBelow(join(again, "data")))
      if (!name.startsWith("lock")) expect([name, modeOf(join(again, "data", name))]).toEqual([name, 0o600]);
  });

  it("hufu backup and hufu restore say what they did, that keys are in it, and what is not", async () => {
    await using service = await startTestService();
    const data = join(service.folder, "data");
    const [to, secret] = [join(folder, "saved"), join(folder, "api-keys.secret")];
    await writeStoreFile(data, { store: "any", at: '"127.0.0.1:5432/hufu" (schema "public")' });
    writeFileSync(secret, `${"1f".repeat(32)}\n`, { mode: 0o600 });
    const env = {
      HUFU_DATA_DIR: data,
      HUFU_DATABASE_URL: "postgres://hufu:not-shown@127.0.0.1:5432/hufu?sslmode=require",
      HUFU_API_KEY_SECRET_FILE: secret,
    };
    const saved = await hufuHere(["backup", to], env);
    expect([saved.code, saved.stderr]).toEqual([0, ""]);
    expect(saved.stdout).toContain("The backup holds keys");
    expect(saved.stdout).toContain(
      "pg_dump --format=custom --file=hufu.dump 'postgres://hufu@127.0.0.1:5432/hufu?sslmode=require'",
    );
    expect(saved.stdout).toContain(`${secret} (HUFU_API_KEY_SECRET_FILE)`);
    expect(await filesBelow(to)).not.toContain("data/hufu.db"); // it is another database than the service's
    rmSync(secret);
    const restored = await hufuHere(["restore", to, "--json"], {
      ...env,
      HUFU_DATA_DIR: join(folder, "new"),
    });
    expect(JSON.parse(restored.stdout)).toMatchObject({
      folder: join(folder, "new"),
      database: "postgresql",
      command: "pg_restore --no-owner --dbname 'postgres://hufu@127.0.0.1:5432/hufu?sslmode=require'",
      outside: [{ setting: "HUFU_API_KEY_SECRET_FILE", path: secret }],
    });
    for (const { stdout, stderr } of [saved, restored]) expect(stdout + stderr).not.toContain("not-shown");
    expect(await hufuHere(["backup", join(folder, "other")], { HUFU_DATA_DIR: data })).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/STORE_CHANGED.*HUFU_DATABASE_URL/s) as unknown,
    });
  });
});

describe("what is refused", () => {
  let service: TestService;
  let saved: string;
  beforeAll(async () => {
    service = await startTestService();
    saved = mkdtempSync(join(tmpdir(), "hufu-saved-"));
    await backup(settings(join(service.folder, "data")), join(saved, "whole"));
  });
  afterAll(async () => {
    await service.close();
    rmSync(saved, { recursive: true, force: true });
  });

  it("a folder that holds anything, is open to others or lies in the data directory takes no backup", async () => {
    const config = settings(join(service.folder, "data"));
    const attempts: [string, ErrorCode][] = [
      [join(saved, "whole"), "FOLDER_NOT_EMPTY"],
      [join(service.folder, "data/backup"), "USAGE"],
      [join(folder, "open"), "KEY_FILE_PERMISSIONS"],
      [join(folder, "file"), "USAGE"],
    ];
    mkdirSync(join(folder, "open"));
    chmodSync(join(folder, "open"), 0o755);
    writeFileSync(join(folder, "file"), "");
    for (const [to, code] of attempts) await expect(backup(config, to)).rejects.toEqual(refused(code));
    expect(await filesBelow(folder)).toEqual(["file"]);
    const none = settings(join(folder, "none"));
    await expect(backup(none, join(folder, "of-nothing"))).rejects.toEqual(refused("FILE_NOT_FOUND"));
  });

  it("a backup that was interrupted has no manifest, and is neither restored nor continued", async () => {
    const [data, to] = [join(service.folder, "data"), join(folder, "broken")];
    const copy = async (_from: string, path: string, name: string): Promise<void> => {
      if (name.startsWith("chain")) throw new Error("killed");
      await writeFile(path, "");
    };
    const about = { madeAt: "", tool: { name: "hufu", version: "0" }, database: "sqlite" } as const;
    await expect(saveFolder({ from: data, to, copy, ...about, outside: [] })).rejects.toThrow("killed");
    const config = settings(join(folder, "data"));
    await expect(restore(config, to)).rejects.toEqual(refused("BACKUP_INCOMPLETE"));
    await expect(backup(settings(data), to)).rejects.toEqual(refused("FOLDER_NOT_EMPTY"));
    expect(existsSync(config.dataDir)).toBe(false);
  });

  it.each<[string, (to: string) => void]>([
    ["one bit of a file", (to) => flipLast(join(to, "data/instance"))],
    ["a byte at the end", (to) => appendFileSync(join(to, "data/chain/journal.ndjson"), "\n")],
    ["a missing file", (to) => rmSync(join(to, "data/api-keys.secret"))],
    ["a manifest cut short", (to) => cutShort(join(to, "manifest.json"))],
    ["a file outside of it", (to) => renameInManifest(to, "instance", "../instance")],
    ["an absolute name", (to) => renameInManifest(to, "instance", "/instance")],
  ])("a backup with %s is refused as damaged before anything is written", async (_, damage) => {
    const to = join(folder, "damaged");
    cpSync(join(saved, "whole"), to, { recursive: true });
    damage(to);
    const config = settings(join(folder, "data"));
    await expect(restore(config, to)).rejects.toEqual(refused("BACKUP_DAMAGED"));
    expect(existsSync(config.dataDir)).toBe(false);
  });

  it("a data directory that a service uses, or that holds anything, takes no restore", async () => {
    const used = settings(join(service.folder, "data"));
    await expect(restore(used, join(saved, "whole"))).rejects.toEqual(refused("DATA_DIR_LOCKED"));
    writeFileSync(join(folder, "other"), "");
    await expect(restore(settings(folder), join(saved, "whole"))).rejects.toEqual(
      refused("FOLDER_NOT_EMPTY"),
    );
  });

  it("a data directory whose restore was interrupted is neither served nor saved nor filled again", async () => {
    const data = join(folder, "data");
    mkdirSync(data, { mode: 0o700 });
    symlinkSync(join(folder, "gone"), join(data, "keys")); // makes the restore fail on its way
    await expect(restoreFolder({ from: join(saved, "whole"), to: data })).rejects.toThrow();
    expect(await filesBelow(data)).toContain("instance");
    const config = settings(data);
    await expect(lockFolder(data)).rejects.toEqual(refused("RESTORE_INCOMPLETE"));
    await expect(startTestService({ folder })).rejects.toEqual(refused("RESTORE_INCOMPLETE"));
    await expect(restore(config, join(saved, "whole"))).rejects.toEqual(refused("RESTORE_INCOMPLETE"));
    await expect(backup(config, join(folder, "saved"))).rejects.toEqual(refused("RESTORE_INCOMPLETE"));
  });
});

function flipLast(path: string): void {
  const bytes = readFileSync(path);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

function cutShort(path: string): void {
  writeFileSync(path, readFileSync(path, "utf8").slice(0, -3));
}

function renameInManifest(folder: string, from: string, to: string): void {
  const path = join(folder, "manifest.json");
  writeFileSync(path, readFileSync(path, "utf8").replace(`"name": "${from}"`, `"name": "${to}"`));
}
