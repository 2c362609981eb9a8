/** Lists the files in a folder for a feed, and reports what it skips. */
import type { Dirent } from "node:fs";
import { readdir, realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { AppError } from "../../core/errors.ts";
import { asFileError } from "../../hash/file.ts";

/** Why a path in a folder is not a document of the feed. */
export type Skip = "hidden" | "link" | "special" | "deep" | "results";

/** Levels of subfolders. */
const MAX_DEPTH = 32;

export type Found = { readonly path: string } | { readonly path: string; readonly fault: AppError };

/**
 * The regular files in a folder and its subfolders, sorted by name. Links are not followed, so that no file outside is
 * taken and no loop is walked.
 * @param options.own files and folders that the feed writes
 * @param options.skipped called for every skipped path
 */
export async function* filesIn(
  folder: string,
  { own, skipped }: { own: readonly string[]; skipped: (path: string, why: Skip) => void },
): AsyncGenerator<Found> {
  const written = await Promise.all(own.map(realPathOf));
  const root = await realpath(folder);
  async function* walk(path: string, below: readonly string[]): AsyncGenerator<Found> {
    for (const entry of await entriesOf(path)) {
      if ("fault" in entry) {
        yield entry;
        continue;
      }
      const inside = [...below, entry.name];
      const shown = join(folder, ...inside);
      const why = reasonToSkip(entry, inside.length, written.includes(join(root, ...inside)));
      if (why !== undefined) skipped(shown, why);
      else if (entry.isDirectory()) yield* walk(shown, inside);
      else yield { path: shown };
    }
  }
  yield* walk(folder, []);
}

async function entriesOf(path: string): Promise<(Dirent | (Found & { fault: AppError }))[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    return [{ path, fault: asFileError(error, path) }];
  }
}

function reasonToSkip(entry: Dirent, depth: number, isOwn: boolean): Skip | undefined {
  if (isOwn) return "results";
  if (entry.name.startsWith(".")) return "hidden";
  if (entry.isSymbolicLink()) return "link";
  if (entry.isDirectory()) return depth > MAX_DEPTH ? "deep" : undefined;
  return entry.isFile() ? undefined : "special";
}

async function realPathOf(file: string): Promise<string | undefined> {
  const folder = await realpath(dirname(file)).catch(() => undefined);
  return folder === undefined ? undefined : join(folder, basename(file));
}
