/** Finds out in which format a table is that a person brings: encoding and line ends, or a spreadsheet's own format. */
import { concat } from "../../core/bytes.ts";
import { said } from "../../core/details.ts";
import { quote } from "../../core/errors.ts";
import { CR, LF, linesOf, type Bytes, type LineFormat } from "./lines.ts";

/** Reads the same bytes from their beginning, each time it is called. */
export type Source = () => Bytes;

export interface CsvFormat {
  /** As UTF-8 or GB18030. */
  readonly source: Source;
  readonly lines: LineFormat;
  /** The encoding for a person. */
  readonly name: string;
}

/** Bytes of one line. */
const MAX_LINE = 1 << 16;
/** Bytes that a format is recognised by. */
const HEAD = 1 << 12;

/** Formats by their first bytes, as Latin-1. */
const NOT_CSV: readonly (readonly [RegExp, string])[] = [
  [/^PK\x03\x04.{26}mimetypeapplication\/vnd\.oasis\.opendocument\.spreadsheet/s, "OpenDocument (.ods)"],
  [/^PK\x03\x04.*(\[Content_Types\]\.xml|xl\/)/s, "Excel (.xlsx)"],
  [/^PK\x03\x04/, "ZIP (.zip, .xlsx, .ods)"],
  [/^\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1/, "Excel 97–2003 (.xls)"],
  [/^%PDF-/, "PDF"],
  [/^(\xEF\xBB\xBF)?\s*<(\?xml|!doctype|html|table)/i, "HTML, XML"],
];

/** @throws AppError NOT_CSV; and the faults of the source */
export async function formatOf(path: string, source: Source): Promise<CsvFormat> {
  const head = await headOf(source());
  const text = Buffer.from(head).toString("latin1");
  const [, format] = NOT_CSV.find(([first]) => first.test(text)) ?? [];
  if (format !== undefined) throw said("NOT_CSV", "not-csv", { path: quote(path), format });
  const utf16 = utf16Of(head);
  const decoded: Source = utf16 === undefined ? source : () => toUtf8(source(), utf16);
  const isOfCr = !(await hasByte(decoded(), LF)) && (await hasByte(decoded(), CR));
  const lines = { newline: isOfCr ? CR : LF, maxBytes: MAX_LINE };
  const isUnicode = utf16 !== undefined || text.startsWith("\xEF\xBB\xBF");
  const encoding = !isUnicode && (await isGb18030(decoded(), lines)) ? "gb18030" : "utf-8";
  return { source: decoded, lines: { ...lines, encoding }, name: (utf16 ?? encoding).toUpperCase() };
}

async function headOf(bytes: Bytes): Promise<Uint8Array> {
  const head: Uint8Array[] = [];
  for await (const chunk of bytes) {
    head.push(Uint8Array.from(chunk.subarray(0, HEAD)));
    if (head.reduce((sum, { length }) => sum + length, 0) >= HEAD) break;
  }
  return concat(...head).subarray(0, HEAD);
}

/** By its byte order mark, or by the zero bytes of its ASCII characters. */
function utf16Of(head: Uint8Array): "utf-16le" | "utf-16be" | undefined {
  const [first, second] = head;
  if (first === 0xff && second === 0xfe) return "utf-16le";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  const zeros = [0, 1].map((half) => head.filter((byte, i) => byte === 0 && i % 2 === half).length);
  const [even = 0, odd = 0] = zeros;
  if (even === odd) return undefined;
  return odd > even ? "utf-16le" : "utf-16be";
}

async function* toUtf8(bytes: Bytes, encoding: string): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder(encoding);
  for await (const chunk of bytes) yield Buffer.from(decoder.decode(chunk, { stream: true }));
  yield Buffer.from(decoder.decode());
}

async function hasByte(bytes: Bytes, byte: number): Promise<boolean> {
  for await (const chunk of bytes) if (chunk.includes(byte)) return true;
  return false;
}

/**
 * Whether lines are not UTF-8, and none has a Han character in UTF-8: lines of GB18030 that are UTF-8 by chance have two
 * bytes a character. Of a mixture the lines that are not UTF-8 are faults.
 */
async function isGb18030(bytes: Bytes, lines: Omit<LineFormat, "encoding">): Promise<boolean> {
  let isUtf8 = true;
  for await (const line of linesOf(bytes, lines)) {
    if ("text" in line && /[\u0800-\uffff]/.test(line.text)) return false;
    if ("bad" in line && line.bad === "line-encoding") isUtf8 = false;
  }
  return !isUtf8;
}
