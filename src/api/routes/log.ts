/** Adds the routes of the log as C2SP tlog-tiles, for programs that check it themselves; they need no API key. */
import type { FastifyReply } from "fastify";
import type { SignedCheckpoint } from "../../attest/ports.ts";
import { AppError } from "../../core/errors.ts";
import { DIRECTORY_FILE, formatDirectory } from "../../log/directory.ts";
import { parseTilePath } from "../../log/tiles.ts";
import {
  SIZES_PAGE,
  checkpointParams,
  checkpointResponse,
  directoryParams,
  directoryResponse,
  sizesQuery,
  sizesResponse,
  tileParams,
  tileResponse,
} from "../../wire/log.ts";
import { parseNumber } from "../parse.ts";
import type { RouteContext } from "./common.ts";

/** Final data never changes: a year, the longest that caches count (RFC 9111 section 5.2.2.1, RFC 8246). */
const CACHED_PERMANENTLY = "public, max-age=31536000, immutable";

/** The newest checkpoint, the cosignatures of any, and the last directory events change: caches keep them for seconds. */
const CACHED_BRIEFLY = "public, max-age=2";

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
      return await reply
        .header("cache-control", CACHED_PERMANENTLY)
        .type("application/octet-stream")
        .send(bytes);
    },
  );

  app.get(
    "/log/directory/:file",
    {
      config: { negotiated: false },
      schema: {
        summary: "Events of the directory's entries, up to the newest checkpoint",
        params: directoryParams,
        response: { 200: directoryResponse },
      },
    },
    async (request, reply) => {
      const file = parseNumber(request.params.file, "the number of a file");
      const { size } = (await services.checkpoints.latest()) ?? { size: 0 };
      const events = await services.tiles.directory({ file, size });
      if (events.length === 0)
        throw new AppError("DIRECTORY_FILE_NOT_FOUND", {
          detail: `the newest checkpoint covers no directory entry of number ${file} x ${DIRECTORY_FILE} or later`,
        });
      return await reply
        .header("cache-control", events.length === DIRECTORY_FILE ? CACHED_PERMANENTLY : CACHED_BRIEFLY)
        .type("application/x-ndjson")
        .send(formatDirectory(events));
    },
  );

  app.get(
    "/log/checkpoint",
    {
      config: { negotiated: false },
      schema: {
        summary: "The newest checkpoint (C2SP tlog-checkpoint)",
        response: { 200: checkpointResponse },
      },
    },
    async (_, reply) => await sendCheckpoint(reply, await services.checkpoints.latest()),
  );

  app.get(
    "/log/checkpoints",
    {
      schema: {
        summary: "The sizes that a checkpoint is kept of, in order",
        querystring: sizesQuery,
        response: { 200: sizesResponse },
      },
    },
    async (request, reply) => {
      const after = parseNumber(request.query.after ?? "0", "the size of a checkpoint");
      const found = await services.checkpoints.sizes({ after, limit: SIZES_PAGE + 1 });
      const sizes = found.slice(0, SIZES_PAGE);
      const next = found.length > sizes.length ? sizes.at(-1) : undefined;
      return await reply
        .header("cache-control", CACHED_BRIEFLY)
        .send({ sizes, ...(next === undefined ? {} : { next }) });
    },
  );

  app.get(
    "/log/checkpoints/:size",
    {
      config: { negotiated: false },
      schema: {
        summary: "The checkpoint that was signed for a size; all of them are kept",
        params: checkpointParams,
        response: { 200: checkpointResponse },
      },
    },
    async (request, reply) => {
      const size = parseNumber(request.params.size, "the size of a checkpoint");
      return await sendCheckpoint(reply, await services.checkpoints.at(size));
    },
  );
}

/** @throws AppError CHECKPOINT_NOT_FOUND */
export async function sendCheckpoint(
  reply: FastifyReply,
  kept: SignedCheckpoint | undefined,
): Promise<FastifyReply> {
  if (kept === undefined)
    throw new AppError("CHECKPOINT_NOT_FOUND", { detail: "no checkpoint is signed for it, or none yet" });
  return await reply
    .header("cache-control", CACHED_BRIEFLY)
    .type("text/plain; charset=utf-8")
    .send(kept.note);
}
