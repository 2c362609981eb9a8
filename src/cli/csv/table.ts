/** Reads the tables that people bring, manifests and registers, record by record, and reports bad lines in their place. */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { CsvError, parse } from "csv-parse/sync";
import { readCell } from "../../core/csv.ts";
import { said } from "../../core/details.ts";
import { quote, type AppError } from "../../core/errors.ts";
import { asFileError } from "../../hash/file.ts";
import { fill } from "../../words/index.ts";
import type { Context } from "../context.ts";
import { columnOf, type Column } from "./columns.ts";
import { formatOf, type CsvFormat, type Source } from "./format.ts";
import { CR, linesOf, type Line } from "./lines.ts";

/** A record, or the fault of its line. */
export interface TableRecord {
  /** The line that it begins on. */
  readonly line: number;
  /** The trimmed cell of a column; empty where there is none. */
  readonly cell: (column: Column) => string;
  readonly fault?: AppError;
}

export interface TableOptions {
  readonly known: readonly Column[];
  /** The columns that identify a document; a table has one of them. */
  readonly keys: readonly Column[];
  /** Whether other columns are passed over; otherwise they are a fault. */
  readonly others: boolean;
  readonly context: Pick<Context, "out" | "words">;
}

const SEPARATORS = [",", ";", "\t"] as const;
type Separator = (typeof SEPARATORS)[number];

/**
 * The records of a file, or of standard input ("-"), which is kept in memory. Encoding, separator and line ends are found
 * out, and reported where they are not UTF-8, commas and line feeds. Empty rows and columns are passed over.
 * @throws AppError BATCH_LINE: there is no header to read the lines by; NOT_CSV; and the faults of files
 */
export async function* readTable(path: string, options: TableOptions): AsyncGenerator<TableRecord> {
  const format = await formatOf(path, await sourceOf(path));
  const lines = new Lines(linesOf(format.source(), format.lines));
  const separator = await separatorIn(lines, options.known);
  reportFormat(path, format, { separator, ...options.context });
  const records = readRecords(lines, { separator, format });
  const header = await records.next();
  const columns = columnsOf(path, header.done === true ? undefined : header.value, options);
  for await (const record of records) yield inColumns(record, columns, options);
}

/** Lines that may be put back. */
class Lines {
  readonly #source: AsyncGenerator<Line, void>;
  readonly #ahead: Line[] = [];

  constructor(source: AsyncGenerator<Line, void>) {
    this.#source = source;
  }

  /** Undefined after the last. */
  async next(): Promise<Line | undefined> {
    const line = this.#ahead.shift();
    if (line !== undefined) return line;
    const next = await this.#source.next();
    return next.done === true ? undefined : next.value;
  }

  putBack(lines: readonly Line[]): void {
    this.#ahead.unshift(...lines);
  }
}

async function sourceOf(path: string): Promise<Source> {
  if (path === "-") return await collected(process.stdin as AsyncIterable<Uint8Array>);
  const found = await stat(path).catch((error: unknown) => {
    throw asFileError(error, path);
  });
  if (found.isDirectory()) throw asFileError(Object.assign(new Error(), { code: "EISDIR" }), path);
  return async function* () {
    try {
      yield* createReadStream(path) as AsyncIterable<Uint8Array>;
    } catch (error) {
      throw asFileError(error, path);
    }
  };
}

async function collected(stream: AsyncIterable<Uint8Array>): Promise<Source> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return () => chunks;
}

/** The separator that a first line of Excel names, or with which the header names most columns. */
async function separatorIn(lines: Lines, known: readonly Column[]): Promise<Separator> {
  let first = await lines.next();
  while (first !== undefined && "text" in first && first.text.trim() === "") first = await lines.next();
  if (first === undefined) return ",";
  const text = "text" in first ? first.text : "";
  const [, named] = /^sep=(.)$/i.exec(text) ?? [];
  if (named === undefined) lines.putBack([first]);
  const count = (separator: Separator): number =>
    (parseRecord(text, separator) ?? []).filter((name) => isKnown(columnOf(name), known)).length;
  return (
    SEPARATORS.find((separator) => separator === named) ??
    SEPARATORS.reduce((best, other) => (count(other) > count(best) ? other : best))
  );
}

function isKnown(column: Column | undefined, known: readonly Column[]): boolean {
  return column !== undefined && known.includes(column);
}

