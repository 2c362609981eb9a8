import { randomUUID } from "node:crypto";
import { link, open, unlink, type FileHandle } from "node:fs/promises";
import { AppError, quote } from "../core/errors.ts";
import { asFileError } from "../hash/file.ts";
import { readSecretFile } from "../files/credentials.ts";

/**
 * The text of a file that only its owner can read.
 * @param at the option that names it
 * @throws AppError KEY_FILE_PERMISSIONS, and the faults of files
 */
export async function readSecret(path: string, at: string): Promise<string> {
  const text = await readSecretFile(path).catch((error: unknown) => {
    throw asFileError(error, path);
  });
  if (text !== undefined) return text;
  throw new AppError("FILE_NOT_FOUND", { detail: `there is no file ${quote(path)}`, at });
}

/** A terminal, as far as a password needs it. */
export interface Terminal {
  readonly input: {
    readonly isTTY?: boolean;
    setRawMode(raw: boolean): unknown;
    setEncoding(encoding: "utf8"): unknown;
    on(event: "data", listener: (text: string) => void): unknown;
    off(event: "data", listener: (text: string) => void): unknown;
    resume(): unknown;
    pause(): unknown;
  };
  readonly output: { write(text: string): unknown };
  /** What Ctrl-C does. */
  readonly interrupt: () => void;
}

const terminal: Terminal = {
  input: process.stdin,
  output: process.stderr,
  interrupt: () => void process.kill(process.pid, "SIGINT"),
};

/**
 * Asks for a secret on the terminal, where nothing of it is shown.
 * @throws AppError USAGE: there is no terminal
 */
export async function askSecret(
  prompt: string,
  { input, output, interrupt }: Terminal = terminal,
): Promise<string> {
  if (input.isTTY !== true) {
    throw new AppError("USAGE", {
      detail: "there is no terminal to ask for the password on; name a file with --password-file",
      at: "--password-file",
    });
  }
  output.write(prompt);
  input.setEncoding("utf8");
  input.setRawMode(true);
  let stop = (): void => undefined;
  const typed = await new Promise<string | undefined>((resolve) => {
    const line = new Line(resolve);
    const listen = (text: string): void => line.take(text);
    stop = (): void => void input.off("data", listen);
    input.on("data", listen);
    input.resume();
  });
  stop();
  input.setRawMode(false);
  input.pause();
  output.write("\n");
  if (typed !== undefined) return typed;
  interrupt();
  throw new AppError("USAGE", { detail: "no password was given" });
}

/** One line as it is typed, with backspace; ended by Enter or Ctrl-D, given up by Ctrl-C. */
class Line {
  readonly #done: (line: string | undefined) => void;
  readonly #characters: string[] = [];

  constructor(done: (line: string | undefined) => void) {
    this.#done = done;
  }

  take(text: string): void {
    for (const character of text) {
      const given = character === "\r" || character === "\n" || character === "\u0004";
      if (given) this.#done(this.#characters.join(""));
      else if (character === "\u0003") this.#done(undefined);
      else if (character === "\u007f" || character === "\b") this.#characters.pop();
      else this.#characters.push(character);
    }
  }
}

/**
 * Writes a file that only its owner can read, whole or not at all, and never over another.
 * @param at the option that names it
 * @throws AppError USAGE: there is one; and the faults of files
 */
export async function writeOwn(path: string, text: string, at = "--out"): Promise<void> {
  const isNew = await placeOwn(path, `${path}.${randomUUID()}`, (file) => file.writeFile(text)).catch(
    (error: unknown) => {
      throw asFileError(error, path);
    },
  );
  if (isNew) return;
  const detail = `${at}: ${quote(path)} is there already, and is left as it is; name another file`;
  throw new AppError("USAGE", { detail, at });
}

/**
 * The same for anything that is written, by way of `unfinished`, on the same disk.
 * @returns false: something is there already, and stays as it is
 * @throws what the system or `write` throws
 */
export async function placeOwn(
  path: string,
  unfinished: string,
  write: (file: FileHandle) => Promise<void>,
): Promise<boolean> {
  const file = await open(unfinished, "w", 0o600);
  try {
    await write(file);
    await file.sync();
    await link(unfinished, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return false;
  } finally {
    await file.close();
    await unlink(unfinished);
  }
}
