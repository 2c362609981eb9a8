/** Keeps a backup as a folder of files and a manifest, which is written last and has the size and digest of each. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { chmod, constants, copyFile, open, readFile, rm, stat } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { AppError, quote } from "../core/errors.ts";
import { storageFault } from "../core/storage.ts";
import {
  DATABASE_FILE,
  filesBelow,
  filesToSave,
  LOCK_FILES,
  refuseHalfRestored,
  RESTORE_MARK,
} from "./data-dir.ts";
import { makeFile, makeFolder, replaceFile, syncFolder } from "./durable.ts";
import { lockFolder } from "./lock.ts";
import { undefinedIfMissing } from "./missing.ts";
import { requireOwnerOnly } from "./owner-only.ts";

const MANIFEST = "manifest.json";
/** Folder of the saved files, beside the manifest. */
const FILES = "data";

/** Copies a file to a path where there is none. @param name in the data directory */
type Copy = (from: string, to: string, name: string) => Promise<void>;

const savedFile = z.object({
  name: z.string().regex(/^(?!.*(^|\/)\.{0,2}(\/|$))[^\0]+$/),
  bytes: z.int().min(0),
  sha256: z.string(),
});
const manifestSchema = z.object({
  kind: z.literal("hufu/backup/v1"),
  madeAt: z.string(),
  tool: z.object({ name: z.literal("hufu"), version: z.string() }),
  /** Where the database is: in the backup, in PostgreSQL, or there is none. */
  database: z.enum(["sqlite", "postgresql", "none"]),
  /** Files that settings named outside of the data directory. */
  outside: z.array(z.object({ setting: z.string(), path: z.string() })),
  files: z.array(savedFile),
});
export type BackupManifest = z.infer<typeof manifestSchema>;
type SavedFile = z.infer<typeof savedFile>;

/**
 * Saves a data directory while a service writes to it. The backup is complete, and durable, when this resolves; an
 * interrupted one has no manifest.
 * @param options.to a folder that is empty, or is made with mode 0700
 * @throws AppError FILE_NOT_FOUND, FOLDER_NOT_EMPTY, KEY_FILE_PERMISSIONS, RESTORE_INCOMPLETE, STORAGE_*, USAGE
 */
export async function saveFolder({
  from,
  to,
  copy = copyBytes,
  ...about
}: Omit<BackupManifest, "kind" | "files"> & {
  from: string;
  to: string;
  copy?: Copy;
}): Promise<BackupManifest> {
  refuseHalfRestored(from);
  if (isInside(from, to))
    throw new AppError("USAGE", { detail: `${quote(to)} is inside of the data directory, and lost with it` });
  const names = (await filesToSave(from)).filter(
    (name) => about.database === "sqlite" || name !== DATABASE_FILE,
  );
  if (names.length === 0)
    throw new AppError("FILE_NOT_FOUND", {
      detail: `${quote(from)} holds nothing to save`,
      at: "HUFU_DATA_DIR",
    });
  await requireEmpty(to);
  await makeFolder(to).catch((cause: unknown) => {
    throw unusable(to, cause);
  });
  await requireOwnerOnly(to);
  const files = await placeFiles(names, { from, to: join(to, FILES), copy });
  const manifest: BackupManifest = { kind: "hufu/backup/v1", ...about, files };
  await replaceFile(join(to, MANIFEST), `${JSON.stringify(manifest, undefined, 2)}\n`);
  return manifest;
}

/**
 * Puts a backup into a data directory, which is locked meanwhile. An interrupted restore leaves a mark, with which no
 * service starts.
 * @param options.to a folder that is empty, or is made with mode 0700
 * @throws AppError BACKUP_INCOMPLETE, BACKUP_DAMAGED, DATA_DIR_LOCKED, DATA_DIR_UNUSABLE, FOLDER_NOT_EMPTY,
 * RESTORE_INCOMPLETE, STORAGE_*
 */
