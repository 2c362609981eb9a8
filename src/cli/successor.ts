/** Finds the document that takes another's place, and registers it first where it is a new file. */
import { STATUSES_BEFORE } from "../core/document-status.ts";
import { formatDigest, parseDigest } from "../core/digest.ts";
import { AppError, ERRORS, type ErrorCode } from "../core/errors.ts";
import type { EntryIndex } from "../core/units.ts";
import { fill } from "../words/index.ts";
import { RetryPolicy } from "../sdk/http/retry.ts";
import type { HufuClient } from "../sdk/http/client.ts";
import type { HashedDocument } from "../sdk/issue/blinding.ts";
import { Issuer, type Issued } from "../sdk/issue/issuer.ts";
import { localTime } from "../sdk/verify/answer-text.ts";
import type { EntryView } from "../wire/entries.ts";
import type { Connection, Context } from "./context.ts";
import { hashFiles } from "./files.ts";
import { ownInstitution, ownEntryOf, registered } from "./own-documents.ts";
import { saltsToIssueWith } from "./salts.ts";

export interface SuccessorFlags {
  /** An index, or a file that is registered. */
  readonly by?: string;
  /** Of a new file; that of the document whose place it takes unless given. */
  readonly validUntil?: string;
}

/** What takes a document's place, if anything does. */
export interface Successor {
  /** Its entry, if it has one. */
  readonly index?: EntryIndex | undefined;
  /** It is to be registered first, or waited for. */
  readonly file?: string | undefined;
}

/** The successor as it is by now. @throws AppError as {@link ownEntryOf}, but for a new file that is not registered yet */
export async function successorOf(
  file: string | undefined,
  { by }: SuccessorFlags,
  { client, context }: { client: HufuClient; context: Context },
): Promise<Successor> {
  if (by !== undefined) return { index: await ownEntryOf(by, client, context) };
  if (file === undefined) return {};
  const institution = await ownInstitution(client);
  const entries = await registered(file, client, context);
  const own = entries.find((entry) => entry.institution.id === institution);
  return { index: own?.index, file: own?.final === true ? undefined : file };
}

/**
 * Registers a new file with the type, reference and validity of the document whose place it takes, and waits until it is final.
 * @throws AppError STATUS_FINAL: that document stands no more; ANCHOR_TIMEOUT; and why the new one is not taken
 */
export async function registerSuccessor(
  file: string,
  replaced: EntryIndex,
  { flags, connection, context }: { flags: SuccessorFlags; connection: Connection; context: Context },
): Promise<EntryIndex> {
  const { client, peer } = connection;
  const { out, words } = context;
  const old = await client.entry(replaced);
  const patience = new RetryPolicy({ seconds: 0 });
  const issuer = new Issuer({ client, peer, patience, salts: () => saltsToIssueWith(context) });
  const document = await documentLike(old, file, flags.validUntil, context);
  const [issued] = await issuer.settle(await issuer.submit([document]));
  const { index, recordedAt = "" } = finalResult(issued);
  out.print(`✓ ${file}  ${fill(words.cli.anchored, { entry: index, time: localTime(recordedAt) })}`);
  return index;
}

async function documentLike(
  { index, status, scene = "", reference, validUntil, digest, commitment = "" }: EntryView,
  file: string,
  until: string | undefined = validUntil ?? undefined,
  context: Context,
): Promise<HashedDocument> {
  if (status === undefined || !STATUSES_BEFORE.supersede.includes(status)) {
    const detail = `entry ${index} is ${status ?? "no document"}; nothing takes its place, and nothing was registered`;
    throw new AppError("STATUS_FINAL", { detail });
  }
  const { algorithm } = parseDigest(digest ?? commitment);
  const [result] = await hashFiles([file], { algorithms: [algorithm], allowEmpty: false }, context);
  if (result === undefined || "fault" in result) throw result?.fault ?? new RangeError("no result");
  const [own = ""] = result.hashed.digests.map(formatDigest);
  return {
    digest: own,
    scene,
    ...(until === undefined ? {} : { validUntil: until }),
    ...(reference === undefined ? {} : { reference }),
  };
}

function finalResult(issued: Issued | undefined): { index: EntryIndex; recordedAt?: string | undefined } {
  switch (issued?.kind) {
    case "final":
      return { index: issued.index, recordedAt: issued.result.recordedAt };
    case "not-sent":
    case "not-believed":
      throw issued.fault;
    case "refused": {
      const { code = "", detail = "" } = issued.result.error ?? {};
      throw new AppError(Object.hasOwn(ERRORS, code) ? (code as ErrorCode) : "REGISTRY_REFUSED", { detail });
    }
    case "open":
    case undefined:
      throw new AppError("ANCHOR_TIMEOUT", {
        detail: "the new file is accepted, and not final yet; run the same command again",
      });
  }
}
