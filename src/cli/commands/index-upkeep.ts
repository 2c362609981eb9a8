/** The commands `hufu index check` and `hufu index rebuild` maintain the index of a stopped service. */
import { readServiceConfig } from "../../config.ts";
import { toHex } from "../../core/bytes.ts";
import { fill } from "../../words/index.ts";
import type { Context, IndexReport, IndexTask } from "../context.ts";
import { rows } from "../output.ts";

export async function indexCommand(task: IndexTask, { ports, out, words }: Context): Promise<void> {
  process.umask(0o077);
  const report = await ports.maintainIndex(readServiceConfig(), task);
  const { cli } = words;
  if (report.task === "check") {
    const { entries, stateHash } = report;
    out.print(fill(cli.indexSound, { entries, hash: toHex(stateHash) }));
    out.json({ entries, stateHash: toHex(stateHash) });
    return;
  }
  const { entries, blocks, before, after } = report;
  const seconds = report.milliseconds / 1000;
  const rate = rateOf(report);
  out.print(
    fill(cli.indexRebuilt, { entries, blocks, seconds: seconds.toFixed(1), rate }),
    ...rows([
      [cli.stateHashBefore, toHex(before)],
      [cli.stateHashAfter, toHex(after)],
    ]),
  );
  const hashes = { before: toHex(before), after: toHex(after) };
  out.json({ entries, blocks, seconds, entriesPerSecond: rate, stateHash: hashes });
}

function rateOf({ entries, milliseconds }: Extract<IndexReport, { task: "rebuild" }>): number {
  return Math.round((entries * 1000) / Math.max(1, milliseconds));
}
