/** Answers verifications and listings of the API from the stages. */
import type { EntryFilter, EntryRecord, EntrySource } from "../audit/ports.ts";
import type { Proofs } from "../attest/proofs.ts";
import type { Clock } from "../core/clock.ts";
import { parseDigest, type Payload } from "../core/digest.ts";
import type { Language } from "../core/directory.ts";
import { DOCUMENT_STATUSES, type DocumentStatus } from "../core/document-status.ts";
import { AppError, isAppError } from "../core/errors.ts";
import { parseEndOfDayOrTime, parseStartOfDayOrTime } from "../core/time.ts";
import type { InstitutionId } from "../core/units.ts";
import type { ProvenEntries } from "../log/proven-entry.ts";
import { provingEntries } from "../verify/judge.ts";
import type { VerifierAnswer, Verifier } from "../verify/verifier.ts";
import type { EntriesQuery, EntriesResponse } from "../wire/entries.ts";
import { presentAnswer, presentAsOf, presentEntry } from "./present.ts";
import type { Indeterminate, VerificationRequest, VerificationResponse } from "../wire/verifications.ts";
import type { Cursors } from "./cursor.ts";
import { notOneOf, parsePayloadFields, parseLimit, parseNumber } from "./parse.ts";
import { toProblem } from "./problem.ts";

/**
 * What questions about the log are answered with, apart from how they travel: over HTTP, or from a log that is read
 * straight from a node. Both say the same because both are this.
 */

/** In whose language, and under which id it is found in the service's log. */
export interface Asker {
  readonly language: Language;
  readonly id: string;
}

/** What verifications are answered by. */
export interface VerificationParts {
  readonly verifier: Verifier;
  /** Undefined: nothing signs what this log holds. */
  readonly proofs: Pick<Proofs, "of"> | undefined;
}

/** @throws AppError for a digest or commitment that cannot be one */
export async function answerVerification(
  parts: VerificationParts,
  question: VerificationRequest,
  { language, id }: Asker,
): Promise<VerificationResponse | Indeterminate> {
  const payloads = payloadsOf(question);
  const answer = await judged(parts, question, payloads).catch(couldNotRead);
  const { asOf, verdict, ...rest } = answer;
  if (verdict.kind !== "indeterminate" && asOf !== undefined) {
    return presentAnswer({ ...rest, verdict, asOf }, { language, payloads });
  }
  const error =
    verdict.kind === "indeterminate"
      ? new AppError(verdict.because, { detail: verdict.detail })
      : new AppError("INDEX_STALE", { detail: "nothing was read from the chain yet" });
  const at = asOf === undefined ? {} : { asOf: presentAsOf(asOf.head, asOf.time) };
  return { ...toProblem(error, { language, id }), status: 503, verdict: "indeterminate", ...at };
}

async function judged(
  { verifier, proofs }: VerificationParts,
  { expectedIssuer, proof: isWanted = false }: VerificationRequest,
  payloads: readonly Payload[],
): Promise<Answered> {
  const answer = await verifier.verify({ payloads, expectedIssuer });
  const proving = isWanted ? provingEntries(answer.verdict) : [];
  return { ...answer, proof: proving.length === 0 ? undefined : await proofs?.of(proving) };
}

interface Answered extends VerifierAnswer {
  readonly proof: ProvenEntries | undefined;
}

/**
 * What a question asks for: digests or commitments, never both, so that it is clear which entries were searched.
 * @throws AppError TYPE, and as {@link parseDigest}
 */
function payloadsOf(question: VerificationRequest): Payload[] {
  const { digest, commitment, algorithm, alsoDigests = [], alsoCommitments = [] } = question;
  const first = parsePayloadFields({ digest, commitment, algorithm, at: "" });
  const { blinded } = first;
  const [also, name] = blinded ? [alsoCommitments, "alsoCommitments"] : [alsoDigests, "alsoDigests"];
  if (also.length < alsoDigests.length + alsoCommitments.length) {
    const other = blinded ? "alsoDigests" : "alsoCommitments";
    throw new AppError("TYPE", { detail: `expected ${name} at most, got ${other} too`, at: `/${other}` });
  }
  return [first, ...also.map((text, i) => ({ ...parseDigest(text, { at: `/${name}/${i}` }), blinded }))];
}