export async function restoreFolder({ from, to }: { from: string; to: string }): Promise<BackupManifest> {
  const manifest = await readManifest(from);
  const saved = join(from, FILES);
  for (const file of manifest.files)
    requireSame(file, await digestOf(join(saved, file.name)).catch(undefinedIfMissing));
  const lock = await lockFolder(to);
  try {
    await requireEmpty(to, LOCK_FILES);
    await makeFile(join(to, RESTORE_MARK));
    const names = manifest.files.map(({ name }) => name);
    const placed = await placeFiles(names, { from: saved, to, copy: copyBytes });
    for (const [i, file] of manifest.files.entries()) requireSame(file, placed[i]);
    await rm(join(to, RESTORE_MARK));
    await syncFolder(to);
  } finally {
    lock.release();
  }
  return manifest;
}

/** Whether a path is that of a folder, or below it. */
export function isInside(folder: string, path: string): boolean {
  return `${resolve(path)}${sep}`.startsWith(`${resolve(folder)}${sep}`);
}

/** @throws AppError BACKUP_INCOMPLETE, BACKUP_DAMAGED */
async function readManifest(folder: string): Promise<BackupManifest> {
  const text = await readFile(join(folder, MANIFEST), "utf8").catch(undefinedIfMissing);
  if (text === undefined) {
    const detail = `${quote(folder)} has no ${MANIFEST}: it is no backup, or one that did not end; restore another one`;
    throw new AppError("BACKUP_INCOMPLETE", { detail });
  }
  try {
    return manifestSchema.parse(JSON.parse(text));
  } catch (cause) {
    const detail = `${quote(join(folder, MANIFEST))} is not as hufu backup writes it`;
    throw new AppError("BACKUP_DAMAGED", { detail }, { cause });
  }
}

/** Copies files one after the other, owner-only and durably. */
async function placeFiles(
  names: readonly string[],
  { from, to, copy }: { from: string; to: string; copy: Copy },
): Promise<SavedFile[]> {
  const placed: SavedFile[] = [];
  for (const name of names) {
    const path = join(to, name);
    await makeFolder(dirname(path));
    try {
      await copy(join(from, name), path, name);
      await chmod(path, 0o600);
      await using file = await open(path, "r+");
      await file.sync();
    } catch (error) {
      throw storageFault(error, `${quote(path)} cannot be written`) ?? error;
    }
    placed.push({ name, ...(await digestOf(path)) });
  }
  for (const folder of new Set(names.map((name) => dirname(join(to, name))))) await syncFolder(folder);
  return placed;
}

export async function copyBytes(from: string, to: string): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_EXCL);
}

async function digestOf(path: string): Promise<Omit<SavedFile, "name">> {
  const hash = createHash("sha256").setEncoding("hex");
  await pipeline(createReadStream(path), hash);
  return { bytes: (await stat(path)).size, sha256: hash.read() as string };
}

function requireSame({ name, ...wanted }: SavedFile, found: Omit<SavedFile, "name"> | undefined): void {
  if (found?.bytes === wanted.bytes && found.sha256 === wanted.sha256) return;
  const detail = `${quote(name)} of the backup is missing, or is not what was saved: expected ${wanted.bytes} bytes of SHA-256 ${wanted.sha256}`;
  throw new AppError("BACKUP_DAMAGED", { detail });
}

/** @throws AppError FOLDER_NOT_EMPTY, USAGE */
async function requireEmpty(folder: string, besides?: RegExp): Promise<void> {
  const files = await filesBelow(folder).catch((cause: unknown) => {
    throw unusable(folder, cause);
  });
  const found = files.find((name) => besides?.test(name) !== true);
  if (found === undefined) return;
  throw new AppError("FOLDER_NOT_EMPTY", {
    detail: `${quote(folder)} is not empty: it holds ${quote(found)}`,
  });
}

function unusable(folder: string, cause: unknown): AppError {
  const detail = `${quote(folder)} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`;
  return new AppError("USAGE", { detail }, { cause });
}
