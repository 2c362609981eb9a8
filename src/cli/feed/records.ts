/** Reads CSV (RFC 4180) record by record, and reports bad lines in their place. */
import { CsvError, parse } from "csv-parse/sync";
import { AppError } from "../../core/errors.ts";
import { linesOf, type Line } from "./lines.ts";

/** A record of a CSV file by the line it begins on, or the fault of that line. */
export type CsvRecord =
  | { readonly line: number; readonly fields: readonly string[] }
  | { readonly line: number; readonly fault: AppError };

/** Bytes of one line. */
const MAX_LINE = 1 << 16;
/** Lines that one record may span. */
const MAX_SPAN = 10;

/** An open quote spoils its own line only, not those after it. Empty lines are skipped. */
export async function* readRecords(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<CsvRecord> {
  const source = linesOf(chunks, MAX_LINE);
  const ahead: Line[] = []; // read ahead, and returned
  const next = async (): Promise<Line | undefined> => ahead.shift() ?? nextOf(source);
  for (let first = await next(); first !== undefined; first = await next()) {
    if ("bad" in first) yield { line: first.line, fault: badLine(DETAILS[first.bad]) };
    else if (first.text !== "") {
      const { fields, unused } = await readRecord(first.text, next);
      ahead.unshift(...unused);
      yield fields === undefined
        ? { line: first.line, fault: badLine("the quotes do not close as RFC 4180 has it") }
        : { line: first.line, fields };
    }
  }
}

const DETAILS = {
  "too-long": `the line is longer than ${MAX_LINE} bytes`,
  "not-utf8": "the line is not UTF-8; save the file as UTF-8",
} as const;

export function badLine(detail: string): AppError {
  return new AppError("BATCH_LINE", { detail });
}

/** The next item; undefined after the last. */
export async function nextOf<T>(items: AsyncIterator<T, void>): Promise<T | undefined> {
  const next = await items.next();
  return next.done === true ? undefined : next.value;
}

/** The record that begins with `first`, and the lines that were read ahead and belong to others. */
async function readRecord(
  first: string,
  next: () => Promise<Line | undefined>,
): Promise<{ fields: string[] | undefined; unused: Line[] }> {
  const more: Line[] = [];
  let text = first;
  while (isOpen(text) && more.length < MAX_SPAN) {
    const line = await next();
    if (line === undefined) break;
    more.push(line);
    if ("bad" in line) break;
    text += `\n${line.text}`;
  }
  const fields = parseRecord(text);
  return { fields, unused: fields === undefined ? more : [] };
}

/** Whether a quote is open at the end: every quote opens, closes, or is one half of a doubled one. */
function isOpen(text: string): boolean {
  let open = false;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) open = !open;
  return open;
}

function parseRecord(text: string): string[] | undefined {
  if (!text.includes('"')) return text.split(",");
  try {
    const [record, ...others] = parse(text, { relax_column_count: true });
    return others.length === 0 ? record : undefined;
  } catch (error) {
    if (error instanceof CsvError) return undefined;
    throw error;
  }
}

/**
 * The known columns of a header, and all its names.
 * @throws AppError BATCH_LINE: the line of the header is bad
 */
export function readHeader<Column extends string>(
  header: CsvRecord | undefined,
  known: readonly Column[],
): { columns: readonly Column[]; names: readonly string[] } {
  if (header !== undefined && "fault" in header)
    throw badLine(`line ${header.line}: ${header.fault.fields.detail}`);
  const names = header?.fields.map((name) => name.trim().toLowerCase()) ?? [];
  const columns = names.filter((name): name is Column => known.some((column) => column === name));
  return { columns, names };
}
