/** Reads the documents of a feed from a CSV manifest, from standard input or from a folder. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { parseDigest } from "../../core/digest.ts";
import { AppError, isAppError, quote } from "../../core/errors.ts";
import { parseEndOfDayOrTime } from "../../core/time.ts";
import { asFileError } from "../../hash/file.ts";
import type { HashedDocument } from "../../sdk/issue/blinding.ts";
import { filesIn, type Skip } from "./folder.ts";
import { badLine, nextOf, readHeader, readRecords, type CsvRecord } from "./records.ts";

const COLUMNS = ["path", "digest", "scene", "valid_until", "reference"] as const;
type Column = (typeof COLUMNS)[number];

/** Characters of a reference. */
const MAX_REFERENCE = 128;

/** Where a document of a feed came from. */
export interface Origin {
  /** Line of the manifest, or number of the file in its folder; from 1. */
  readonly line: number;
  /** The path in the manifest; empty where the line has a digest. */
  readonly path: string;
  /** The file's path; absent where there is no file to read again. */
  readonly file?: string;
  /** The document's name in output. */
  readonly name: string;
  readonly reference: string;
}

/** One line of a feed: a file to hash, a known digest, or a fault. */
export type FeedLine = Origin &
  (
    | { readonly file: string; readonly document: Omit<HashedDocument, "digest"> }
    | { readonly file?: never; readonly document: HashedDocument }
    | { readonly fault: AppError }
  );

export interface ManifestOptions {
  /** For lines without a scene of their own. */
  readonly scene: string | undefined;
  readonly validUntil: string | undefined;
  readonly scenes: ReadonlyMap<string, { readonly blinded: boolean }>;
  /** Files and folders that the feed writes. */
  readonly own: readonly string[];
  readonly skipped: (path: string, why: Skip) => void;
}

/**
 * The documents of a manifest, line by line: of a CSV file with a header and the columns path or digest, scene,
 * valid_until, reference, whose paths are relative to it; of standard input ("-"), whose paths are relative to the working
 * directory; or the files of a folder. A bad line is reported in its place, and the others are read on.
 * @throws AppError BATCH_LINE: there is no header to read the lines by, or no line; USAGE; and the faults of files
 */
export async function* readManifest(path: string, options: ManifestOptions): AsyncGenerator<FeedLine> {
  let lines = 0;
  for await (const line of await sourceOf(path, options)) {
    lines += 1;
    yield line;
  }
  if (lines > 0) return;
  throw badLine(`in ${quote(path)}:\nline 1: there are no documents in it`);
}

async function sourceOf(path: string, options: ManifestOptions): Promise<AsyncGenerator<FeedLine>> {
  if (path === "-") return csvLines("-", process.stdin as AsyncIterable<Uint8Array>, ".", options);
  const found = await stat(path).catch((error: unknown) => {
    throw asFileError(error, path);
  });
  if (found.isDirectory()) return folderLines(path, options);
  return csvLines(path, createReadStream(path) as AsyncIterable<Uint8Array>, dirname(path), options);
}

async function* folderLines(folder: string, options: ManifestOptions): AsyncGenerator<FeedLine> {
  const { validUntil } = options;
  const scene = checkScene(options.scene, options.scenes);
  const document = { scene, ...(validUntil === undefined ? {} : { validUntil }) };
  let line = 0;
  for await (const found of filesIn(folder, options)) {
    line += 1;
    const origin = { line, path: found.path, name: found.path, reference: "" };
    yield "fault" in found ? { ...origin, fault: found.fault } : { ...origin, file: found.path, document };
  }
}

async function* csvLines(
  path: string,
  bytes: AsyncIterable<Uint8Array>,
  folder: string,
  options: ManifestOptions,
): AsyncGenerator<FeedLine> {
  const records = readRecords(fileFaults(path, bytes));
  const columns = columnsOf(path, await nextOf(records));
  const seen = new FirstLines();
  for await (const record of records) yield readLine(record, columns, { ...options, folder, seen });
}

async function* fileFaults(path: string, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes;
  } catch (error) {
    throw asFileError(error, path);
  }
}

