/** Reads secrets from files and from the terminal, and writes files for their owner alone. */
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { AppError, quote } from "../core/errors.ts";
import { visible } from "../core/visible.ts";
import { asFileError } from "../hash/file.ts";
import { placeNew } from "../files/durable.ts";
import { undefinedIfMissing } from "../files/missing.ts";
import { readOwnerOnly } from "../files/owner-only.ts";

/**
 * The text of a file that only its owner can read.
 * @param at the option that names it
 * @throws AppError KEY_FILE_PERMISSIONS, and the faults of files
 */
export async function readSecret(path: string, at: string): Promise<string> {
  const text = await readOwnerOnly(path)
    .catch(undefinedIfMissing)
    .catch((error: unknown) => {
      throw asFileError(error, path);
    });
  if (text !== undefined) return text;
  throw new AppError("FILE_NOT_FOUND", { detail: `there is no file ${quote(path)}`, at });
}

/**
 * Asks for a secret on the terminal without echo; Ctrl-C interrupts the process.
 * @throws AppError USAGE: there is no terminal
 */
export async function askSecret(
  prompt: string,
  { input, output }: { input: NodeJS.ReadableStream & { isTTY?: boolean }; output: NodeJS.WritableStream } = {
    input: process.stdin,
    output: process.stderr,
  },
): Promise<string> {
  if (input.isTTY !== true) {
    throw new AppError("USAGE", {
      detail: "there is no terminal to ask for the password on; name a file with --password-file",
      at: "--password-file",
    });
  }
  output.write(visible(prompt));
  const muted = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: muted, terminal: true, historySize: 0 });
  const typed = await new Promise<string | undefined>((resolve) => {
    lines.once("line", resolve);
    lines.once("SIGINT", () => resolve(undefined));
    lines.once("close", () => resolve("")); // Ctrl-D
  });
  lines.close();
  output.write("\n");
  if (typed !== undefined) return typed;
  process.kill(process.pid, "SIGINT");
  throw new AppError("USAGE", { detail: "no password was given" });
}

/**
 * Writes a file that only its owner can read, atomically, and never over an existing one.
 * @param at the option that names it
 * @throws AppError USAGE: the file exists; and the faults of files
 */
export async function writeOwn(path: string, text: string, at = "--out"): Promise<void> {
  const isNew = await placeNew({ path, write: (file) => file.writeFile(text) }).catch((error: unknown) => {
    throw asFileError(error, path);
  });
  if (isNew) return;
  const detail = `${at}: ${quote(path)} is there already, and is left as it is; name another file`;
  throw new AppError("USAGE", { detail, at });
}
