/** Details of faults that issuers' officers meet, in English; `words/` has them in every language. */
import { AppError, type ErrorCode } from "./errors.ts";
import { fill } from "./fill.ts";

export const DETAILS = {
  "file-unreadable": "{path} cannot be read ({system})",
  "file-changed":
    "{path} changed while it was read: it is not whole yet, or is being written; run it again later",
  "file-empty": "{path} has no bytes, so there is nothing to tell it by",
  "file-directory": "{path} is a directory, not a file",
  "file-special":
    '{path} is a pipe, socket or device; to hash what arrives there, send it to standard input and name "-"',
  "not-csv": "{path} is not CSV, its content is {format}: save it as CSV UTF-8, and name that file",
  "header-missing":
    "line {line} of {path}: expected a header with the column {keys}, and others of {known}; got {names}",
  "header-unknown":
    "line {line} of {path}: there is no column {name}; remove it, or name it as one of {known}",
  "header-twice": "line {line} of {path}: the column {name} stands twice",
  "no-documents": "there are no documents in it",
  "line-long": "the line is longer than {bytes} {bytes:byte|bytes}",
  "line-encoding": "the line is not {encoding}, as the others are; save the file as CSV UTF-8",
  "line-quotes": "the quotes do not close as RFC 4180 has it",
  "line-columns": "expected {expected} columns, got {count}",
  "same-document": "the same document as line {line}",
  "path-or-digest": "expected either a path or a digest",
  "digest-or-commitment": "expected either a digest or a commitment",
  "digest-hidden": 'expected "sha256:" or "sm3:" and 64 hex characters; what stands there is not shown',
  "scene-missing": "the scene is missing; give the column, or --scene",
  "scene-unknown": "scene {scene} is not defined; defined are {scenes}",
  "reference-long": "a reference has at most {max} characters, got {reference}",
  "reference-shortened":
    "a spreadsheet has shortened the reference {reference}: its digits are lost; format the column as text, and enter it again",
  "date-format": "expected a date like 2027-12-31 or a time like 2027-12-31T15:59:59Z, got {text}",
  "date-invalid": "there is no such day or time: {text}",
  "date-zone": "a time needs its zone, such as Z or +08:00: {text}",
  "date-range": "expected a time from 1970-01-01T00:00:01Z to {max}, got {text}",
} as const;

export interface Said {
  readonly key: keyof typeof DETAILS;
  readonly values: Readonly<Record<string, string | number>>;
}

/** A fault whose detail is one of {@link DETAILS}. @param rest.at position of the fault */
export function said(
  code: ErrorCode,
  key: Said["key"],
  values: Said["values"] = {},
  rest: { readonly at?: string; readonly cause?: unknown } = {},
): AppError {
  const { at, ...options } = rest;
  const fields = { detail: fill(DETAILS[key], values), said: { key, values } };
  return new AppError(code, at === undefined ? fields : { ...fields, at }, options);
}

/** The detail of a fault in the language of `details`; in English where it is none of {@link DETAILS}. */
export function detailIn({ fields }: AppError, details: Readonly<Record<Said["key"], string>>): string {
  const { key, values } = (fields["said"] ?? {}) as Partial<Said>;
  return key === undefined ? fields.detail : fill(details[key], values ?? {});
}
