import { randomUUID } from "node:crypto";
import { link, open, unlink } from "node:fs/promises";
import { AppError, quote } from "../../core/errors.ts";
import { fill } from "../../core/words/index.ts";
import { asFileError } from "../../hash/file.ts";
import type { Context } from "../context.ts";
import { printable } from "../output.ts";
import { askSecret, readSecret } from "../secrets.ts";

export interface EncryptFlags {
  readonly out: string;
  readonly passwordFile?: string;
}

/** `hufu key encrypt FILE --out FILE`: the plain file stays, for the caller to remove. */
export async function encryptCommand(
  file: string,
  { out: to, passwordFile }: EncryptFlags,
  { out, words, ports }: Context,
): Promise<void> {
  const text = await readSecret(file, "<key-file>");
  const password =
    passwordFile === undefined
      ? await askTwice(fill(words.keys.newPassword, { file: printable(to) }), words.keys.again)
      : (await readSecret(passwordFile, "--password-file")).replace(/\r?\n$/, "");
  if (password === "") throw new AppError("USAGE", { detail: "an empty password would keep nobody out" });
  const { address, keystore } = await ports.encryptKey({ name: file, text, password });
  await writeNew(to, keystore);
  out.print(`✓ ${fill(words.keys.encrypted, { address, file: printable(to) })}`);
  out.print(fill(words.keys.removePlain, { file: printable(file) }));
  out.json({ address, file: to });
}

async function askTwice(prompt: string, again: string): Promise<string> {
  const password = await askSecret(prompt);
  if ((await askSecret(again)) === password) return password;
  throw new AppError("USAGE", { detail: "the two passwords differ; nothing was written" });
}

/** Writes a file that only its owner can read, whole or not at all, and never over another. */
async function writeNew(path: string, text: string): Promise<void> {
  const beside = `${path}.${randomUUID()}`;
  try {
    const file = await open(beside, "wx", 0o600);
    await file.writeFile(`${text}\n`);
    await file.sync();
    await file.close();
    await link(beside, path).finally(() => unlink(beside));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw asFileError(error, path);
    const detail = `--out: ${quote(path)} is there already, and is left as it is; name another file`;
    throw new AppError("USAGE", { detail, at: "--out" });
  }
}
