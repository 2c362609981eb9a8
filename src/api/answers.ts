/** Answers verifications and listings from the stages, alike over HTTP and for a log that is read straight from a node. */
import type { EntryFilter, EntryRecord, EntrySource } from "../audit/ports.ts";
import type { Proofs } from "../attest/proofs.ts";
import type { Clock } from "../core/clock.ts";
import { parseDigest, type Payload, type SoughtPayload } from "../core/digest.ts";
import type { Language } from "../core/directory.ts";
import { DOCUMENT_STATUSES, type DocumentStatus } from "../core/document-status.ts";
import { AppError, isAppError, quote } from "../core/errors.ts";
import { parseOfficialId, type ExpectedIssuer } from "../core/official-id.ts";
import { parseEndOfDayOrTime, parseStartOfDayOrTime } from "../core/time.ts";
import type { InstitutionId } from "../core/units.ts";
import type { ProvenEntries } from "../log/proven-entry.ts";
import { provingEntries } from "../verify/judge.ts";
import { NOTHING, type VerifierAnswer, type Verifier } from "../verify/verifier.ts";
import type { EntriesQuery, EntriesResponse } from "../wire/entries.ts";
import { presentAnswer, presentAsOf, presentEntry } from "./present.ts";
import type { Indeterminate, VerificationRequest, VerificationResponse } from "../wire/verifications.ts";
import type { Cursors } from "./cursor.ts";
import { notOneOf, parseBoundTo, parsePayloadFields, parseLimit, parseNumber } from "./parse.ts";
import { toProblem } from "./problem.ts";

/** The language of the answer, and the id of the request in the service's log. */
export interface Requester {
  readonly language: Language;
  readonly id: string;
}

/** What a verification needs. */
export interface VerificationParts {
  readonly verifier: Verifier;
  /** Undefined where no operator signs the log's checkpoints. */
  readonly proofs: Pick<Proofs, "of"> | undefined;
}

