/** Saves the data directory of a service, and restores it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { BackupReport } from "../cli/context.ts";
import type { ServiceConfig } from "../config.ts";
import { systemClock } from "../core/clock.ts";
import { AppError, quote } from "../core/errors.ts";
import { formatTime } from "../core/time.ts";
import { type BackupManifest, copyBytes, isInside, restoreFolder, saveFolder } from "../files/backup.ts";
import { DATABASE_FILE } from "../files/data-dir.ts";
import { readStoreFile } from "../files/store-file.ts";
import { copyDatabase } from "../store/sql/sqlite-copy.ts";
import { VERSION } from "./version.ts";

/** @throws AppError as `saveFolder`; STORE_CHANGED: the database of the service is not that of the settings */
export async function backup(config: ServiceConfig, folder: string): Promise<BackupReport> {
  const manifest = await saveFolder({
    from: config.dataDir,
    to: folder,
    madeAt: formatTime(systemClock.now()),
    tool: { name: "hufu", version: VERSION },
    database: await databaseOf(config),
    outside: outsideOf(config),
    copy: async (from, to, name) => await (name === DATABASE_FILE ? copyDatabase : copyBytes)(from, to),
  });
  return { ...manifest, command: commandOn(config, manifest, "pg_dump --format=custom --file=hufu.dump") };
}

/** @throws AppError as `restoreFolder` */
export async function restore(config: ServiceConfig, folder: string): Promise<BackupReport> {
  const manifest = await restoreFolder({ from: folder, to: config.dataDir });
  const named = new Map([...manifest.outside, ...outsideOf(config)].map((file) => [file.path, file]));
  const outside = [...named.values()].filter(({ path }) => !existsSync(path));
  return { ...manifest, outside, command: commandOn(config, manifest, "pg_restore --no-owner --dbname") };
}

/** @throws AppError STORE_CHANGED: the service has its database elsewhere than these settings say */
async function databaseOf({ dataDir, databaseUrl }: ServiceConfig): Promise<BackupManifest["database"]> {
  const known = await readStoreFile(dataDir);
  const onPostgres = known === undefined ? databaseUrl !== undefined : known.at.includes(" (schema ");
  if (onPostgres !== (databaseUrl !== undefined)) {
    const detail = `the database of ${quote(dataDir)} is ${known?.at ?? ""}: set HUFU_DATABASE_URL as the service has it`;
    throw new AppError("STORE_CHANGED", { detail, at: "HUFU_DATABASE_URL" });
  }
  if (onPostgres) return "postgresql";
  return existsSync(join(dataDir, DATABASE_FILE)) ? "sqlite" : "none"; // a chain alone
}

/** The files that settings name outside of the data directory. */
function outsideOf(config: ServiceConfig): BackupManifest["outside"] {
  const named = {
    HUFU_KEY_PASSWORD_FILE: config.keyPasswordFile,
    HUFU_API_KEY_SECRET_FILE: config.apiKeySecretFile,
    HUFU_TLS_CERT_FILE: config.tls?.certFile,
    HUFU_TLS_KEY_FILE: config.tls?.keyFile,
  };
  return Object.entries(named).flatMap(([setting, path]) =>
    path === undefined || isInside(config.dataDir, path) ? [] : [{ setting, path }],
  );
}

/** A command of PostgreSQL with the URL of the database, without its password: a command line is visible to others. */
function commandOn(
  { databaseUrl = "postgres://URL" }: ServiceConfig,
  { database }: BackupManifest,
  command: string,
): string | undefined {
  const url = new URL(databaseUrl);
  url.password = "";
  return database === "postgresql" ? `${command} '${url.href.replaceAll("'", "%27")}'` : undefined;
}
