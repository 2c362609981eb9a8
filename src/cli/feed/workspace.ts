/** Holds what a feed has not finished, and moves it into its place. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { AppError, quote } from "../../core/errors.ts";
import { moveDurably } from "../../files/durable.ts";

/**
 * A folder for what a feed has not finished: beside the results, so that they are renamed into their place. What was in that
 * place stays until then.
 */
export class Workspace {
  readonly folder: string;

  /** @throws AppError RESULTS_UNWRITABLE */
  constructor(results: string | undefined) {
    try {
      this.folder =
        results === undefined ? mkdtempSync(join(tmpdir(), "hufu-feed-")) : beside(resolve(results));
    } catch (error) {
      throw unwritable(results ?? tmpdir(), error);
    }
  }

  file(name: string): string {
    return join(this.folder, name);
  }

  /** Removes it with what is in it. */
  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Removes what killed runs have left, and makes a folder for this one. */
function beside(results: string): string {
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

  /** Ends it as it is, where it was not closed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }

  async #flush(): Promise<void> {
    await this.#file.appendFile(this.#waiting.join(""));
    this.#waiting = [];
    this.#size = 0;
  }
}

/** Puts a finished file in its place, in one step, and has that on disk. @throws AppError RESULTS_UNWRITABLE */
export async function moveInto(finished: string, place: string): Promise<void> {
  try {
    await moveDurably(finished, place);
  } catch (error) {
    throw unwritable(place, error);
  }
}

/** @param at the option that names it */
export function unwritable(path: string, error: unknown, at = "--results"): AppError {
  const { code, message } = error as NodeJS.ErrnoException;
  const detail = `${quote(path)} cannot be written (${code ?? message})`;
  return new AppError("RESULTS_UNWRITABLE", { detail, at }, { cause: error });
}
