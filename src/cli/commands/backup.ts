/** The commands `hufu backup` and `hufu restore` save the data directory of a service, and put it back. */
import { resolve } from "node:path";
import { readServiceConfig } from "../../config.ts";
import { fill } from "../../words/index.ts";
import type { Context } from "../context.ts";

export async function backupCommand(name: string, { ports, out, words: { cli } }: Context): Promise<void> {
  process.umask(0o077);
  const folder = resolve(name);
  const report = await ports.backup(readServiceConfig(), folder);
  const { files, bytes, command, outside } = report;
  out.print(fill(cli.backedUp, { files, bytes, folder }), cli.backupHoldsKeys);
  if (command !== undefined) out.print(fill(cli.backupWithoutDatabase, { command }));
  out.print(...outside.map((file) => fill(cli.backupWithoutFile, { ...file })));
  out.json({ folder, ...report });
}

export async function restoreCommand(name: string, { ports, out, words: { cli } }: Context): Promise<void> {
  process.umask(0o077);
  const config = readServiceConfig();
  const folder = config.dataDir;
  const report = await ports.restore(config, resolve(name));
  const { files, bytes, madeAt: time, command, outside } = report;
  out.print(fill(cli.restored, { files, bytes, time, folder }), cli.restoredSince);
  if (command !== undefined) out.print(fill(cli.restoreWithoutDatabase, { command }));
  out.print(...outside.map((file) => fill(cli.restoreWithoutFile, { ...file })));
  out.json({ folder, ...report });
}
