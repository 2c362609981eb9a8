/** Adds the routes of status changes that a second person of the institution decides. */
import { AppError, quote } from "../../core/errors.ts";
import type { Caller } from "../../core/caller.ts";
import type { InstitutionId } from "../../core/units.ts";
import {
  anchorsQuery,
  decisionRequest,
  statusRequestParams,
  statusRequestsQuery,
  statusRequestsResponse,
  statusResponse,
} from "../../wire/anchors.ts";
import { presentStatusRequest } from "../present.ts";
import { allows, institutionOf } from "../access.ts";
import { notOneOf, parseRequestId, parseWait } from "../parse.ts";
import type { RouteContext } from "./common.ts";
import { isSettled, settledStatus } from "./settled.ts";

const DECISIONS = { approve: "approved", reject: "rejected" } as const;

export function approvalRoutes(context: RouteContext): void {
  const { app, services, guard } = context;
  app.get(
    "/v1/status-requests",
    {
      ...guard.needs("anchor:read"),
      schema: {
        summary: "Changes of a status that wait for a second person",
        querystring: statusRequestsQuery,
        response: { 200: statusRequestsResponse },
      },
    },
    async (request) => {
      const { state } = request.query;
      if (state !== "awaiting-approval") {
        const detail = `expected state=awaiting-approval, got ${quote(state ?? "")}`;
        throw new AppError("TYPE", { detail, at: "state" });
      }
      const found = await services.approvals.awaiting(visibleInstitution(guard.caller(request)));
      return { requests: found.map(presentStatusRequest) };
    },
  );

  app.get(
    "/v1/status-requests/:id",
    {
      ...guard.needs("anchor:read"),
      schema: {
        summary: "One change of a status that was asked for",
        params: statusRequestParams,
        response: { 200: statusResponse },
      },
    },
    async (request) => {
      const id = parseRequestId(request.params.id);
      return presentStatusRequest(
        await services.approvals.request(id, visibleInstitution(guard.caller(request))),
      );
    },
  );

  app.post(
    "/v1/status-requests/:id/approval",
    {
      ...guard.needs("status:write"),
      schema: {
        summary: "Approve or reject a change that another key of the institution asked for",
        params: statusRequestParams,
        body: decisionRequest,
        querystring: anchorsQuery,
        response: { 200: statusResponse, 202: statusResponse },
      },
    },
    async (request, reply) => {
      const caller = guard.caller(request);
      const institution = institutionOf(caller);
      const wait = parseWait(request.query.wait);
      const id = parseRequestId(request.params.id);
      const decision = parseDecision(request.body.decision);
      const by = { id: caller.id, name: caller.name };
      const decided = await services.approvals.decide({ id, decision, by, institution });
      request.log.info({ request: id, decision, by: by.id, askedBy: decided.asked?.by.id }, "status decided");
      const status = wait ? await settledStatus(context, decided) : decided;
      return await reply.code(isSettled(status) ? 200 : 202).send(presentStatusRequest(status));
    },
  );
}

/** Issuers see their institution's requests; undefined = all, for operators. */
function visibleInstitution(caller: Caller): InstitutionId | undefined {
  return allows(caller, "reference:read") ? undefined : institutionOf(caller);
}

/** @throws AppError DECISION_CODE */
function parseDecision(text: string | undefined): "approved" | "rejected" {
  if (text !== undefined && Object.hasOwn(DECISIONS, text)) return DECISIONS[text as keyof typeof DECISIONS];
  throw notOneOf(DECISIONS, { code: "DECISION_CODE", at: "/decision", got: text });
}
