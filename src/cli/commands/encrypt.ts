/** The command `hufu key encrypt` encrypts a plain key file to a keystore. */
import { AppError } from "../../core/errors.ts";
import { fill } from "../../words/index.ts";
import type { Context } from "../context.ts";
import { askSecret, readSecret, writeOwn } from "../secrets.ts";

export interface EncryptFlags {
  readonly out: string;
  readonly passwordFile?: string;
}

/** The plain file stays, for the caller to remove. */
export async function encryptCommand(
  file: string,
  { out: to, passwordFile }: EncryptFlags,
  { out, words, ports }: Context,
): Promise<void> {
  const text = await readSecret(file, "<key-file>");
  const password =
    passwordFile === undefined
      ? await askTwice(fill(words.keys.newPassword, { file: to }), words.keys.again)
      : (await readSecret(passwordFile, "--password-file")).replace(/\r?\n$/, "");
  if (password === "") throw new AppError("USAGE", { detail: "an empty password would keep nobody out" });
  const { address, keystore } = await ports.encryptKey({ name: file, text, password });
  await writeOwn(to, `${keystore}\n`);
  out.print(`✓ ${fill(words.keys.encrypted, { address, file: to })}`);
  out.print(fill(words.keys.removePlain, { file }));
  out.json({ address, file: to });
}

async function askTwice(prompt: string, again: string): Promise<string> {
  const password = await askSecret(prompt);
  if ((await askSecret(again)) === password) return password;
  throw new AppError("USAGE", { detail: "the two passwords differ; nothing was written" });
}
