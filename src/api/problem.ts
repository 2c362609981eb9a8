/** Answers faults with problems (RFC 9457). */
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import type { z } from "zod";
import { AppError, isAppError, type ErrorCode } from "../core/errors.ts";
import { toProblem, type Problem } from "../wire/problem.ts";
import { languageFor } from "./negotiation.ts";

/** Codes of status 5xx that are temporary and not a fault of the service; they are logged as refusals. */
const TEMPORARY: readonly ErrorCode[] = ["OVERLOADED", "WITNESS_UNAVAILABLE"];

/** Answers with a problem; a fault of the service is logged with its cause. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, fault: unknown): FastifyReply {
  const error = asAppError(fault, request);
  const { status } = error.spec;
  if (status >= 500 && !TEMPORARY.includes(error.code))
    request.log.error({ err: fault, code: error.code }, "request failed");
  else request.log.info({ code: error.code }, "request refused"); // detail and place may quote the request
  if (status === 401) void reply.header("www-authenticate", "Bearer");
  return sendProblemBody(reply, toProblem(error, { language: languageFor(request), id: request.id }));
}

/** Answers with a problem, which may have more members than its error gives. */
export function sendProblemBody(reply: FastifyReply, body: Problem): FastifyReply {
  const later = body.status === 503 || body.status === 507;
  if (later && !reply.hasHeader("retry-after")) void reply.header("retry-after", "5");
  return reply.code(body.status).type("application/problem+json").serializer(JSON.stringify).send(body);
}

/** Faults that the framework raises, by its codes. */
const FRAMEWORK: Readonly<Record<string, { code: ErrorCode; detail: string }>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: {
    code: "BODY_TOO_LARGE",
    detail: "at most 1 MiB of JSON, or 64 KiB of text where that is taken; send digests, never documents",
  },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    code: "HTTP_MALFORMED",
    detail: "Content-Length is not the body's length",
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: { code: "CONTENT_TYPE", detail: "expected application/json" },
  FST_ERR_ROUTE_MISSING_CONTENT_TYPE: { code: "CONTENT_TYPE", detail: "expected application/json" },
  FST_ERR_CTP_EMPTY_JSON_BODY: { code: "JSON_SYNTAX", detail: "the body is empty" },
};

function asAppError(fault: unknown, { raw }: FastifyRequest): AppError {
  if (isAppError(fault)) return fault;
  const { code = "" } = fault as Partial<FastifyError>;
  // the client is gone, so that only the log has this
  if (code === "ECONNRESET" && !raw.complete)
    return new AppError(
      "HTTP_MALFORMED",
      { detail: "the connection ended within the body" },
      { cause: fault },
    );
  if (hasZodFastifySchemaValidationErrors(fault)) return fromIssue(fault.validation[0]);
  const known = FRAMEWORK[code];
  if (known !== undefined) return new AppError(known.code, { detail: known.detail }, { cause: fault });
  return new AppError(
    "INTERNAL",
    { detail: "the request's id finds the cause in the service's log" },
    { cause: fault },
  );
}

interface Issue {
  readonly keyword: string;
  readonly instancePath: string;
  readonly message?: string;
  readonly params: Record<string, unknown>;
}

/** The fault for the first issue of a request's shape. */
function fromIssue(issue: unknown): AppError {
  const { keyword, instancePath, message, params } = issue as Issue;
  if (keyword !== "unrecognized_keys") {
    return new AppError("TYPE", {
      detail: `${message ?? "wrong type"} at ${pointer(instancePath)}`,
      at: pointer(instancePath),
    });
  }
  const [key] = params["keys"] as string[];
  const at = `${pointer(instancePath)}/${key ?? ""}`.replace("//", "/").slice(0, 80);
  return new AppError("UNKNOWN_FIELD", { detail: `there is no field ${at}`, at });
}

function pointer(path: string): string {
  return path === "" ? "/" : path;
}

/** The fault for the first issue of a schema that is applied outside the framework. */
export function fromZod(error: z.ZodError, prefix: string): AppError {
  const [issue] = error.issues;
  if (issue === undefined) return new AppError("TYPE", { detail: "wrong type", at: prefix });
  const { code, path, message, ...params } = issue;
  return fromIssue({ keyword: code, instancePath: [prefix, ...path].join("/"), message, params });
}