/** A verification whose evidence cannot be read establishes nothing. @throws whatever is no such fault */
function couldNotRead(fault: unknown): Answered {
  if (!isAppError(fault) || fault.spec.exit !== 3) throw fault;
  const { code, fields } = fault;
  const verdict = { kind: "indeterminate", because: code, detail: fields.detail } as const;
  return { verdict, deciding: [], conflicting: [], asOf: undefined, proof: undefined };
}

const PAGE = { fallback: 100, max: 1_000 };

export interface ListingParts {
  readonly entries: EntrySource;
  readonly cursors: Cursors;
  readonly clock: Clock;
}

/** What the asker may see of references, and of whose: all of them, those of one institution, or none. */
export type ReferenceSight = "all" | InstitutionId | undefined;

/** @throws AppError PAGE_LIMIT, CURSOR_INVALID, DATE_*, SCENE_UNKNOWN, ID_FORMAT, TYPE, SCOPE_REQUIRED, INDEX_STALE */
export async function answerListing(
  { entries, cursors, clock }: ListingParts,
  query: EntriesQuery,
  { language, sees }: Pick<Asker, "language"> & { sees: ReferenceSight },
): Promise<EntriesResponse> {
  const { cursor, limit: asked, ...filters } = query;
  const limit = parseLimit(asked, PAGE);
  const after = cursor === undefined ? undefined : cursors.read(filters, cursor);
  const filter = await parseFilter(entries, filters, sees);
  const { records, head } = await entries.list({ filter, after, limit: limit + 1 });
  if (head === undefined)
    throw new AppError("INDEX_STALE", { detail: "nothing was read from the chain yet" });
  const shown = records.slice(0, limit);
  const last = shown.at(-1);
  return {
    entries: shown.map((record) => presentEntry(record, language, seesReference(record, sees))),
    ...(records.length > limit && last !== undefined ? { next: cursors.write(filters, last.index) } : {}),
    asOf: presentAsOf(head, clock.now()),
  };
}

export function seesReference({ entry }: EntryRecord, sees: ReferenceSight): boolean {
  return sees === "all" || sees === entry.institution;
}

async function parseFilter(
  entries: EntrySource,
  query: Omit<EntriesQuery, "cursor" | "limit">,
  sees: ReferenceSight,
): Promise<EntryFilter> {
  const from = query.from === undefined ? undefined : parseStartOfDayOrTime(query.from, "from");
  const to = query.to === undefined ? undefined : parseEndOfDayOrTime(query.to, "to");
  if (from !== undefined && to !== undefined && from > to) {
    throw new AppError("DATE_RANGE", { detail: `"from" is after "to"`, at: "from" });
  }
  const issuer =
    query.issuer === undefined ? undefined : parseNumber(query.issuer, "the id of an institution");
  const { reference } = query;
  if (reference !== undefined && sees === undefined) {
    throw new AppError("SCOPE_REQUIRED", {
      detail: "references are for their issuer and this operator's auditors",
      at: "reference",
    });
  }
  return {
    issuer: reference === undefined || sees === "all" ? issuer : sees,
    scene: query.scene === undefined ? undefined : await parseScene(entries, query.scene),
    status: query.status === undefined ? undefined : parseStatus(query.status),
    reference,
    from,
    to,
  };
}

async function parseScene(entries: EntrySource, slug: string): Promise<number> {
  const scenes = Object.fromEntries((await entries.scenes()).map((scene) => [scene.slug, scene.id]));
  const id = Object.hasOwn(scenes, slug) ? scenes[slug] : undefined;
  if (id !== undefined) return id;
  throw notOneOf(scenes, { code: "SCENE_UNKNOWN", at: "scene", got: slug });
}

function parseStatus(text: string): DocumentStatus {
  const status = DOCUMENT_STATUSES.find((known) => known === text);
  if (status !== undefined) return status;
  const allowed = Object.fromEntries(DOCUMENT_STATUSES.map((known) => [known, known]));
  throw notOneOf(allowed, { code: "TYPE", at: "status", got: text });
}
