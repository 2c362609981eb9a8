import { AppError } from "../core/errors.ts";

/** Statuses with which a server, or what stands before it, asks to come back later. */
export const UNAVAILABLE_STATUS = [429, 502, 503, 504];

/** Nothing answers. @param hint what to do about it */
export function unreachable(server: string, cause: unknown, hint = ""): AppError {
  const why = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : "no answer";
  const detail = `nothing answers at ${server} (${why})${hint}`;
  return new AppError("SERVER_UNREACHABLE", { detail }, { cause });
}

/** What stands before the service, such as a proxy, says that it cannot answer now. */
export function unavailable(server: string, status: number, retryAfter: number | undefined): AppError {
  const detail = `${server} answers HTTP ${status}`;
  return new AppError("SERVER_UNREACHABLE", {
    detail,
    ...(retryAfter === undefined ? {} : { retryAfter }),
  });
}

/** Something else answers. */
export function notTheService(server: string, what: string, cause?: unknown): AppError {
  return new AppError("NOT_THE_SERVICE", { detail: `${server} gave ${what}` }, { cause });
}

/** Seconds of a Retry-After header (RFC 9110 section 10.2.3). */
export function secondsOf(retryAfter: string | null): number | undefined {
  return retryAfter !== null && /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) : undefined;
}
