/** Adds the route that changes the status of a document. */
import { anchorsQuery, statusRequest, statusResponse } from "../../wire/anchors.ts";
import { entryParams } from "../../wire/entries.ts";
import { institutionOf } from "../access.ts";
import { parseAction, parseNumber, parseReason, parseWait } from "../parse.ts";
import { presentStatusRequest } from "../present.ts";
import type { RouteContext } from "./common.ts";
import { isSettled, settledStatus } from "./settled.ts";

export function statusRoutes(context: RouteContext): void {
  const { app, services, guard, idempotency } = context;
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
      const taken = await services.intake.takeStatus(change);
      const status = wait ? await settledStatus(context, taken) : taken;
      return await reply.code(isSettled(status) ? 200 : 202).send(presentStatusRequest(status));
    },
  );
}
