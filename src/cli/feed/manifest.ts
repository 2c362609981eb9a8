/** Reads the documents of a feed from a CSV manifest, from standard input or from a folder. */
import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { said } from "../../core/details.ts";
import { parseDigest } from "../../core/digest.ts";
import { isAppError, quote, type AppError, type ErrorCode } from "../../core/errors.ts";
import { isoDate, parseEndOfDayOrTime } from "../../core/time.ts";
import { shownPath } from "../../hash/names.ts";
import type { HashedDocument } from "../../sdk/issue/blinding.ts";
import { fill } from "../../words/index.ts";
import { readTable, type TableOptions, type TableRecord } from "../csv/table.ts";
import { filesIn, type FolderOptions, type Skip } from "./folder.ts";

const COLUMNS = ["path", "digest", "scene", "valid_until", "reference"] as const;
type Cells = Pick<TableRecord, "cell">;

/** Characters of a reference. */
const MAX_REFERENCE = 128;
/** A number as a spreadsheet shortens it. */
const SHORTENED = /^\d(?:[.,]\d+)?E\+\d+$/i;

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
  /** What is doubtful in a line that is taken. */
  readonly doubt?: { readonly code: ErrorCode; readonly detail: string };
}

/** One line of a feed: a file to hash, a known digest, or a fault. */
export type FeedLine = Origin &
  (
    | { readonly file: string; readonly document: Omit<HashedDocument, "digest"> }
    | { readonly file?: never; readonly document: HashedDocument }
    | { readonly fault: AppError }
  );

export interface ManifestOptions extends FolderOptions {
  /** For lines without a scene of their own. */
  readonly scene: string | undefined;
  readonly validUntil: string | undefined;
  readonly scenes: ReadonlyMap<string, { readonly blinded: boolean }>;
  readonly context: TableOptions["context"];
}

/**
 * The documents of a manifest, line by line: of a CSV file with a header and the columns path or digest, scene,
 * valid_until, reference, whose paths are relative to it; of standard input ("-"), whose paths are relative to the working
 * directory; or the files of a folder. A bad line is reported in its place, and the others are read on; a manifest that
 * cannot be read has one line, which is bad, so that its results take the place of earlier ones.
 */
export async function* readManifest(path: string, options: ManifestOptions): AsyncGenerator<FeedLine> {
  let line = 0;
  const seen = new Set<Skip>();
  const skipped: ManifestOptions["skipped"] = (skippedPath, why) => {
    seen.add(why);
    options.skipped(skippedPath, why);
  };
  try {
    const isFolder = path !== "-" && (await stat(path).catch(() => undefined))?.isDirectory() === true;
    for await (const found of isFolder
      ? folderLines(path, { ...options, skipped })
      : csvLines(path, options)) {
      line = found.line;
      yield found;
    }
    if (line > 0 || seen.has("recent")) return;
    throw said("BATCH_LINE", "no-documents");
  } catch (fault) {
    if (!isAppError(fault)) throw fault;
    yield { line: line + 1, path, name: path, reference: "", fault };
  }
}

async function* folderLines(folder: string, options: ManifestOptions): AsyncGenerator<FeedLine> {
  const { validUntil } = options;
  const scene = checkScene(options.scene, options.scenes);
  const document = { scene, ...(validUntil === undefined ? {} : { validUntil }) };
  let line = 0;
  for await (const found of filesIn(folder, options)) {
    line += 1;
    const path = shownPath(found.path);
    const origin = { line, path, name: path, reference: "" };
    yield "fault" in found ? { ...origin, fault: found.fault } : { ...origin, file: found.path, document };
  }
}

async function* csvLines(path: string, options: ManifestOptions): AsyncGenerator<FeedLine> {
  const { context } = options;
  const folder = path === "-" ? "." : dirname(path);
  const seen = new FirstLines();
  const table = { known: COLUMNS, keys: ["path", "digest"], others: false, context } as const;
  for await (const record of readTable(path, table)) yield readLine(record, { ...options, folder, seen });
}

type LineContext = ManifestOptions & { readonly folder: string; readonly seen: FirstLines };

function readLine(record: TableRecord, context: LineContext): FeedLine {
  const { line, cell } = record;
  const [path, digest, reference] = [cell("path"), cell("digest"), cell("reference")];
  const file = path === "" ? undefined : resolve(context.folder, path);
  const name = (file ?? (isOpen(sceneIn(record, context), context) ? digest : "")) || `line ${line}`;
  const origin = { line, path, name, reference, ...doubtOf(reference, context) };
  try {
    if (record.fault !== undefined) throw record.fault;
    const document = checkDocument(record, context);
    const before = context.seen.before(`${file ?? digest.toLowerCase()}\n${reference}`, line); // it may have several
    if (before !== undefined) throw said("BATCH_LINE", "same-document", { line: before });
    return file === undefined
      ? { ...origin, document: { ...document, digest } }
      : { ...origin, file, document };
  } catch (fault) {
    if (isAppError(fault)) return { ...origin, fault };
    throw fault;
  }
}

function doubtOf(reference: string, { context: { words } }: LineContext): Pick<Origin, "doubt"> {
  if (!SHORTENED.test(reference)) return {};
  const detail = fill(words.details["reference-shortened"], { reference: quote(reference) });
  return { doubt: { code: "REFERENCE_FORMAT", detail } };
}

/** @throws AppError for the first wrong field */
function checkDocument({ cell }: Cells, context: LineContext): Omit<HashedDocument, "digest"> {
  const [digest, reference] = [cell("digest"), cell("reference")];
  const validUntil = cell("valid_until") === "" ? context.validUntil : isoDate(cell("valid_until"));
  if ((cell("path") === "") === (digest === "")) throw said("BATCH_LINE", "path-or-digest");
  const scene = checkScene(sceneIn({ cell }, context), context.scenes);
  if (digest !== "") checkDigest(digest, isOpen(scene, context));
  if (validUntil !== undefined) parseEndOfDayOrTime(validUntil, "valid_until");
  if (Array.from(reference).length > MAX_REFERENCE) {
    const values = { max: MAX_REFERENCE, reference: quote(reference) };
    throw said("REFERENCE_FORMAT", "reference-long", values);
  }
  return {
    scene,
    ...(validUntil === undefined ? {} : { validUntil }),
    ...(reference === "" ? {} : { reference }),
  };
}

/** The document type of a line; undefined where neither the line nor the options name one. */
function sceneIn({ cell }: Cells, { scene }: ManifestOptions): string | undefined {
  return cell("scene") === "" ? scene : cell("scene");
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
    throw said(fault.code, "digest-hidden");
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
  if (scene === undefined) throw said("BATCH_LINE", "scene-missing");
  if (scenes.has(scene)) return scene;
  const values = { scene: quote(scene), scenes: [...scenes.keys()].join(", ") };
  throw said("BATCH_LINE", "scene-unknown", values);
}
