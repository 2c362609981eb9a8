import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { CsvError, parse } from "csv-parse/sync";
import { parseDigest } from "../core/digest.ts";
import { AppError, isAppError, quote } from "../core/errors.ts";
import { parseEndOfDayOrTime } from "../core/time.ts";
import { asFileError } from "../hash/file.ts";
import type { DocumentRequest } from "../wire/anchors.ts";

const COLUMNS = ["path", "digest", "scene", "valid_until", "reference"] as const;
type Column = (typeof COLUMNS)[number];

/** One line of a manifest. Its document is a file to hash, or a digest that is known already. */
export interface ManifestLine {
  /** Line of the file, from 1. */
  readonly line: number;
  readonly path: string | undefined;
  readonly document: Omit<DocumentRequest, "digest"> & { digest?: string };
}

interface Row {
  readonly record: string[];
  readonly info: { lines: number };
}

/**
 * Reads a CSV file (RFC 4180; a byte order mark and either line end are fine) with a header and the columns path or
 * digest, scene, valid_until, reference. Paths are relative to the manifest.
 * @param defaults for lines that leave a column empty
 * @throws AppError BATCH_LINE: names every bad line and what is wrong with it
 */
export async function readManifest(
  path: string,
  { scene, scenes }: { scene: string | undefined; scenes: ReadonlyMap<string, { blinded: boolean }> },
): Promise<ManifestLine[]> {
  const [header, ...rows] = parseCsv(path, await readText(path));
  const columns = readHeader(path, header);
  const faults: string[] = [];
  const seen = new Map<string, number>();
  const lines = rows.flatMap((row) => {
    try {
      const line = readLine(row, columns, { folder: dirname(path), scene, scenes });
      const key = line.path ?? line.document.digest ?? "";
      const before = seen.get(key);
      if (before !== undefined)
        throw new AppError("BATCH_LINE", { detail: `the same document as line ${before}` });
      seen.set(key, line.line);
      return [line];
    } catch (error) {
      if (!isAppError(error)) throw error;
      faults.push(`line ${row.info.lines}: ${error.fields.detail}`);
      return [];
    }
  });
  if (rows.length === 0) faults.push("line 1: there are no documents beneath the header");
  if (faults.length > 0)
    throw new AppError("BATCH_LINE", { detail: [`in ${quote(path)}:`, ...faults].join("\n") });
  return lines;
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw asFileError(error, path);
  }
}

function parseCsv(path: string, text: string): Row[] {
  try {
    const options = { bom: true, info: true, relax_column_count: true, skip_empty_lines: true } as const;
    return parse(text, options) as unknown as Row[];
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = typeof error["lines"] === "number" ? `line ${error["lines"]}: ` : "";
    throw new AppError(
      "BATCH_LINE",
      { detail: `in ${quote(path)}:\n${line}${error.message}` },
      { cause: error },
    );
  }
}

function readHeader(path: string, header: Row | undefined): Column[] {
  const names = header?.record.map((name) => name.trim().toLowerCase()) ?? [];
  const columns = names.filter((name): name is Column => COLUMNS.some((column) => column === name));
  const known = columns.length === names.length && new Set(names).size === names.length;
  if (known && (columns.includes("path") || columns.includes("digest"))) return columns;
  const detail = `in ${quote(path)}:\nline 1: expected a header with the columns path or digest, and of ${COLUMNS.join(", ")} what is needed; got ${quote(names.join(","))}`;
  throw new AppError("BATCH_LINE", { detail });
}

function readLine(
  { record, info }: Row,
  columns: readonly Column[],
  context: { folder: string; scene: string | undefined; scenes: ReadonlyMap<string, { blinded: boolean }> },
): ManifestLine {
  if (record.length !== columns.length) {
    throw new AppError("BATCH_LINE", { detail: `expected ${columns.length} columns, got ${record.length}` });
  }
  const value = (column: Column): string | undefined => {
    const text = record[columns.indexOf(column)]?.trim();
    return text === "" ? undefined : text;
  };
  const [path, digest, reference, validUntil] = [
    value("path"),
    value("digest"),
    value("reference"),
    value("valid_until"),
  ];
  if ((path === undefined) === (digest === undefined)) {
    throw new AppError("BATCH_LINE", { detail: "expected either a path or a digest" });
  }
  if (digest !== undefined) parseDigest(digest);
  if (validUntil !== undefined) parseEndOfDayOrTime(validUntil, "valid_until");
  return {
    line: info.lines,
    path: path === undefined ? undefined : resolve(context.folder, path),
    document: {
      scene: checkScene(value("scene") ?? context.scene, context.scenes),
      ...(digest === undefined ? {} : { digest }),
      ...(validUntil === undefined ? {} : { validUntil }),
      ...(reference === undefined ? {} : { reference }),
    },
  };
}

function checkScene(scene: string | undefined, scenes: ReadonlyMap<string, { blinded: boolean }>): string {
  if (scene === undefined)
    throw new AppError("BATCH_LINE", { detail: "the scene is missing; give the column, or --scene" });
  const known = scenes.get(scene);
  if (known === undefined) {
    throw new AppError("BATCH_LINE", {
      detail: `scene ${quote(scene)} is not defined; defined are ${[...scenes.keys()].join(", ")}`,
    });
  }
  if (known.blinded)
    throw new AppError("BATCH_LINE", {
      detail: `documents of ${quote(scene)} are recorded blinded only, which this version does not do`,
    });
  return scene;
}
