/** Writes the unfinished files of a feed to a folder of their own, and moves them to their paths once they are complete. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { AppError, quote } from "../../core/errors.ts";
import { moveDurably } from "../../files/durable.ts";

/** A folder for unfinished files beside the results, so that they can be renamed; earlier results stay until then. */
export class Workspace {
  readonly folder: string;

  /** @throws AppError RESULTS_UNWRITABLE */
  constructor(results: string | undefined) {
    try {
      this.folder =
        results === undefined ? mkdtempSync(join(tmpdir(), "hufu-feed-")) : makeBeside(resolve(results));
    } catch (error) {
      throw unwritable(results ?? tmpdir(), error);
    }
  }

  file(name: string): string {
    return join(this.folder, name);
  }

  /** Removes the folder and its files. */
  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Removes the folders of killed runs, and makes one for this run. */
function makeBeside(results: string): string {
  if (statSync(results, { throwIfNoEntry: false })?.isFile() === false)
    throw new RangeError("it is there, and no file");
  const prefix = `.${basename(results)}.hufu-`;
  for (const name of readdirSync(dirname(results))) {
    const pid = name.startsWith(prefix) ? name.slice(prefix.length) : "";
    if (/^\d+$/.test(pid) && !isAlive(Number(pid)))
      rmSync(join(dirname(results), name), { recursive: true, force: true });
  }
  const folder = join(dirname(results), `${prefix}${process.pid}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

function isAlive(pid: number): boolean {
  if (pid === process.pid) return false; // an earlier process had the same number
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Bytes that wait for a write. */
const BUFFER = 1 << 16;

/** A text file that is written piece by piece. */
export class TextWriter {
  readonly #file: FileHandle;
  #waiting: string[] = [];
  #size = 0;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async create(path: string): Promise<TextWriter> {
    return new TextWriter(await open(path, "w"));
  }

  async write(text: string): Promise<void> {
    this.#waiting.push(text);
    this.#size += text.length;
    if (this.#size >= BUFFER) await this.#flush();
  }

  /** On disk when the promise resolves. */
  async close(): Promise<void> {
    await this.#flush();
    await this.#file.sync();
    await this.#file.close();
  }

  /** Closes the file without a sync, where it was not closed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }

  async #flush(): Promise<void> {
    await this.#file.appendFile(this.#waiting.join(""));
    this.#waiting = [];
    this.#size = 0;
  }
}

/** Renames a finished file to its path, atomically and durably. @throws AppError RESULTS_UNWRITABLE */
export async function moveInto(finished: string, path: string): Promise<void> {
  try {
    await moveDurably(finished, path);
  } catch (error) {
    throw unwritable(path, error);
  }
}

/** @param at the option that names it */
export function unwritable(path: string, error: unknown, at = "--results"): AppError {
  const { code, message } = error as NodeJS.ErrnoException;
  const detail = `${quote(path)} cannot be written (${code ?? message})`;
  return new AppError("RESULTS_UNWRITABLE", { detail, at }, { cause: error });
}
