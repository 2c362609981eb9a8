import type { Reason } from "../../core/entry.ts";
import { AppError, isAppError, quote } from "../../core/errors.ts";
import { fill } from "../../core/words/index.ts";
import type { HufuClient } from "../../sdk/client.ts";
import type { StatusResponse } from "../../wire/anchors.ts";
import type { ClientFlags, Context } from "../context.ts";
import { algorithmsOf, digestFields, hashFiles } from "../files.ts";
import { local } from "../verdict-text.ts";

export interface RevokeFlags extends ClientFlags {
  readonly reason: string;
  readonly wait: boolean;
}

/** `hufu revoke INDEX|FILE --reason R` */
export async function revokeCommand(target: string, flags: RevokeFlags, context: Context): Promise<void> {
  const { out, words } = context;
  const client = await context.client(flags, "issuer");
  const indexes = /^\d{1,15}$/.test(target) ? [Number(target)] : await entriesOf(target, client, context);
  const status = await revokeOwn(indexes, flags, client);
  const { id, document: entry, recordedAt, reason, state, error } = status;
  if (error !== undefined) throw new AppError("REGISTRY_REFUSED", { detail: error.detail });
  if (state === "awaiting-approval") out.print(`… ${fill(words.keys.waits, { entry, id })}`);
  else
    out.print(
      recordedAt === undefined
        ? `… ${fill(words.cli.revocationAccepted, { entry })}`
        : `✕ ${fill(words.cli.revoked, { entry, time: local(recordedAt), reason: words.reasons[reason as Reason] })}`,
    );
  out.json(status);
  out.exitCode = state === "final" || !flags.wait ? 0 : 3;
}

/** The entries of a file; of several, the newest first. */
async function entriesOf(file: string, client: HufuClient, context: Context): Promise<number[]> {
  const [result] = await hashFiles([file], algorithmsOf({}), context);
  if (result === undefined || "fault" in result) throw result?.fault ?? new RangeError("no result");
  const answer = await client.verify(digestFields(result.hashed.digests));
  if (answer.verdict === "indeterminate") throw new AppError("INDEX_STALE", { detail: answer.detail });
  const indexes = answer.entries.map(({ index }) => index).sort((a, b) => b - a);
  if (indexes.length > 0) return indexes;
  throw new AppError("ENTRY_NOT_FOUND", {
    detail: `the log has no entry of exactly the file ${quote(file)}`,
  });
}

/** Revokes the first that is the institution's own: the same file may be registered by others too. */
async function revokeOwn(
  indexes: readonly number[],
  flags: RevokeFlags,
  client: HufuClient,
): Promise<StatusResponse> {
  let refusal: unknown;
  for (const index of indexes) {
    try {
      return await client.setStatus(index, { action: "revoke", reason: flags.reason }, { wait: flags.wait });
    } catch (error) {
      if (!isAppError(error, "NOT_YOUR_ENTRY")) throw error;
      refusal = error;
    }
  }
  throw refusal;
}