/** @throws AppError for a digest or commitment that cannot be one */
export async function answerVerification(
  parts: VerificationParts,
  question: VerificationRequest,
  { language, id }: Requester,
): Promise<VerificationResponse | Indeterminate> {
  const payloads = payloadsOf(question);
  const answer = await judge(parts, question, payloads).catch(asIndeterminate);
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

async function judge(
  { verifier, proofs }: VerificationParts,
  { expectedIssuer, proof: isProofWanted = false }: VerificationRequest,
  payloads: readonly Payload[],
): Promise<Answered> {
  const answer = await verifier.verify({ payloads, expectedIssuer: expectedOf(expectedIssuer) });
  const proving = isProofWanted ? provingEntries(answer.verdict) : [];
  return { ...answer, proof: proving.length === 0 ? undefined : await proofs?.of(proving) };
}

/** @throws AppError TYPE: a text that identifies no institution */
function expectedOf(issuer: VerificationRequest["expectedIssuer"]): ExpectedIssuer | undefined {
  if (typeof issuer !== "string") return issuer;
  const parsed = parseOfficialId(issuer);
  if (parsed !== undefined) return parsed;
  const detail = `expected the id of an institution, or JURISDICTION:NUMBER, got ${quote(issuer)}`;
  throw new AppError("TYPE", { detail, at: "/expectedIssuer" });
}

interface Answered extends VerifierAnswer {
  readonly proof: ProvenEntries | undefined;
}

/**
 * The payloads to search for: digests or commitments, never both, so that it is clear which entries were searched.
 * @throws AppError TYPE, COMMITMENT_NEEDS_ISSUER, and as {@link parseDigest}
 */
function payloadsOf(question: VerificationRequest): SoughtPayload[] {
  const { digest, commitment, algorithm, alsoDigests = [], alsoCommitments = [], ...bound } = question;
  const first = parsePayloadFields({ digest, commitment, algorithm, at: "" });
  if (!first.blinded) {
    const { institution, origin } = bound;
    refuseOthers({ institution, origin, alsoCommitments: alsoCommitments[0] }, "digest and alsoDigests");
    const also = alsoDigests.map((text, i) => parseDigest(text, { at: `/alsoDigests/${i}` }));
    return [first, ...also.map((other) => ({ ...other, blinded: false }))];
  }
  refuseOthers({ alsoDigests: alsoDigests[0] }, "commitment and alsoCommitments");
  return [
    { ...first, boundTo: parseBoundTo(bound, "") },
    ...alsoCommitments.map(({ commitment: text, ...others }, i) => {
      const at = `/alsoCommitments/${i}`;
      const other = parseDigest(text, { at: `${at}/commitment` });
      return { ...other, blinded: true, boundTo: parseBoundTo(others, at) };
    }),
  ];
}

/** @throws AppError TYPE */
function refuseOthers(fields: Readonly<Record<string, unknown>>, expected: string): void {
  const [name] = Object.entries(fields).find(([, value]) => value !== undefined) ?? [];
  if (name === undefined) return;
  throw new AppError("TYPE", { detail: `expected ${expected} only, got ${name} too`, at: `/${name}` });
}

/** A verification whose evidence cannot be read is indeterminate. @throws any other fault */
function asIndeterminate(fault: unknown): Answered {
  if (!isAppError(fault) || fault.spec.exit !== 3) throw fault;
  const { code, fields } = fault;
  const verdict = { kind: "indeterminate", because: code, detail: fields.detail } as const;
  return { verdict, ...NOTHING, asOf: undefined, proof: undefined };
}

const PAGE = { fallback: 100, max: 1_000 };

export interface ListingParts {
  readonly entries: EntrySource;
  readonly cursors: Cursors;
  readonly clock: Clock;
}

/** Which references the caller may see: all of them, those of one institution, or none. */
export type VisibleReferences = "all" | InstitutionId | undefined;

/** @throws AppError PAGE_LIMIT, CURSOR_INVALID, DATE_*, SCENE_UNKNOWN, ID_FORMAT, TYPE, SCOPE_REQUIRED, INDEX_STALE */
export async function answerListing(
  { entries, cursors, clock }: ListingParts,
  query: EntriesQuery,
  { language, visible }: Pick<Requester, "language"> & { visible: VisibleReferences },
): Promise<EntriesResponse> {
  const { cursor, limit: limitText, ...filters } = query;
  const limit = parseLimit(limitText, PAGE);
  const after = cursor === undefined ? undefined : cursors.read(filters, cursor);
  const filter = await parseFilter(entries, filters, visible);
  const { records, head } = await entries.list({ filter, after, limit: limit + 1 });
  if (head === undefined)
    throw new AppError("INDEX_STALE", { detail: "nothing was read from the chain yet" });
  const page = records.slice(0, limit);
  const last = page.at(-1);
  return {
    entries: page.map((record) => presentEntry(record, language, isReferenceVisible(record, visible))),
    ...(records.length > limit && last !== undefined ? { next: cursors.write(filters, last.index) } : {}),
    asOf: presentAsOf(head, clock.now()),
  };
}

export function isReferenceVisible({ entry }: EntryRecord, visible: VisibleReferences): boolean {
  return visible === "all" || visible === entry.institution;
}

async function parseFilter(
  entries: EntrySource,
  query: Omit<EntriesQuery, "cursor" | "limit">,
  visible: VisibleReferences,
): Promise<EntryFilter> {
  const from = query.from === undefined ? undefined : parseStartOfDayOrTime(query.from, "from");
  const to = query.to === undefined ? undefined : parseEndOfDayOrTime(query.to, "to");
  if (from !== undefined && to !== undefined && from > to) {
    throw new AppError("DATE_RANGE", { detail: `"from" is after "to"`, at: "from" });
  }
  const issuer =
    query.issuer === undefined ? undefined : parseNumber(query.issuer, "the id of an institution");
  const { reference } = query;
  if (reference !== undefined && visible === undefined) {
    throw new AppError("SCOPE_REQUIRED", {
      detail: "references are for their issuer and this operator's auditors",
      at: "reference",
    });
  }
  return {
    issuer: reference === undefined || visible === "all" ? issuer : visible,
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
