/** The commands `hufu database move` and `hufu database adopt` change the database of a stopped service. */
import { readServiceConfig } from "../../config.ts";
import { fill } from "../../words/index.ts";
import type { Context, DatabaseKind } from "../context.ts";
import { rows } from "../output.ts";

export async function moveCommand(to: DatabaseKind, { ports, out, words }: Context): Promise<void> {
  process.umask(0o077);
  const report = await ports.moveDatabase(readServiceConfig(), to);
  const { cli } = words;
  const left = to === "sqlite" ? cli.databaseUnset : cli.databaseSet;
  out.print(
    ...rows(report.tables.map(({ table, rows: count, hash }) => [table, `${count}  ${hash.slice(0, 16)}`])),
    fill(cli.databaseMoved, { from: report.from, to: report.to }),
    left,
  );
  out.json(report);
}

export async function adoptCommand({ ports, out, words }: Context): Promise<void> {
  process.umask(0o077);
  const { before, ...now } = await ports.adoptDatabase(readServiceConfig());
  out.print(fill(words.cli.databaseAdopted, { ...now, before: before?.at ?? "–" }));
  out.json({ ...now, before: before ?? null });
}
