/** Reads an issuer's own register from a CSV file. */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { RegisterLine } from "../audit/reconcile.ts";
import { formatDigest, parseDigest } from "../core/digest.ts";
import { isAppError, quote, type AppError } from "../core/errors.ts";
import { asFileError } from "../hash/file.ts";
import { badLine, readHeader, readRecords, type CsvRecord } from "./feed/records.ts";

const COLUMNS = ["digest", "commitment", "reference", "scene"] as const;
type Column = (typeof COLUMNS)[number];

export interface BadLine {
  readonly line: number;
  readonly fault: AppError;
}

/**
 * The columns are digest, commitment or both, of which each line has one, and optionally reference and scene; others are
 * ignored. Bad lines are returned beside the good ones.
 * @throws AppError BATCH_LINE: the header has neither column, or one of them twice; and the faults of files
 */
export async function readRegister(path: string): Promise<{ lines: RegisterLine[]; bad: BadLine[] }> {
  const lines: RegisterLine[] = [];
  const bad: BadLine[] = [];
  let header: readonly string[] | undefined;
  for await (const record of readRecords(await bytesOf(path))) {
    if (header === undefined) {
      header = headerOf(path, record);
      continue;
    }
    try {
      lines.push(readLine(record, header));
    } catch (fault) {
      if (!isAppError(fault)) throw fault;
      bad.push({ line: record.line, fault });
    }
  }
  if (header === undefined) headerOf(path, undefined);
  return { lines, bad };
}

async function bytesOf(path: string): Promise<AsyncIterable<Uint8Array>> {
  if (path === "-") return process.stdin as AsyncIterable<Uint8Array>;
  const found = await stat(path).catch((error: unknown) => {
    throw asFileError(error, path);
  });
  if (found.isDirectory()) throw asFileError(Object.assign(new Error(), { code: "EISDIR" }), path);
  return createReadStream(path) as AsyncIterable<Uint8Array>;
}

function headerOf(path: string, record: CsvRecord | undefined): readonly string[] {
  const { columns, names } = readHeader(record, COLUMNS);
  const isKeyed = columns.includes("digest") || columns.includes("commitment");
  if (isKeyed && new Set(columns).size === columns.length) return names;
  throw badLine(
    `in ${quote(path)}:\nline 1: expected a header with the column digest or commitment, and reference and scene if there are any; got ${quote(names.join(","))}`,
  );
}

function readLine(record: CsvRecord, header: readonly string[]): RegisterLine {
  if ("fault" in record) throw record.fault;
  const { line, fields } = record;
  if (fields.length !== header.length)
    throw badLine(`expected ${header.length} columns, got ${fields.length}`);
  const value = (column: Column): string | undefined => {
    const text = fields[header.indexOf(column)]?.trim();
    return text === "" ? undefined : text;
  };
  const [digest, commitment] = [value("digest"), value("commitment")];
  const text = digest ?? commitment ?? "";
  if (digest !== undefined && commitment !== undefined)
    throw badLine("expected either a digest or a commitment");
  const name = formatDigest(parseDigest(text));
  const rest = { line, reference: value("reference"), scene: value("scene") };
  return commitment === undefined
    ? { ...rest, digest: name, commitment }
    : { ...rest, digest, commitment: name };
}
