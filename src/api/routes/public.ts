/** Adds the route of the directory, which needs no API key. */
import { institutionsResponse } from "../../wire/entries.ts";
import { presentDirectory } from "../present.ts";
import { originOf } from "../../log/checkpoint.ts";
import { languageFor } from "../negotiation.ts";
import type { RouteContext } from "./common.ts";

export function publicRoutes({ app, services }: RouteContext): void {
  app.get(
    "/v1/institutions",
    {
      schema: {
        summary: "The directory: institutions, operators, their keys, and document types",
        response: { 200: institutionsResponse },
      },
    },
    async (request) => {
      const origin = originOf(services.about);
      const language = languageFor(request);
      const directory = presentDirectory(await services.entries.directory(), { origin, language });
      return { ...directory, publicUrl: services.about.publicUrl ?? null };
    },
  );
}
