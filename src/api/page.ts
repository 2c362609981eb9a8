/** Serves the files of the page at `/`. */
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import helmet from "@fastify/helmet";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { AppError } from "../core/errors.ts";
import {
  PAGE_POLICY,
  pageCaching,
  pageType,
  pageUrl,
  type PageFile,
  type PageFiles,
} from "../core/page-files.ts";

/** Encoders by their names in Accept-Encoding; the first that a client takes is used. */
const ENCODINGS: Readonly<Record<string, (bytes: Uint8Array) => Promise<Uint8Array>>> = {
  br: (bytes) => promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
  gzip: (bytes) => promisify(gzip)(bytes, { level: 9 }),
  identity: (bytes) => Promise.resolve(bytes),
};

/**
 * Adds the routes of the page's files, as they were when the service started; they need no API key. Without files `/` says so.
 * @param options.secure whether browsers reach the service over TLS
 */
export async function pageRoutes(
  app: FastifyInstance,
  { files, secure }: { files: PageFiles; secure: boolean },
): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: { ...PAGE_POLICY } },
    // browsers accept it over TLS only, and warn otherwise
    crossOriginOpenerPolicy: secure,
    // a browser that came over TLS returns over TLS; subdomains are not this service's to decide
    strictTransportSecurity: secure ? { includeSubDomains: false } : false,
  });
  for (const file of files) serveFile(app, file);
  if (files.length > 0) return;
  const detail = "this service has no page; its API answers, see /openapi.json";
  app.get("/", { config: { negotiated: false }, schema: { hide: true } }, () => {
    throw new AppError("PAGE_NOT_BUILT", { detail });
  });
}

function serveFile(app: FastifyInstance, file: PageFile): void {
  const encoded = new Map<string, Promise<Uint8Array>>();
  const tag = `W/"${createHash("sha256").update(file.bytes).digest("hex").slice(0, 32)}"`;
  app.get(
    pageUrl(file),
    { config: { negotiated: false }, schema: { hide: true } },
    async (request, reply) => {
      void reply
        .header("cache-control", pageCaching(file))
        .header("etag", tag)
        .header("vary", "accept-encoding");
      if (request.headers["if-none-match"] === tag) return await reply.code(304).send();
      const encoding = encodingFor(request);
      const bytes = encoded.get(encoding) ?? ENCODINGS[encoding]?.(file.bytes);
      if (bytes !== undefined) encoded.set(encoding, bytes);
      if (encoding !== "identity") void reply.header("content-encoding", encoding);
      return await reply.type(pageType(file)).send(await bytes);
    },
  );
}

function encodingFor(request: FastifyRequest): string {
  const found = request.accepts().encoding(Object.keys(ENCODINGS));
  return typeof found === "string" ? found : "identity";
}
