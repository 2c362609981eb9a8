import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyReply } from "fastify";
import type { StatusRequest } from "../../anchor/ports.ts";
import type { Caller } from "../../core/caller.ts";
import { AppError } from "../../core/errors.ts";
import { formatTime } from "../../core/time.ts";
import type { EntryIndex } from "../../core/units.ts";
import { anchorsQuery, statusRequest, statusResponse } from "../../wire/anchors.ts";
import { formatReceipt } from "../../log/receipt.ts";
import { formatStatementFile } from "../../log/statement.ts";
import {
  entriesQuery,
  entriesResponse,
  entryParams,
  entryView,
  evidencePending,
  receiptResponse,
  statementResponse,
  type EvidencePending,
} from "../../wire/entries.ts";
import { meResponse } from "../../wire/me.ts";
import { presentEntry, presentStatusRequest } from "../present.ts";
import { allows, institutionOf } from "../access.ts";
import { answerListing, seesReference, type ReferenceSight } from "../answers.ts";
import { languageFor } from "../negotiation.ts";
import { parseAction, parseNumber, parseReason, parseWait } from "../parse.ts";
import type { Services } from "../services.ts";
import { LOOK, MAX_WAIT, isSettled } from "./anchors.ts";
import type { RouteContext } from "./common.ts";

/** Seconds after which whoever waits for a receipt may ask again. */
const LATER = 1;

/** The log, entry by entry; and changes of a document's status. */
export function entryRoutes(context: RouteContext): void {
  const { app, services, guard, idempotency } = context;
  app.get(
    "/v1/entries",
    {
      ...guard.needs("entry:read"),
      schema: {
        summary: "Entries of the log",
        querystring: entriesQuery,
        response: { 200: entriesResponse },
      },
    },
    async (request) => {
      const asker = { language: languageFor(request), sees: sightOf(guard.caller(request)) };
      return await answerListing(services, request.query, asker);
    },
  );

  app.get(
    "/v1/entries/:index",
    {
      ...guard.needs("entry:read"),
      schema: { summary: "One entry of the log", params: entryParams, response: { 200: entryView } },
    },
    async (request) => {
      const index = parseNumber(request.params.index, "the index of an entry");
      const record = await services.entries.get(index);
      if (record === undefined)
        throw new AppError("ENTRY_NOT_FOUND", { detail: `the log has no entry ${index}` });
      return presentEntry(
        record,
        languageFor(request),
        seesReference(record, sightOf(guard.caller(request))),
      );
    },
  );

  app.get(
    "/v1/entries/:index/receipt",
    {
      ...guard.needs("entry:read"),
      config: { negotiated: false },
      schema: {
        summary: "The receipt of a document (C2SP tlog-proof), once a checkpoint covers it",
        params: entryParams,
        response: { 200: receiptResponse, 202: evidencePending },
      },
    },
    async (request, reply) => {
      const index = parseNumber(request.params.index, "the index of an entry");
      const receipt = await services.receipts.issue(index);
      if (receipt === undefined) return await sendPending(reply, index, services);
      return await reply
        .type("text/plain; charset=utf-8")
        .header("content-disposition", `attachment; filename="entry-${index}.tlog-proof"`)
        .send(formatReceipt(receipt));
    },
  );

  app.get(
    "/v1/entries/:index/status-statement",
    {
      ...guard.needs("entry:read"),
      config: { negotiated: false },
      schema: {
        summary: "What the operator asserts of a document now (hufu/status/v1), once a checkpoint covers it",
        params: entryParams,
        response: { 200: statementResponse, 202: evidencePending },
      },
    },
    async (request, reply) => {
      const index = parseNumber(request.params.index, "the index of an entry");
      const statement = await services.statements.issue(index);
      if (statement === undefined) return await sendPending(reply, index, services);
      return await reply
        .type("application/json; charset=utf-8")
        .header("cache-control", "no-store")
        .header("content-disposition", `attachment; filename="entry-${index}.status.json"`)
        .send(formatStatementFile(statement));
    },
  );

  app.get(
    "/v1/me",
    {
      ...guard.needs("entry:read"),
      schema: { summary: "Who the API key is", response: { 200: meResponse } },
    },
    (request) => {
      const { name, role, institution } = guard.caller(request);
      return { name, role, institution: institution ?? null };
    },
  );

  app.post(
    "/v1/entries/:index/status",
    {
      ...guard.needs("status:write"),
      ...idempotency.hooks,
      schema: {
        summary: "Change the status of a document",
        params: entryParams,
        body: statusRequest,
        querystring: anchorsQuery,
        response: { 200: statusResponse, 202: statusResponse },
      },
    },
    async (request, reply) => {
      const caller = guard.caller(request);
      const institution = institutionOf(caller);
      const by = { id: caller.id, name: caller.name };
      const wait = parseWait(request.query.wait);
      const document = parseNumber(request.params.index, "the index of an entry");
      const action = parseAction(request.body.action);
      const reason = parseReason(request.body.reason);
      const { successor } = request.body;
      const change = { institution, document, action, reason, successor, by };
      const taken = await services.reception.takeStatus(change);
      const status = wait ? await settledStatus(context, taken) : taken;
      return await reply.code(isSettled(status) ? 200 : 202).send(presentStatusRequest(status));
    },
  );
}

/** Waits until a change is final or failed or in the hands of a second person, the time is over, or the service stops. */
export async function settledStatus(
  { services, closing }: RouteContext,
  taken: StatusRequest,
): Promise<StatusRequest> {
  let status = taken;
  const waits = (): boolean => !isSettled(status) && status.state !== "awaiting-approval";
  for (let waited = 0; waited < MAX_WAIT && waits() && !closing.aborted; waited += LOOK) {
    await sleep(LOOK);
    status = (await services.outbox.statusRequest(status.id)) ?? status;
  }
  return status;
}

/** What is known of an entry that nothing can be proven of yet. */
async function sendPending(
  reply: FastifyReply,
  index: EntryIndex,
  { entries, about }: Services,
): Promise<FastifyReply> {
  const [record, { head }] = await Promise.all([entries.get(index), entries.state()]);
  if (record === undefined)
    throw new AppError("ENTRY_NOT_FOUND", { detail: `the log has no entry ${index}` });
  const pending: EvidencePending = {
    code: "PENDING",
    index,
    state: record.final ? "final" : "included",
    confirmations: head === undefined ? 0 : Math.max(0, head.block.number - record.block + 1),
    deadline: formatTime(record.entry.recordedAt + about.maxPendingAge),
  };
  return await reply.code(202).header("retry-after", LATER).send(pending);
}

function sightOf(caller: Caller): ReferenceSight {
  return allows(caller, "reference:read") ? "all" : caller.institution;
}
