import { formatTime } from "../../core/time.ts";
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
      const { head, doubt } = await services.entries.state();
      const ready = state.kind === "current" && doubt === undefined;
      const because = doubt?.code ?? state.because?.code;
      const { operator, chainId, registry } = services.about;
      return await reply.code(ready ? 200 : 503).send({
        status: ready ? "ready" : "not-ready",
        operator,
        chain: { id: chainId, registry },
        index: {
          role: state.role,
          state: doubt === undefined ? state.kind : "in-doubt",
          treeSize: head?.size ?? 0,
          block: head?.block.number ?? null,
          ...(because === undefined ? {} : { because }),
          ...(doubt === undefined ? {} : { doubtSince: formatTime(doubt.since) }),
        },
      });
    },
  );
}
