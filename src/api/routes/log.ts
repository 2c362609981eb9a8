import { AppError } from "../../core/errors.ts";
import { parseTilePath } from "../../log/tiles.ts";
import { tileParams, tileResponse } from "../../wire/log.ts";
import type { RouteContext } from "./common.ts";

/** What is final never changes: a year, the longest that caches count (RFC 9111 section 5.2.2.1, RFC 8246). */
const FOR_EVER = "public, max-age=31536000, immutable";

/** The log for programs that check it themselves, as C2SP tlog-tiles; needs no API key. */
export function logRoutes({ app, services }: RouteContext): void {
  app.get(
    "/log/tile/*",
    {
      config: { negotiated: false },
      schema: {
        summary: "A tile of the final log, or an entry bundle (C2SP tlog-tiles)",
        params: tileParams,
        response: { 200: tileResponse },
      },
    },
    async (request, reply) => {
      const tile = parseTilePath(`tile/${request.params["*"]}`);
      const bytes = await services.tiles.read(tile);
      if (bytes === undefined)
        throw new AppError("TILE_NOT_FOUND", {
          detail: "the final tree is not as large yet; ask again later",
        });
      return await reply.header("cache-control", FOR_EVER).type("application/octet-stream").send(bytes);
    },
  );
}