function columnsOf(path: string, header: CsvRecord | undefined): readonly Column[] {
  const { columns, names } = readHeader(header, COLUMNS);
  const isValid = columns.length === names.length && new Set(names).size === names.length;
  if (isValid && (columns.includes("path") || columns.includes("digest"))) return columns;
  throw badLine(
    `in ${quote(path)}:\nline 1: expected a header with the columns path or digest, and of ${COLUMNS.join(", ")} what is needed; got ${quote(names.join(","))}`,
  );
}

type LineContext = ManifestOptions & { readonly folder: string; readonly seen: FirstLines };

function readLine(record: CsvRecord, columns: readonly Column[], context: LineContext): FeedLine {
  const { line } = record;
  const value = (column: Column): string => {
    const at = columns.indexOf(column);
    return "fields" in record && at >= 0 ? (record.fields[at]?.trim() ?? "") : "";
  };
  const path = value("path");
  const file = path === "" ? undefined : resolve(context.folder, path);
  const name = (file ?? (isOpen(sceneIn(value, context), context) ? value("digest") : "")) || `line ${line}`;
  const origin = { line, path, name, reference: value("reference") };
  try {
    if ("fault" in record) throw record.fault;
    if (record.fields.length !== columns.length)
      throw badLine(`expected ${columns.length} columns, got ${record.fields.length}`);
    const document = checkDocument(value, context);
    const named = file ?? value("digest").toLowerCase();
    const before = context.seen.before(`${named}\n${value("reference")}`, line); // a document may have several references
    if (before !== undefined) throw badLine(`the same document as line ${before}`);
    return file === undefined
      ? { ...origin, document: { ...document, digest: value("digest") } }
      : { ...origin, file, document };
  } catch (fault) {
    if (isAppError(fault)) return { ...origin, fault };
    throw fault;
  }
}

/** @throws AppError for the first wrong field */
function checkDocument(
  value: (column: Column) => string,
  context: LineContext,
): Omit<HashedDocument, "digest"> {
  const [digest, reference] = [value("digest"), value("reference")];
  const validUntil = value("valid_until") === "" ? context.validUntil : value("valid_until");
  if ((value("path") === "") === (digest === "")) throw badLine("expected either a path or a digest");
  const scene = checkScene(sceneIn(value, context), context.scenes);
  if (digest !== "") checkDigest(digest, isOpen(scene, context));
  if (validUntil !== undefined) parseEndOfDayOrTime(validUntil, "valid_until");
  if (Array.from(reference).length > MAX_REFERENCE) {
    throw new AppError("REFERENCE_FORMAT", {
      detail: `a reference has at most ${MAX_REFERENCE} characters, got ${quote(reference)}`,
    });
  }
  return {
    scene,
    ...(validUntil === undefined ? {} : { validUntil }),
    ...(reference === "" ? {} : { reference }),
  };
}

/** The document type of a line; undefined where neither the line nor the options name one. */
function sceneIn(value: (column: Column) => string, { scene }: ManifestOptions): string | undefined {
  return value("scene") === "" ? scene : value("scene");
}

/** Whether digests of a type may be shown; those of blinded documents may not, not even malformed ones. */
function isOpen(scene: string | undefined, { scenes }: ManifestOptions): boolean {
  return scene !== undefined && scenes.get(scene)?.blinded === false;
}

/** @throws AppError as {@link parseDigest} */
function checkDigest(digest: string, isShown: boolean): void {
  try {
    parseDigest(digest);
  } catch (fault) {
    if (isShown || !isAppError(fault)) throw fault;
    const detail = 'expected "sha256:" or "sm3:" and 64 hex characters; what stands there is not shown';
    throw new AppError(fault.code, { detail });
  }
}

/** The first line of each document and reference, by 16 bytes of a digest, so that a million lines fit in memory. */
class FirstLines {
  readonly #lines = new Map<string, number>();

  before(document: string, line: number): number | undefined {
    const key = createHash("sha256").update(document).digest().toString("latin1", 0, 16);
    const before = this.#lines.get(key);
    if (before === undefined) this.#lines.set(key, line);
    return before;
  }
}

function checkScene(scene: string | undefined, scenes: ManifestOptions["scenes"]): string {
  if (scene === undefined) throw badLine("the scene is missing; give the column, or --scene");
  const known = scenes.get(scene);
  if (known === undefined)
    throw badLine(`scene ${quote(scene)} is not defined; defined are ${[...scenes.keys()].join(", ")}`);
  return scene;
}
