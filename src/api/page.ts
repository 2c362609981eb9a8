import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import helmet from "@fastify/helmet";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { PAGE_POLICY, pageCaching, pageType, pageUrl, type PageFile, type PageFiles } from "../wire/page.ts";

/** By the name that it has in Accept-Encoding; the first that a client takes is used. */
const ENCODINGS: Readonly<Record<string, (bytes: Uint8Array) => Promise<Uint8Array>>> = {
  br: (bytes) => promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
  gzip: (bytes) => promisify(gzip)(bytes, { level: 9 }),
  identity: (bytes) => Promise.resolve(bytes),
};

/**
 * The page's files, as they were when the service started. Needs no API key.
 * @param options.secure whether browsers reach the service over TLS
 */
export async function pageRoutes(
  app: FastifyInstance,
  { files, secure }: { files: PageFiles; secure: boolean },
): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: { ...PAGE_POLICY } },
    // browsers take it over TLS alone, and complain without
    crossOriginOpenerPolicy: secure,
    // over TLS this host is reached over TLS from then on; what its other names do is not for this service to say
    strictTransportSecurity: secure ? { includeSubDomains: false } : false,
  });
  for (const file of files) serveFile(app, file);
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
