/** Reads dropped files and folders, and saves texts as files. */
import { AppError, quote } from "../core/errors.ts";
import type { GivenFile } from "./session.ts";

/** The files of a drop and of its folders. Must be called while the event is handled. */
export async function filesOfDrop({ items, files }: DataTransfer): Promise<GivenFile[]> {
  const entries = [...items].map((item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }));
  if (entries.length === 0) return [...files];
  const found = await Promise.all(
    entries.map(async ({ entry, file }) => {
      if (entry === null) return file === null ? [] : [file];
      const inside = await filesIn(entry);
      return inside.length === 0 ? [emptyFolder(entry)] : inside;
    }),
  );
  return found.flat();
}

function emptyFolder({ name }: FileSystemEntry): GivenFile {
  const detail = `${quote(name)} is a folder without files`;
  return { name, fault: new AppError("EMPTY_FILE", { detail }) };
}

async function filesIn(entry: FileSystemEntry): Promise<GivenFile[]> {
  try {
    if (entry.isFile) return [await fileOf(entry as FileSystemFileEntry)];
    const reader = (entry as FileSystemDirectoryEntry).createReader();
    const found: GivenFile[] = [];
    // the browser lists a folder in batches; an empty batch is the end
    for (;;) {
      const batch = await new Promise<FileSystemEntry[]>((resolve, reject) =>
        reader.readEntries(resolve, reject),
      );
      if (batch.length === 0) return found;
      for (const inside of batch) found.push(...(await filesIn(inside)));
    }
  } catch (cause) {
    const detail = `${quote(entry.name)} cannot be read`;
    return [{ name: entry.name, fault: new AppError("FILE_UNREADABLE", { detail }, { cause }) }];
  }
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

/** Saves a text as a download. */
export function saveText(name: string, text: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
