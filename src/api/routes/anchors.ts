/** Adds the routes that accept documents by their digests or commitments. */
import type { AnchorRequest, IntakeResult } from "../../anchor/intake.ts";
import type { Anchor } from "../../anchor/ports.ts";
import type { Language } from "../../core/directory.ts";
import { AppError, isAppError } from "../../core/errors.ts";
import { parseEndOfDayOrTime } from "../../core/time.ts";
import {
  MAX_DOCUMENTS,
  anchorParams,
  anchorResult,
  anchorsQuery,
  anchorsRequest,
  anchorsResponse,
  documentRequest,
  type AnchorResult,
} from "../../wire/anchors.ts";
import { presentAnchor, presentItemError, presentOtherReferences, presentSameReference } from "../present.ts";
import { allows, institutionOf } from "../access.ts";
import { languageFor } from "../negotiation.ts";
import { parsePayloadFields } from "../../verify/question.ts";
import { parseAnchorId, parseWait } from "../parse.ts";
import { fromZod, sendProblemBody } from "../problem.ts";
import { toProblem } from "../../wire/problem.ts";
import type { Services } from "../services.ts";
import type { RouteContext } from "./common.ts";
import { isSettled, settledAnchors } from "./settled.ts";

export function anchorRoutes(context: RouteContext): void {
  const { app, services, guard, idempotency } = context;
  app.post(
    "/v1/anchors",
    {
      ...guard.needs("anchor:write"),
      ...idempotency.hooks,
      schema: {
        summary: "Anchor documents by their digests or commitments",
        body: anchorsRequest,
        querystring: anchorsQuery,
        response: { 200: anchorsResponse, 202: anchorsResponse },
      },
    },
    async (request, reply) => {
      const institution = institutionOf(guard.caller(request));
      const language = languageFor(request);
      const wait = parseWait(request.query.wait);
      const items = await takeParsed(services, institution, parseDocuments(request.body.documents));
      const ids = items.flatMap((item) => (item.kind === "taken" ? item.anchor.id : []));
      const now = wait ? await settledAnchors(context, ids) : await services.outbox.anchors(ids);
      const anchors = await present(services, { items, now, language });
      const refusal = ids.length === 0 && items[0]?.kind === "refused" ? items[0].because : undefined;
      if (refusal === undefined)
        return await reply.code(wait && now.every(isSettled) ? 200 : 202).send({ anchors });
      const detail = `none of ${anchors.length} was taken; the first: ${refusal.fields.detail}`;
      const problem = toProblem(refusal, { language, id: request.id });
      return sendProblemBody(reply, { ...problem, status: 422, detail, anchors });
    },
  );

  app.get(
    "/v1/anchors/:id",
    {
      ...guard.needs("anchor:read"),
      schema: { summary: "One anchored document", params: anchorParams, response: { 200: anchorResult } },
    },
    async (request) => {
      const id = parseAnchorId(request.params.id);
      const caller = guard.caller(request);
      const [anchor] = await services.outbox.anchors([id]);
      if (
        anchor !== undefined &&
        (allows(caller, "reference:read") || caller.institution === anchor.institution)
      ) {
        return presentAnchor(anchor, await sceneSlugs(services));
      }
      throw new AppError("ANCHOR_NOT_FOUND", { detail: `there is no anchor ${id}` });
    },
  );
}

/** Parses each document by itself. @throws AppError BATCH_EMPTY, BATCH_TOO_LARGE */
function parseDocuments(documents: readonly unknown[]): (AnchorRequest | AppError)[] {
  if (documents.length === 0) {
    throw new AppError("BATCH_EMPTY", {
      detail: `expected 1 to ${MAX_DOCUMENTS} documents`,
      at: "/documents",
    });
  }
  if (documents.length > MAX_DOCUMENTS) {
    const detail = `expected at most ${MAX_DOCUMENTS} documents, got ${documents.length}`;
    throw new AppError("BATCH_TOO_LARGE", { detail, at: "/documents" });
  }
  return documents.map((document, i) => {
    try {
      return parseDocument(document, `/documents/${i}`);
    } catch (error) {
      if (isAppError(error)) return error;
      throw error;
    }
  });
}

function parseDocument(document: unknown, at: string): AnchorRequest {
  const parsed = documentRequest.safeParse(document);
  if (!parsed.success) throw fromZod(parsed.error, at);
  const { digest, commitment, algorithm, scene, validUntil, reference } = parsed.data;
  return {
    payload: parsePayloadFields({ digest, commitment, algorithm, at }),
    scene,
    validUntil: validUntil === undefined ? 0 : parseEndOfDayOrTime(validUntil, `${at}/validUntil`),
    reference,
  };
}

/** Submits the documents that could be parsed, and gives all results in the order of the request. */
async function takeParsed(
  { intake }: Services,
  institution: number,
  items: readonly (AnchorRequest | AppError)[],
): Promise<IntakeResult[]> {
  const parsed = items.flatMap((item) => (item instanceof AppError ? [] : [item]));
  const results = (parsed.length === 0 ? [] : await intake.takeDocuments(institution, parsed)).values();
  return items.map((item) => {
    if (item instanceof AppError) return { kind: "refused", because: item };
    const { value } = results.next();
    if (value === undefined) throw new RangeError("fewer results than documents");
    return value;
  });
}

async function present(
  services: Services,
  { items, now, language }: { items: readonly IntakeResult[]; now: readonly Anchor[]; language: Language },
): Promise<AnchorResult[]> {
  const scenes = await sceneSlugs(services);
  const current = new Map(now.map((anchor) => [anchor.id, anchor]));
  return items.map((item, i) => {
    if (item.kind === "refused") {
      const error = presentItemError(item.because, language);
      return { state: "refused", error: { ...error, at: error.at ?? `/documents/${i}` } };
    }
    const { reference, sameReference } = item;
    const anchor = current.get(item.anchor.id) ?? item.anchor;
    const warnings = [
      ...presentOtherReferences(anchor, reference),
      ...(sameReference === undefined ? [] : [presentSameReference(sameReference, reference)]),
    ];
    return {
      ...presentAnchor(anchor, scenes, reference),
      ...(item.duplicate ? { duplicate: true } : {}),
      ...(warnings.length === 0 ? {} : { warnings }),
    };
  });
}

async function sceneSlugs({ entries }: Services): Promise<Map<number, string>> {
  return new Map((await entries.scenes()).map(({ id, slug }) => [id, slug]));
}
