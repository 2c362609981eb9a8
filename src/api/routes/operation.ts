/** Adds the routes that monitoring reads: health, readiness and metrics. */
import type { FastifyRequest } from "fastify";
import { toHex } from "../../core/bytes.ts";
import { AppError } from "../../core/errors.ts";
import { formatTime } from "../../core/time.ts";
import { healthResponse, readyResponse } from "../../wire/health.ts";
import type { RouteContext } from "./common.ts";

export function operationRoutes({ app, services }: RouteContext): void {
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
      const { head, doubt, problems, closed, pending, splits } = await services.status();
      const { operator, chainId, registry } = services.about;
      const { kind, role, because } = services.index();
      const why = doubt?.code ?? because?.code;
      const ready = problems.length === 0;
      return await reply.code(ready ? 200 : 503).send({
        status: ready ? "ready" : "not-ready",
        operator,
        chain: { id: chainId, registry },
        index: {
          role,
          state: doubt === undefined ? kind : "in-doubt",
          treeSize: head?.size ?? 0,
          block: head?.block.number ?? null,
          ...(why === undefined ? {} : { because: why }),
          ...(doubt === undefined ? {} : { doubtSince: formatTime(doubt.since) }),
        },
        acceptance: {
          open: closed === undefined,
          ...(closed === undefined ? {} : presentFault(closed)),
        },
        outbox: pending === undefined ? null : { pending: pending.count },
        splitViews:
          splits?.map(({ size, root, ownRoot, observedAt }) => ({
            size,
            root: toHex(root),
            ownRoot: toHex(ownRoot),
            observedAt: formatTime(observedAt),
          })) ?? null,
        problems: problems.map(presentFault),
      });
    },
  );

  app.get("/metrics", { config: { negotiated: false }, schema: { hide: true } }, async (request, reply) => {
    if (!services.about.publicMetrics && !isLocal(request)) {
      throw new AppError("METRICS_PRIVATE", {
        detail: "metrics are for loopback; HUFU_METRICS=public opens them",
      });
    }
    const text = await services.metrics.text();
    return await reply.type(services.metrics.contentType).serializer(String).send(text);
  });
}

/** The code and the technical detail, which holds no secrets. */
function presentFault({ code, fields }: AppError): { code: string; detail: string } {
  return { code, detail: fields.detail };
}

/** Whether the client is on this machine; a client behind a proxy is not, unless the proxy is trusted. */
function isLocal({ ip, ips, headers }: FastifyRequest): boolean {
  const isProxied = headers["x-forwarded-for"] !== undefined || headers.forwarded !== undefined;
  if (isProxied && (ips === undefined || ips.length < 2)) return false;
  return ip === "::1" || /^(::ffff:)?127\./.test(ip);
}
