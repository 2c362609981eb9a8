import { healthResponse, readyResponse } from "../../wire/health.ts";
import { institutionsResponse } from "../../wire/entries.ts";
import { presentDirectory } from "../../wire/present.ts";
import { languageFor } from "../negotiation.ts";
import type { RouteContext } from "./common.ts";

/** What needs no API key. */
export function publicRoutes({ app, services }: RouteContext): void {
  app.get(
    "/v1/institutions",
    {
      schema: {
        summary: "The directory: institutions, operators, their keys, and document types",
        response: { 200: institutionsResponse },
      },
    },
    async (request) => presentDirectory(await services.entries.directory(), languageFor(request)),
  );

  app.get(
    "/healthz",
    { schema: { summary: "Whether the process runs", response: { 200: healthResponse } } },
    () => ({ status: "ok" as const, service: "hufu" as const, version: services.about.version }),
  );

  app.get(
    "/readyz",
    {
      schema: {
        summary: "Whether it can do its work",
        response: { 200: readyResponse, 503: readyResponse },
      },
    },
    async (_, reply) => {
      const state = services.index();
      const { head } = await services.entries.list({ filter: {}, after: undefined, limit: 1 });
      const { operator, chainId, registry } = services.about;
      return await reply.code(state.kind === "current" ? 200 : 503).send({
        status: state.kind === "current" ? "ready" : "not-ready",
        operator,
        chain: { id: chainId, registry },
        index: {
          state: state.kind,
          role: state.role,
          treeSize: head?.size ?? 0,
          block: head?.block.number ?? null,
          ...(state.because === undefined ? {} : { because: state.because.code }),
        },
      });
    },
  );
}
