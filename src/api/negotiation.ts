/** Negotiates languages and media types, and refuses bodies of other types. */
import type {} from "@fastify/accepts";
import type { FastifyRequest } from "fastify";
import type { Language } from "../core/directory.ts";
import { AppError } from "../core/errors.ts";
import { languageOf } from "../core/language.ts";
import { hostOf, isLoopback } from "../core/loopback.ts";

const TYPES = ["application/json", "application/problem+json"];
/** No parameter but UTF-8 and no trailing characters, which can bypass content-type checks. */
const JSON_TYPE = /^application\/json(; ?charset="?utf-8"?)?$/i;
const ANY_JSON = /^application\/json\s*(;|$)/i;
const JSON_WITH_CHARSET = /^application\/json\s*;\s*charset=/i;
const PLAIN_TEXT = /^text\/plain(; ?charset="?utf-8"?)?$/i;
const TEXT = /^text\/plain\b/i;

/** The first accepted language that the service has words in; English otherwise. */
export function languageFor(request: FastifyRequest): Language {
  for (const tag of request.accepts().languages()) {
    const language = languageOf(tag);
    if (language !== undefined) return language;
  }
  return "en";
}

declare module "fastify" {
  interface FastifyContextConfig {
    /** False where the answer is not JSON: it has one form, which is sent whatever the client accepts. */
    negotiated?: false;
    /** Set where the route takes plain text and not JSON; a body without a type counts as text. */
    takes?: "text";
  }
}

/** Headers of which the server reads the first, and a proxy before it may have read the last. */
const SINGLE = ["authorization", "host"];

/** @throws AppError HTTP_MALFORMED: a header is repeated that a request has once (RFC 9112 section 3.2, RFC 9110 section 11.6.2) */
export function refuseRepeated({ raw: { rawHeaders } }: FastifyRequest): void {
  const names = rawHeaders.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase());
  const repeated = SINGLE.find((name) => names.indexOf(name) !== names.lastIndexOf(name));
  if (repeated !== undefined)
    throw new AppError("HTTP_MALFORMED", { detail: `expected the header ${repeated} once` });
}

/**
 * Refuses names that a service on loopback does not have. A page from elsewhere can have its own name resolve to this machine
 * (DNS rebinding), and is then of one origin with the service; the browser sends that name.
 * @param publicHost the host of the service's public URL
 * @throws AppError HOST_NOT_SERVED
 */
export function refuseOtherHosts({ headers }: FastifyRequest, publicHost: string | undefined): void {
  const name = hostOf(headers.host);
  if (name !== undefined && (isLoopback(name) || name === publicHost)) return;
  const detail =
    "this service is on loopback: ask for localhost, or set HUFU_PUBLIC_URL to what clients call it";
  throw new AppError("HOST_NOT_SERVED", { detail });
}

/** @throws AppError NOT_ACCEPTABLE */
export function refuseUnacceptable(request: FastifyRequest): void {
  if (request.routeOptions.config.negotiated === false) return;
  if (request.accepts().type(TYPES) !== false) return;
  throw new AppError("NOT_ACCEPTABLE", { detail: `answers are ${TYPES.join(" or ")}` });
}

/**
 * Refuses every body that is not plain JSON, or plain text where the route takes that, before any of it is read.
 * @throws AppError SEND_DIGEST_ONLY, CONTENT_TYPE, CONTENT_ENCODING
 */
export function refuseDocuments(request: FastifyRequest): void {
  const { headers } = request;
  const takesText = request.routeOptions.config.takes === "text";
  const empty = headers["transfer-encoding"] === undefined && Number(headers["content-length"] ?? 0) === 0;
  const type = headers["content-type"];
  if (empty) return;
  if (takesText && (type === undefined || PLAIN_TEXT.test(type))) {
    refuseEncoded(headers["content-encoding"]);
    return;
  }
  if (type === undefined || TEXT.test(type) || (ANY_JSON.test(type) && !JSON_TYPE.test(type))) {
    const encoded = type !== undefined && JSON_WITH_CHARSET.test(type);
    const detail =
      "expected application/json; to verify or register a document, send its digest, never the document";
    throw new AppError(encoded ? "CONTENT_ENCODING" : "CONTENT_TYPE", { detail });
  }
  if (!JSON_TYPE.test(type)) {
    const detail =
      "no route takes a document: send its digest as application/json, never the document itself";
    throw new AppError("SEND_DIGEST_ONLY", { detail });
  }
  if (takesText) throw new AppError("CONTENT_TYPE", { detail: "expected text/plain" });
  refuseEncoded(headers["content-encoding"]);
}

function refuseEncoded(encoding: string | undefined): void {
  if (encoding !== undefined && encoding !== "identity") {
    throw new AppError("CONTENT_ENCODING", { detail: "expected a body that is not compressed" });
  }
}
