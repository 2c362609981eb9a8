/** Answers listings from the stages, alike over HTTP and for a log that is read straight from a node. */
import type { EntryFilter, EntryRecord, EntrySource } from "../audit/ports.ts";
import type { Clock } from "../core/clock.ts";
import { DOCUMENT_STATUSES, type DocumentStatus } from "../core/document-status.ts";
import { AppError } from "../core/errors.ts";
import { parseEndOfDayOrTime, parseStartOfDayOrTime } from "../core/time.ts";
import type { InstitutionId } from "../core/units.ts";
import type { Requester } from "../verify/answer.ts";
import { presentAsOf } from "../verify/present.ts";
import type { EntriesQuery, EntriesResponse } from "../wire/entries.ts";
import { presentEntry } from "./present.ts";
import type { Cursors } from "./cursor.ts";
import { notOneOf, parseLimit, parseNumber } from "./parse.ts";

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
