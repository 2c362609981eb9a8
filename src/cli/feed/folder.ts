/** Lists the files in a folder for a feed, and reports what it passes over or leaves to the next run. */
import type { Dirent } from "node:fs";
import { open, readdir, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, matchesGlob } from "node:path";
import type { Clock } from "../../core/clock.ts";
import type { AppError } from "../../core/errors.ts";
import { asFileError } from "../../hash/file.ts";
import { nameOf, diskPath, shownPath } from "../../hash/names.ts";
import { isManifestHeading } from "../csv/columns.ts";
import { isResults } from "./results-header.ts";

/** Names that are no documents, with why; the first that fits counts. `--include` takes them. */
const NAMES = [
  [
    "system",
    /^(\.DS_Store|\._.*|(eh)?thumbs\.db|desktop\.ini|Icon\r|__MACOSX|\$RECYCLE\.BIN|RECYCLER|#recycle|@eaDir|System Volume Information|lost\+found|\.(Spotlight|Trash|fseventsd).*)$/i,
  ],
  ["lock", /^(~\$.*|\.~lock\..*#|.*\.(lock|lck))$/i],
  [
    "temporary",
    /(^~.*\.tmp|\.(tmp|temp|part|partial|filepart|crdownload|download|downloading|opdownload|aria2|td|xltd|sw[opx])|~)$/i,
  ],
  ["results", /\.tlog-proof$|^\..*\.hufu-\d+$/],
  ["hidden", /^\./],
] as const satisfies readonly (readonly [string, RegExp])[];

/** Why a path in a folder is not a document of this run. */
export type Skip = (typeof NAMES)[number][0] | "link" | "special" | "deep" | "recent";

export interface FolderOptions {
  /** Files and folders that the feed writes. */
  readonly own: readonly string[];
  /** Globs of names, or of paths below the folder, that are taken whatever they are called. */
  readonly include: readonly string[];
  /** Seconds for which a file was not modified before it is taken. */
  readonly settle: number;
  readonly clock: Clock;
  /** Called for every path that is passed over. */
  readonly skipped: (path: string, why: Skip) => void;
}

/** Levels of subfolders. */
const MAX_DEPTH = 32;

export type Found = { readonly path: string } | { readonly path: string; readonly fault: AppError };

/**
 * The regular files in a folder and its subfolders, sorted by name. Links are not followed, so that no file outside is
 * taken and no loop is walked.
 */
export async function* filesIn(folder: string, options: FolderOptions): AsyncGenerator<Found> {
  const written = await Promise.all(options.own.map(realPathOf));
  const root = await realpath(folder);
  async function* walk(path: string, below: readonly string[]): AsyncGenerator<Found> {
    for (const entry of await entriesOf(path)) {
      if ("fault" in entry) {
        yield entry;
        continue;
      }
      const inside = [...below, entry.name];
      const shown = join(folder, ...inside);
      const isOwn = written.includes(join(root, ...inside));
      const why = isOwn ? "results" : await reasonToSkip(entry, { path: shown, inside, options });
      if (why !== undefined) options.skipped(shownPath(shown), why);
      else if (entry.isDirectory()) yield* walk(shown, inside);
      else yield { path: shown };
    }
  }
  yield* walk(folder, []);
}

async function entriesOf(path: string): Promise<(Dirent | (Found & { fault: AppError }))[]> {
  try {
    const entries = await readdir(diskPath(path), { withFileTypes: true, encoding: "buffer" });
    const named = entries.map((entry) =>
      Object.assign(entry as unknown as Dirent, { name: nameOf(entry.name) }),
    );
    return named.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    return [{ path, fault: asFileError(error, path) }];
  }
}

interface Place {
  readonly path: string;
  /** The names from the folder down. */
  readonly inside: readonly string[];
  readonly options: FolderOptions;
}

async function reasonToSkip(entry: Dirent, { path, inside, options }: Place): Promise<Skip | undefined> {
  if (entry.isSymbolicLink()) return "link";
  const names = [entry.name, inside.join("/")];
  const isIncluded = options.include.some((glob) => names.some((name) => matchesGlob(shownPath(name), glob)));
  const [why] = (isIncluded ? undefined : NAMES.find(([, pattern]) => pattern.test(entry.name))) ?? [];
  if (why !== undefined) return why;
  if (entry.isDirectory()) return inside.length > MAX_DEPTH ? "deep" : undefined;
  if (!entry.isFile()) return "special";
  if (!isIncluded && (await isOfFeed(path))) return "results";
  return (await isRecent(path, options)) ? "recent" : undefined;
}

/** Bytes that the files of a feed are recognised by. */
const HEAD = 256;

/** Whether a file is the manifest or the results of a feed. */
async function isOfFeed(path: string): Promise<boolean> {
  if (!path.endsWith(".csv")) return false;
  await using file = await open(diskPath(path)).catch(() => undefined);
  const { buffer, bytesRead } = (await file?.read(Buffer.alloc(HEAD), 0, HEAD)) ?? { bytesRead: 0 };
  const [first = ""] =
    buffer
      ?.toString("utf8", 0, bytesRead)
      .replace("\uFEFF", "")
      .split(/[\r\n]/) ?? [];
  return isResults(first) || isManifestHeading(first);
}

/** A time ahead of the clock counts as recent: the clock of a file server may be another one. */
async function isRecent(path: string, { settle, clock }: FolderOptions): Promise<boolean> {
  const found = settle === 0 ? undefined : await stat(diskPath(path)).catch(() => undefined);
  return found !== undefined && clock.millis() - found.mtimeMs < settle * 1_000;
}

async function realPathOf(file: string): Promise<string | undefined> {
  const folder = await realpath(dirname(file)).catch(() => undefined);
  return folder === undefined ? undefined : join(folder, basename(file));
}
