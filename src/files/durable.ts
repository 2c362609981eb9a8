/** Makes and replaces owner-only files so that a crash at any moment leaves each of them whole or absent. */
import { randomUUID } from "node:crypto";
import { link, mkdir, open, rename, rm, type FileHandle } from "node:fs/promises";
import { dirname, resolve } from "node:path";

type Write = (file: FileHandle) => Promise<void>;

/** Makes the names in a folder durable; a file's own sync covers its content only. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Makes a folder and its missing parents, mode 0700; their names are durable when this resolves. */
export async function makeFolder(path: string): Promise<void> {
  const folder = resolve(path);
  const first = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}

/** Makes an empty file, mode 0600, with its folder, and leaves one that is there; both are durable when this resolves. */
export async function makeFile(path: string): Promise<void> {
  const folder = dirname(path);
  await makeFolder(folder);
  const file = await open(path, "a", 0o600);
  await file.sync();
  await file.close();
  await syncFolder(folder);
}

/**
 * Makes a file, and never overwrites one; it is durable when this resolves.
 * @param options.unfinished where it is written first, on the same file system
 * @returns false: the path exists already, and stays as it is
 * @throws the system's errors and those of `write`; nothing has been made then
 */
export async function placeNew({
  path,
  write,
  unfinished = `${path}.${randomUUID()}`,
}: {
  path: string;
  write: Write;
  unfinished?: string;
}): Promise<boolean> {
  let placed = true;
  try {
    await writeSynced(unfinished, write);
    await link(unfinished, path).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      placed = false;
    });
  } finally {
    await rm(unfinished, { force: true });
  }
  await syncFolder(dirname(path));
  return placed;
}

/** Replaces the content of a file, or makes it; readers find the old or the new text, and the new one is durable. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const unfinished = `${path}.new`;
  await writeSynced(unfinished, (file) => file.writeFile(text));
  await moveDurably(unfinished, path);
}

/** Renames a synced file within its file system; it replaces the file of the new name. */
export async function moveDurably(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncFolder(dirname(to));
}

/** Replaces what an interrupted process may have left at `path`. */
async function writeSynced(path: string, write: Write): Promise<void> {
  await rm(path, { force: true });
  const file = await open(path, "wx", 0o600);
  try {
    await write(file);
    await file.sync();
  } finally {
    await file.close();
  }
}
