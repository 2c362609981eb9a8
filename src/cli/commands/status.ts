/** The commands `hufu revoke`, `suspend`, `reinstate` and `supersede` change a document's status. */
import { STATUSES_BEFORE } from "../../core/document-status.ts";
import type { Action, Reason } from "../../core/entry.ts";
import { AppError, isAppError, quote } from "../../core/errors.ts";
import { fill, type Words } from "../../words/index.ts";
import type { HufuClient } from "../../sdk/http/client.ts";
import type { StatusResponse } from "../../wire/anchors.ts";
import type { ClientFlags, Context } from "../context.ts";
import { algorithmsOf, hashFiles } from "../files.ts";
import { questionOf } from "../../sdk/verify/question.ts";
import { localTime } from "../../sdk/verify/answer-text.ts";

export interface StatusFlags extends ClientFlags {
  readonly reason: string;
  readonly wait: boolean;
  readonly reference?: string;
  /** The document's successor: an index, or a file. */
  readonly by?: string;
}

/** `hufu revoke|suspend|reinstate|supersede INDEX|FILE --reason R`, or `--reference` instead of a target */
export async function statusCommand(
  action: Action,
  target: string | undefined,
  flags: StatusFlags,
  context: Context,
): Promise<void> {
  const { out, words } = context;
  if ((target === undefined) === (flags.reference === undefined)) {
    throw new AppError("USAGE", { detail: "name the document by its index, by its file, or by --reference" });
  }
  const client = await context.client(flags, "issuer");
  const indexes =
    flags.reference === undefined
      ? await entriesOf(target ?? "", client, context)
      : [await entryUnder(flags.reference, action, client)];
  const successor = flags.by === undefined ? undefined : await ownEntryOf(flags.by, client, context);
  const status = await changeOwn(indexes, { action, successor, flags, client });
  if (status.error !== undefined) throw new AppError("REGISTRY_REFUSED", { detail: status.error.detail });
  out.print(outcomeLine(action, status, words));
  out.json(status);
  out.exitCode = status.state === "final" || !flags.wait ? 0 : 3;
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

/**
 * The caller's own document under a reference: the one that the action can change, else the only one.
 * @throws AppError ENTRY_NOT_FOUND, and REFERENCE_AMBIGUOUS, which names all candidates
 */
async function entryUnder(reference: string, action: Action, client: HufuClient): Promise<number> {
  const { institution } = await client.me();
  if (institution === null)
    throw new AppError("SCOPE_REQUIRED", {
      detail: "this key acts for no institution, so it has no documents",
    });
  const { entries } = await client.entries({ reference, issuer: String(institution), limit: "1000" });
  const documents = entries.filter(({ kind }) => kind === "document");
  const open = documents.filter(
    ({ status }) => status !== undefined && STATUSES_BEFORE[action].includes(status),
  );
  const [found, ...others] = open.length > 0 ? open : documents;
  if (found === undefined)
    throw new AppError("ENTRY_NOT_FOUND", {
      detail: `the log has no document of this institution under the reference ${quote(reference)}`,
    });
  if (others.length === 0) return found.index;
  const lines = [found, ...others].map(
    ({ index, status = "", recordedAt, digest, commitment = "" }) =>
      `entry ${index}  ${status}  ${localTime(recordedAt)}  ${digest ?? commitment}`,
  );
  const detail = `name one of them by its index:\n${lines.join("\n")}`;
  throw new AppError("REFERENCE_AMBIGUOUS", { detail, at: "--reference" });
}

/** The given index, or the indexes of a file's entries, newest first. */
async function entriesOf(target: string, client: HufuClient, context: Context): Promise<number[]> {
  if (/^\d{1,15}$/.test(target)) return [Number(target)];
  return (await registered(target, client, context)).map(({ index }) => index);
}

/** The newest entry of the caller's own institution. */
async function ownEntryOf(target: string, client: HufuClient, context: Context): Promise<number> {
  if (/^\d{1,15}$/.test(target)) return Number(target);
  const entries = await registered(target, client, context);
  const { institution } = await client.me();
  const own = entries.find((entry) => entry.institution.id === institution);
  if (own !== undefined) return own.index;
  throw new AppError("NOT_YOUR_ENTRY", { detail: `the file ${quote(target)} was registered by others only` });
}

async function registered(
  file: string,
  client: HufuClient,
  context: Context,
): Promise<{ index: number; institution: { id: number } }[]> {
  const [result] = await hashFiles([file], algorithmsOf({}), context);
  if (result === undefined || "fault" in result) throw result?.fault ?? new RangeError("no result");
  using salts = await context.ports.findSalts(context.config().saltDir);
  const { request } = await questionOf(result.hashed.digests, { salts });
  const answer = await client.verify(request);
  if (answer.verdict === "indeterminate") throw new AppError("INDEX_STALE", { detail: answer.detail });
  if (answer.entries.length > 0) return answer.entries.toSorted((a, b) => b.index - a.index);
  throw new AppError("ENTRY_NOT_FOUND", {
    detail: `the log has no entry of exactly the file ${quote(file)}`,
  });
}

/** Changes the first that is the institution's own: the same file may be registered by others too. */
async function changeOwn(
  indexes: readonly number[],
  change: { action: Action; successor: number | undefined; flags: StatusFlags; client: HufuClient },
): Promise<StatusResponse> {
  const { action, successor, flags, client } = change;
  const request = { action, reason: flags.reason, ...(successor === undefined ? {} : { successor }) };
  let refusal: unknown;
  for (const index of indexes) {
    try {
      return await client.setStatus(index, request, { wait: flags.wait });
    } catch (error) {
      if (!isAppError(error, "NOT_YOUR_ENTRY")) throw error;
      refusal = error;
    }
  }
  throw refusal;
}
