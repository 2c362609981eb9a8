/** Parses the content of fields, which schemas leave open, with the error code that each has. */
import { ACTIONS, REASONS, isAction, isReason, type Action, type Reason } from "../core/entry.ts";
import { AppError, quote, type ErrorCode } from "../core/errors.ts";

const NUMBER = /^(0|[1-9]\d{0,15})$/;
const ANCHOR_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The index of an entry, or the id of an institution. @throws AppError ID_FORMAT */
export function parseNumber(
  text: string,
  what:
    | "the index of an entry"
    | "the id of an institution"
    | "the size of a checkpoint"
    | "the number of a file",
): number {
  const number = Number(text);
  if (NUMBER.test(text) && Number.isSafeInteger(number)) return number;
  throw new AppError("ID_FORMAT", { detail: `expected ${what}, such as 42, got ${quote(text)}` });
}

/** @throws AppError ID_FORMAT */
export function parseAnchorId(text: string): string {
  if (ANCHOR_ID.test(text)) return text;
  throw new AppError("ID_FORMAT", { detail: `expected the id of an anchor, got ${quote(text)}` });
}

/** @throws AppError ID_FORMAT */
export function parseRequestId(text: string): string {
  if (ANCHOR_ID.test(text)) return text;
  throw new AppError("ID_FORMAT", { detail: `expected the id of a request, got ${quote(text)}` });
}

/** @throws AppError TYPE */
export function parseWait(wait: string | undefined): boolean {
  if (wait === undefined || wait === "final") return wait === "final";
  throw new AppError("TYPE", { detail: `expected wait=final, got ${quote(wait)}`, at: "wait" });
}

/** @throws AppError ACTION_CODE */
export function parseAction(text: string | undefined): Action {
  if (text !== undefined && isAction(text)) return text;
  throw notOneOf(ACTIONS, { code: "ACTION_CODE", at: "/action", got: text });
}

/** @throws AppError REASON_CODE */
export function parseReason(text: string | undefined): Reason {
  if (text !== undefined && isReason(text)) return text;
  throw notOneOf(REASONS, { code: "REASON_CODE", at: "/reason", got: text });
}

/** @throws AppError PAGE_LIMIT */
export function parseLimit(
  text: string | undefined,
  { fallback, max }: { fallback: number; max: number },
): number {
  if (text === undefined) return fallback;
  const limit = /^[1-9]\d{0,6}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= max) return limit;
  throw new AppError("PAGE_LIMIT", {
    detail: `expected a number from 1 to ${max}, got ${quote(text)}`,
    at: "limit",
  });
}

/** The error for a value that is not a key of `table`. */
export function notOneOf(
  table: object,
  fault: { code: ErrorCode; at: string; got: string | undefined },
): AppError {
  const got = fault.got === undefined ? "nothing" : quote(fault.got);
  const detail = `expected one of ${Object.keys(table).join(", ")}; got ${got}`;
  return new AppError(fault.code, { detail, at: fault.at });
}
