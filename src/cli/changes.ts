/** Shows which document a change of status is about, and asks a person on a terminal before what is final. */
import { isFinalAction } from "../core/document-status.ts";
import type { Action, Reason } from "../core/entry.ts";
import type { EntryIndex } from "../core/units.ts";
import { localTime } from "../sdk/verify/answer-text.ts";
import type { HufuClient } from "../sdk/http/client.ts";
import type { EntryView, InstitutionsResponse } from "../wire/entries.ts";
import { fill } from "../words/index.ts";
import type { Context } from "./context.ts";
import { rows } from "./output.ts";

/** Options of commands that change a status. */
export interface ChangeFlags {
  /** Ask nothing. */
  readonly yes?: boolean;
  /** Show, and change nothing. */
  readonly dryRun?: boolean;
}

export interface Change {
  readonly action: Action;
  readonly reason: string;
  readonly document: EntryIndex;
  /** What takes its place: an entry, or a file that is registered first. */
  readonly successor?: EntryIndex | string | undefined;
}

/**
 * Whether a change is to be made. A dry run shows the document; on a terminal so does the question before what is final.
 * @param find the change; called only where it is shown
 */
export async function isAgreed(
  find: () => Promise<Change>,
  { yes, dryRun = false }: ChangeFlags,
  { client, context }: { client: HufuClient; context: Context },
): Promise<boolean> {
  const { out, words, ports } = context;
  const terminal = yes === true || out.isJson ? undefined : ports.terminal;
  if (!dryRun && terminal === undefined) return true;
  const change = await find();
  if (!dryRun && !isFinalAction(change.action)) return true;
  const document = await client.entry(change.document);
  const lines = await changeLines(change, document, { client, context });
  if (dryRun) {
    out.print(...lines, words.cli.dryRun);
    out.json({ ...change, document, sent: false });
    return false;
  }
  out.note(...lines);
  const values = { action: words.actions[change.action], entry: change.document };
  const answer = await terminal?.ask(fill(words.cli.askFinal, values));
  if (/^\s*(y|yes|是)\s*$/i.test(answer ?? "")) return true;
  out.note(words.cli.nothingChanged);
  out.exitCode = 2;
  return false;
}

async function changeLines(
  { action, reason, successor }: Change,
  document: EntryView,
  { client, context }: { client: HufuClient; context: Context },
): Promise<string[]> {
  const { actions, reasons, cli } = context.words;
  const { scenes } = await client.institutions();
  const shown = (entry: EntryView): string[] => rows(documentRows(entry, scenes, context));
  const lines = [`${actions[action]}: ${reasons[reason as Reason]}`, ...shown(document)];
  if (successor === undefined) return lines;
  if (typeof successor === "string") return [...lines, fill(cli.byNewFile, { file: successor })];
  return [...lines, cli.byEntry, ...shown(await client.entry(successor))];
}

/** What an issuer knows a document by, each with its label. */
export function documentRows(
  { index, kind, references = [], scene, recordedAt, status, institution }: EntryView,
  scenes: InstitutionsResponse["scenes"],
  { words: { labels, statuses, kinds }, language }: Context,
): (readonly [string, string])[] {
  const type = scenes.find(({ slug }) => slug === scene)?.names[language];
  return [
    [labels.entry, String(index)],
    [labels.reference, references.join(", ")],
    [labels.documentType, type ?? kinds[kind]],
    [labels.registered, localTime(recordedAt)],
    [labels.status, status === undefined ? "" : statuses[status]],
    [labels.issuer, institution.names[language]],
  ];
}
