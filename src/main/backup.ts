/** Saves the data directory of a service, and restores it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { BackupReport } from "../cli/context.ts";
import type { ServiceConfig } from "../config.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import { AppError, quote } from "../core/errors.ts";
import { formatTime } from "../core/time.ts";
import { type BackupManifest, copyBytes, isInside, restoreFolder, saveFolder } from "../files/backup.ts";
import { DATABASE_FILE } from "../files/data-dir.ts";
import { readStoreFile } from "../files/store-file.ts";
import { copyDatabase } from "../store/sql/sqlite-copy.ts";
import { VERSION } from "./version.ts";

/** @throws AppError as `saveFolder`; STORE_CHANGED: the database of the service is not that of the settings */
export async function backup(
  config: ServiceConfig,
  folder: string,
  { clock = systemClock }: { clock?: Clock } = {},
): Promise<BackupReport> {
  const manifest = await saveFolder({
    from: config.dataDir,
    to: folder,
    madeAt: formatTime(clock.now()),
    tool: { name: "hufu", version: VERSION },
    database: await databaseOf(config),
    outside: outsideOf(config),
    copy: async (from, to, name) => await (name === DATABASE_FILE ? copyDatabase : copyBytes)(from, to),
  });
  return reportOf(manifest, config, "pg_dump --format=custom --file=hufu.dump");
}

/** @throws AppError as `restoreFolder` */
export async function restore(config: ServiceConfig, folder: string): Promise<BackupReport> {
  const manifest = await restoreFolder({ from: folder, to: config.dataDir });
  const named = new Map([...manifest.outside, ...outsideOf(config)].map((file) => [file.path, file]));
  const outside = [...named.values()].filter(({ path }) => !existsSync(path));
  return reportOf({ ...manifest, outside }, config, "pg_restore --no-owner --dbname");
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
function outsideOf({
  dataDir,
  keyPasswordFile,
  apiKeySecretFile,
  tls,
}: ServiceConfig): BackupManifest["outside"] {
  const named = {
    HUFU_KEY_PASSWORD_FILE: keyPasswordFile,
    HUFU_API_KEY_SECRET_FILE: apiKeySecretFile,
    HUFU_TLS_CERT_FILE: tls?.certFile,
    HUFU_TLS_KEY_FILE: tls?.keyFile,
  };
  return Object.entries(named).flatMap(([setting, path]) =>
    path === undefined || isInside(dataDir, path) ? [] : [{ setting, path }],
  );
}

/** @param client the command of PostgreSQL that the URL of the database belongs behind */
function reportOf(
  { files, madeAt, database, outside }: BackupManifest,
  { databaseUrl }: ServiceConfig,
  client: string,
): BackupReport {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const command = database === "postgresql" ? `${client} ${withoutPassword(databaseUrl)}` : undefined;
  return { files: files.length, bytes, madeAt, database, command, outside };
}

/** The client takes the password from its own file: a command line is visible to others. */
function withoutPassword(url: string | undefined): string {
  if (url === undefined) return "URL";
  const shown = new URL(url);
  shown.password = "";
  return `'${shown.href.replaceAll("'", "%27")}'`;
}
