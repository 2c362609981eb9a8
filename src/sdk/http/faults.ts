/** Makes the errors of requests to a server. */
import { AppError, quote } from "../../core/errors.ts";

/** Statuses with which a server or its proxy is temporarily unavailable. */
export const UNAVAILABLE_STATUS = [429, 502, 503, 504];

/** Advice where the service does not answer. */
export const SERVER_HINT = '; start the service with "npm start", or name it with --server';

/** No server answers. @param hint advice for the user */
export function unreachable(server: string, cause: unknown, hint = ""): AppError {
  const why = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : "no answer";
  const detail = `nothing answers at ${server} (${why})${hint}`;
  return new AppError("SERVER_UNREACHABLE", { detail }, { cause });
}

/** The server or its proxy is temporarily unavailable. */
export function unavailable(server: string, status: number, retryAfter: number | undefined): AppError {
  const detail = `${server} answers HTTP ${status}`;
  return new AppError("SERVER_UNREACHABLE", {
    detail,
    status,
    ...(retryAfter === undefined ? {} : { retryAfter }),
  });
}

/** The server is not the service. */
export function notTheService(server: string, what: string, cause?: unknown): AppError {
  return new AppError("NOT_THE_SERVICE", { detail: `${server} gave ${what}` }, { cause });
}

/** A proxy, or another program, answered in place of the service, which has no such answer. */
export function answeredInPlace(server: string, response: Response, retryAfter?: number): AppError {
  const { status, headers } = response;
  const what = `HTTP ${status} with ${quote(headers.get("content-type") ?? "no type")}, which is no answer of Hufu`;
  const advice =
    status === 413 ? ": a proxy before it takes no request as long as this; send fewer documents in one" : "";
  const code = UNAVAILABLE_STATUS.includes(status) ? "SERVER_UNREACHABLE" : "NOT_THE_SERVICE";
  const detail = `${server} gave ${what}${advice}`;
  return new AppError(code, { detail, status, ...(retryAfter === undefined ? {} : { retryAfter }) });
}

/** Seconds of a Retry-After header (RFC 9110 section 10.2.3). */
export function secondsOf(retryAfter: string | null): number | undefined {
  return retryAfter !== null && /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) : undefined;
}
