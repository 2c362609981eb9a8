/** The commands `hufu backup` and `hufu restore` save the data directory of a service, and put it back. */
import { resolve } from "node:path";
import { readServiceConfig } from "../../config.ts";
import { fill } from "../../words/index.ts";
import type { BackupReport, Context } from "../context.ts";

export async function backupCommand(name: string, { ports, out, words: { cli } }: Context): Promise<void> {
  process.umask(0o077);
  const folder = resolve(name);
  const report = await ports.backup(readServiceConfig(), folder);
  out.print(fill(cli.backedUp, { ...valuesOf(report), folder }), cli.backupHoldsKeys);
  if (report.command !== undefined) out.print(fill(cli.backupWithoutDatabase, { command: report.command }));
  out.print(...report.outside.map((file) => fill(cli.backupWithoutFile, file)));
  out.json({ folder, ...report });
}

export async function restoreCommand(name: string, { ports, out, words: { cli } }: Context): Promise<void> {
  process.umask(0o077);
  const config = readServiceConfig();
  const folder = config.dataDir;
  const report = await ports.restore(config, resolve(name));
  out.print(fill(cli.restored, { ...valuesOf(report), folder }), cli.restoredSince);
  if (report.command !== undefined) out.print(fill(cli.restoreWithoutDatabase, { command: report.command }));
  out.print(...report.outside.map((file) => fill(cli.restoreWithoutFile, file)));
  out.json({ folder, ...report });
}

function valuesOf({ files, madeAt: time }: BackupReport): { files: number; bytes: number; time: string } {
  return { files: files.length, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0), time };
}
