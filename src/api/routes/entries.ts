/** Routes of the log, entry by entry. */
import type { Caller } from "../../core/caller.ts";
import { AppError } from "../../core/errors.ts";
import { entriesQuery, entriesResponse, entryParams, entryView } from "../../wire/entries.ts";
import { presentEntry } from "../present.ts";
import { allows } from "../access.ts";
import { answerListing, seesReference, type ReferenceSight } from "../answers.ts";
import { languageFor } from "../negotiation.ts";
import { parseNumber } from "../parse.ts";
import type { RouteContext } from "./common.ts";

export function entryRoutes({ app, services, guard }: RouteContext): void {
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
}

function sightOf(caller: Caller): ReferenceSight {
  return allows(caller, "reference:read") ? "all" : caller.institution;
}
