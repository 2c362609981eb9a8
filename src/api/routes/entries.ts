/** Adds the routes that list and show the log's entries. */
import type { Caller } from "../../core/caller.ts";
import { AppError } from "../../core/errors.ts";
import { entriesQuery, entriesResponse, entryParams, entryView } from "../../wire/entries.ts";
import { presentEntry } from "../present.ts";
import { allows } from "../access.ts";
import { answerListing, isReferenceVisible, type VisibleReferences } from "../answers.ts";
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
      const visible = visibleReferences(guard.caller(request));
      return await answerListing(services, request.query, { language: languageFor(request), visible });
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
      const visible = visibleReferences(guard.caller(request));
      return presentEntry(record, languageFor(request), isReferenceVisible(record, visible));
    },
  );
}

function visibleReferences(caller: Caller): VisibleReferences {
  return allows(caller, "reference:read") ? "all" : caller.institution;
}
