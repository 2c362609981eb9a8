/** The commands `hufu revoke`, `suspend`, `reinstate` and `supersede` change a document's status. */
import { STATUSES_BEFORE } from "../../core/document-status.ts";
import { REASONS, type Action, type Reason } from "../../core/entry.ts";
import { AppError, quote } from "../../core/errors.ts";
import { fill, type Words } from "../../words/index.ts";
import type { StatusResponse } from "../../wire/anchors.ts";
import { isAgreed, type ChangeFlags } from "../changes.ts";
import type { ClientFlags, Context } from "../context.ts";
import { entryUnder, ownEntryOf } from "../own-documents.ts";
import { registerSuccessor, successorOf, type SuccessorFlags } from "../successor.ts";
import { localTime } from "../../sdk/verify/answer-text.ts";

export interface StatusFlags extends ClientFlags, ChangeFlags, SuccessorFlags {
  readonly reason: string;
  readonly wait: boolean;
  readonly reference?: string;
}

/**
 * `hufu revoke|suspend|reinstate INDEX|FILE --reason R`, and `hufu supersede INDEX|FILE NEW-FILE --reason R`; `--reference`
 * instead of the first. Whatever ended the command, it may be run again.
 */
export async function statusCommand(
  action: Action,
  names: readonly string[],
  flags: StatusFlags,
  context: Context,
): Promise<void> {
  const { out, words } = context;
  const { target, file } = readNames(action, names, flags);
  requireReason(flags.reason);
  const connection = await context.connect(flags, "issuer");
  const { client } = connection;
  const place = await successorOf(file, flags, { client, context });
  const wanted = { statuses: STATUSES_BEFORE[action], except: place.index };
  const document =
    target === undefined
      ? await entryUnder(flags.reference ?? "", wanted, client)
      : await ownEntryOf(target, client, context);
  const change = { action, reason: flags.reason, document, successor: place.file ?? place.index };
  if (!(await isAgreed(() => Promise.resolve(change), flags, { client, context }))) return;
  const successor =
    place.file === undefined
      ? place.index
      : await registerSuccessor(place.file, document, { flags, connection, context });
  const request = { action, reason: flags.reason, ...(successor === undefined ? {} : { successor }) };
  const status = await client.setStatus(document, request, { wait: flags.wait });
  requireMade(status, successor);
  out.print(outcomeLine(action, status, words));
  out.json(status);
  out.exitCode = status.state === "final" || !flags.wait ? 0 : 3;
}

/** @throws AppError USAGE: not exactly one document, or not exactly one successor where there is to be one */
function readNames(
  action: Action,
  names: readonly string[],
  { reference, by }: StatusFlags,
): { target: string | undefined; file: string | undefined } {
  const [target, ...others] = reference === undefined ? names : [undefined, ...names];
  const [file, ...more] = action === "supersede" ? others : [undefined, ...others];
  if ((target === undefined) === (reference === undefined) || more.length > 0)
    throw new AppError("USAGE", { detail: "name the document by its index, by its file, or by --reference" });
  if (action === "supersede" && (file === undefined) === (by === undefined))
    throw new AppError("USAGE", { detail: "name what takes its place: the new file, or --by INDEX|FILE" });
  return { target, file };
}

/** Before anything is registered or shown. @throws AppError REASON_CODE */
function requireReason(reason: string): void {
  if (Object.hasOwn(REASONS, reason)) return;
  const detail = `expected one of ${Object.keys(REASONS).join(", ")}, got ${quote(reason)}`;
  throw new AppError("REASON_CODE", { detail, at: "--reason" });
}

/** @throws AppError REGISTRY_REFUSED; STATUS_FINAL: another document has its place already */
function requireMade({ error, document, successor }: StatusResponse, asked: number | undefined): void {
  if (error !== undefined) throw new AppError("REGISTRY_REFUSED", { detail: error.detail });
  if (successor === asked) return;
  const detail = `entry ${document} is superseded by entry ${successor ?? ""} already, and not by entry ${asked ?? ""}`;
  throw new AppError("STATUS_FINAL", { detail });
}

function outcomeLine(action: Action, status: StatusResponse, words: Words): string {
  const { id, document: entry, recordedAt, reason, state } = status;
  const name = words.actions[action];
  if (state === "awaiting-approval") return `… ${fill(words.keys.waits, { entry, id })}`;
  if (recordedAt === undefined) return `… ${fill(words.cli.statusAccepted, { entry, action: name })}`;
  const text = action === "revoke" ? words.cli.revoked : words.cli.statusRecorded;
  const values = {
    entry,
    action: name,
    time: localTime(recordedAt),
    reason: words.reasons[reason as Reason],
  };
  return `${SIGNS[action]} ${fill(text, values)}`;
}

const SIGNS: Readonly<Record<Action, string>> = { revoke: "✕", suspend: "⏸", reinstate: "✓", supersede: "↷" };