function reportFormat(
  path: string,
  { name, lines }: CsvFormat,
  { separator, out, words: { cli } }: TableOptions["context"] & { separator: Separator },
): void {
  const ends = lines.newline === CR ? cli.linesEndInCr : "";
  if (name === "UTF-8" && separator === "," && ends === "") return;
  out.note(fill(cli.readAs, { path, encoding: name, separator: cli.separators[separator], ends }));
}

/** The columns of a header in their order; undefined where a column is passed over. */
function columnsOf(
  path: string,
  header: CsvRecord | undefined,
  { known, keys, others }: TableOptions,
): readonly (Column | undefined)[] {
  if (header?.fault !== undefined) throw header.fault;
  const all = header?.fields ?? [];
  const names = all.slice(0, all.findLastIndex((name) => name !== "") + 1);
  const refuse = (key: Parameters<typeof said>[1], name = ""): AppError =>
    said("BATCH_LINE", key, {
      line: header?.line ?? 1,
      path: quote(path),
      name: quote(name),
      keys: keys.join(" / "),
      known: known.join(", "),
      names: quote(names.join(", ")),
    });
  const columns = names.map(columnOf);
  if (!keys.some((key) => columns.includes(key))) throw refuse("header-missing");
  const found = new Set<Column>();
  return columns.map((column, i) => {
    const name = names[i] ?? "";
    if (column === undefined || !known.includes(column)) {
      if (!others && name !== "") throw refuse("header-unknown", name);
      return undefined;
    }
    if (found.has(column)) throw refuse("header-twice", name);
    found.add(column);
    return column;
  });
}

function inColumns(
  record: CsvRecord,
  columns: readonly (Column | undefined)[],
  { others }: TableOptions,
): TableRecord {
  const { line, fields = [], fault } = record;
  const cell = (column: Column): string => fields[columns.indexOf(column)] ?? "";
  if (fault !== undefined) return { line, cell, fault };
  const named = columns.filter((column) => column !== undefined).length;
  const isUnnamed = (_: string, i: number): boolean => columns[i] === undefined && fields[i] !== "";
  const beyond = fields.filter(isUnnamed).length;
  if (fields.length >= columns.length && (others || beyond === 0)) return { line, cell };
  const count = fields.length < columns.length ? fields.length : named + beyond;
  return { line, cell, fault: said("BATCH_LINE", "line-columns", { expected: named, count }) };
}

type CsvRecord =
  | { readonly line: number; readonly fields: readonly string[]; readonly fault?: never }
  | { readonly line: number; readonly fields?: never; readonly fault: AppError };

interface RecordFormat {
  readonly separator: Separator;
  readonly format: CsvFormat;
}

/** Lines that one record may span. */
const MAX_SPAN = 10;

/** Records that are not empty. An open quote spoils its own line only, not those after it. */
async function* readRecords(lines: Lines, { separator, format }: RecordFormat): AsyncGenerator<CsvRecord> {
  const values = { encoding: format.name, bytes: format.lines.maxBytes };
  for (let first = await lines.next(); first !== undefined; first = await lines.next()) {
    const { line } = first;
    const fields = "bad" in first ? undefined : await readRecord(first.text, separator, lines);
    if ("bad" in first) yield { line, fault: said("BATCH_LINE", first.bad, values) };
    else if (fields === undefined) yield { line, fault: said("BATCH_LINE", "line-quotes") };
    else if (fields.some((cell) => cell !== "")) yield { line, fields };
  }
}

/** The cells of the record that begins with `first`; undefined, with no other line taken, where its quotes do not close. */
async function readRecord(
  first: string,
  separator: Separator,
  lines: Lines,
): Promise<readonly string[] | undefined> {
  const more: Line[] = [];
  let text = first;
  while (isOpen(text) && more.length < MAX_SPAN) {
    const line = await lines.next();
    if (line === undefined) break;
    more.push(line);
    if ("bad" in line) break;
    text += `\n${line.text}`;
  }
  const fields = parseRecord(text, separator);
  if (fields === undefined) lines.putBack(more);
  return fields;
}

/** Whether a quote is open at the end: every quote opens, closes, or is one half of a doubled one. */
function isOpen(text: string): boolean {
  let open = false;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) open = !open;
  return open;
}

function parseRecord(text: string, delimiter: Separator): readonly string[] | undefined {
  if (!text.includes('"')) return text.split(delimiter).map(readCell);
  try {
    const [record = [], ...others] = parse(text, { delimiter, relax_column_count: true });
    return others.length === 0 ? record.map(readCell) : undefined;
  } catch (error) {
    if (error instanceof CsvError) return undefined;
    throw error;
  }
}
