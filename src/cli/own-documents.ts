/** Finds the entries of the caller's own documents by reference, by index or by file. */
import type { DocumentStatus } from "../core/document-status.ts";
import { AppError, quote } from "../core/errors.ts";
import type { EntryIndex, InstitutionId } from "../core/units.ts";
import type { HufuClient } from "../sdk/http/client.ts";
import { localTime } from "../sdk/verify/answer-text.ts";
import { questionOf } from "../sdk/verify/question.ts";
import type { VerifiedEntry } from "../wire/verifications.ts";
import type { Context } from "./context.ts";
import { algorithmsOf, hashFiles } from "./files.ts";

/**
 * The caller's own document under one of its references: the one in one of the statuses, else the only one.
 * @param wanted.except an entry that is not meant
 * @throws AppError ENTRY_NOT_FOUND, and REFERENCE_AMBIGUOUS, which names all candidates
 */
export async function entryUnder(
  reference: string,
  { statuses, except }: { statuses: readonly DocumentStatus[]; except?: EntryIndex | undefined },
  client: HufuClient,
): Promise<EntryIndex> {
  const issuer = String(await ownInstitution(client));
  const { entries } = await client.entries({ reference, issuer, limit: "1000" });
  const documents = entries.filter(({ kind, index }) => kind === "document" && index !== except);
  const open = documents.filter(({ status }) => status !== undefined && statuses.includes(status));
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

/**
 * The given index, or the newest entry of a file that is the caller's own: others may have registered it too.
 * @throws AppError ENTRY_NOT_FOUND, NOT_YOUR_ENTRY, and the faults of files
 */
export async function ownEntryOf(target: string, client: HufuClient, context: Context): Promise<EntryIndex> {
  if (/^\d{1,15}$/.test(target)) return Number(target);
  const entries = await registered(target, client, context);
  if (entries.length === 0)
    throw new AppError("ENTRY_NOT_FOUND", {
      detail: `the log has no entry of exactly the file ${quote(target)}`,
    });
  const institution = await ownInstitution(client);
  const own = entries.find((entry) => entry.institution.id === institution);
  if (own !== undefined) return own.index;
  throw new AppError("NOT_YOUR_ENTRY", { detail: `the file ${quote(target)} was registered by others only` });
}

/** The entries of a file, newest first. @throws AppError INDEX_STALE, and the faults of files */
export async function registered(
  file: string,
  client: HufuClient,
  context: Context,
): Promise<VerifiedEntry[]> {
  const [result] = await hashFiles([file], algorithmsOf({}), context);
  if (result === undefined || "fault" in result) throw result?.fault ?? new RangeError("no result");
  using salts = await context.ports.findSalts(context.config().saltDir);
  const { request } = await questionOf(result.hashed.digests, { salts });
  const answer = await client.verify(request);
  if (answer.verdict === "indeterminate") throw new AppError("INDEX_STALE", { detail: answer.detail });
  return answer.entries.toSorted((a, b) => b.index - a.index);
}

/** The institution that the key acts for. @throws AppError SCOPE_REQUIRED */
export async function ownInstitution(client: HufuClient): Promise<InstitutionId> {
  const { institution } = await client.me();
  if (institution !== null) return institution;
  const detail = "this key acts for no institution, so it has no documents";
  throw new AppError("SCOPE_REQUIRED", { detail });
}
