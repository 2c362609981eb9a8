/** Parses the JSON body (RFC 8259) of a request such that all readers of the same bytes see the same value. */
import { createScanner, parse, visit, type ParseError } from "jsonc-parser";
import { AppError, quote } from "../core/errors.ts";

const MAX_DEPTH = 32;
/** Token kinds of jsonc-parser, whose enum a module of erasable syntax cannot import. */
const OPENING = new Set([1, 3]);
const CLOSING = new Set([2, 4]);
const END_OF_FILE = 17;
const FORBIDDEN = new Set(["__proto__", "constructor", "prototype"]);

/**
 * Refuses duplicate keys, byte order marks, and keys that reach into objects' prototypes.
 * @throws AppError JSON_SYNTAX, JSON_DUPLICATE_KEY, JSON_FORBIDDEN_KEY, JSON_TOO_DEEP, SEND_DIGEST_ONLY
 */
export function parseJson(body: Uint8Array): unknown {
  refuseDocuments(body);
  const text = decode(body);
  refuseDepth(text);
  const value = parseValue(text);
  refuseKeys(text);
  return value;
}

/** First bytes of files that are likely to be sent by mistake. */
const SIGNATURES = [
  "%PDF-",
  "PK\u0003\u0004",
  "\u00d0\u00cf\u0011\u00e0",
  "\u0089PNG",
  "\u00ff\u00d8\u00ff",
  "{\\rtf",
];

function refuseDocuments(body: Uint8Array): void {
  const start = String.fromCharCode(...body.subarray(0, 8));
  if (!SIGNATURES.some((signature) => start.startsWith(signature))) return;
  throw new AppError("SEND_DIGEST_ONLY", {
    detail: "the body is a document; send its digest, never the document itself",
  });
}

function decode(body: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    throw new AppError("JSON_SYNTAX", { detail: "the body is not UTF-8" });
  }
}

function refuseDepth(text: string): void {
  const scanner = createScanner(text, true);
  let depth = 0;
  for (let token: number = scanner.scan(); token !== END_OF_FILE; token = scanner.scan()) {
    if (OPENING.has(token)) depth += 1;
    if (CLOSING.has(token)) depth -= 1;
    if (depth <= MAX_DEPTH) continue;
    const detail = `more than ${MAX_DEPTH} levels at offset ${scanner.getTokenOffset()}`;
    throw new AppError("JSON_TOO_DEEP", { detail });
  }
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    const errors: ParseError[] = [];
    parse(text, errors, { disallowComments: true, allowTrailingComma: false });
    const offset = text.startsWith("\ufeff") ? 0 : errors[0]?.offset;
    const where = offset === undefined ? "" : `, at offset ${offset}`;
    throw new AppError(
      "JSON_SYNTAX",
      { detail: `expected one JSON value in UTF-8 without byte order mark${where}` },
      { cause },
    );
  }
}

function refuseKeys(text: string): void {
  const open: Set<string>[] = [];
  visit(text, {
    onObjectBegin: () => void open.push(new Set()),
    onObjectEnd: () => void open.pop(),
    onObjectProperty: (name, offset) => {
      if (FORBIDDEN.has(name))
        throw new AppError("JSON_FORBIDDEN_KEY", { detail: `${quote(name)} at offset ${offset}` });
      const keys = open.at(-1);
      if (keys?.has(name))
        throw new AppError("JSON_DUPLICATE_KEY", { detail: `${quote(name)} again at offset ${offset}` });
      keys?.add(name);
    },
  });
}
