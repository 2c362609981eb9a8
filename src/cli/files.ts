/** Hashes the files of a command, with a progress bar over all their bytes. */
import { stat } from "node:fs/promises";
import type { Algorithm } from "../core/digest.ts";
import { isAppError, type AppError } from "../core/errors.ts";
import { hashFile, hashStream, type HashedFile, type HashOptions } from "../hash/file.ts";
import { FileNames } from "../hash/names.ts";
import type { Context } from "./context.ts";

export interface HashChoice {
  readonly algorithms: readonly Algorithm[];
  readonly allowEmpty: boolean;
}

export type Hashed =
  | { readonly file: string; readonly path: string; readonly hashed: HashedFile }
  | { readonly file: string; readonly fault: AppError };

/** Hashes files one after the other; a fault of one does not stop the others. */
export async function hashFiles(
  files: readonly string[],
  options: HashChoice,
  { out, words }: Context,
): Promise<Hashed[]> {
  const sizes = await Promise.all(
    files.map((file) =>
      stat(file)
        .then((found) => found.size)
        .catch(() => 0),
    ),
  );
  const total = sizes.reduce((sum, size) => sum + size, 0);
  return await out.progress(words.cli.hashing, total, async (advance) => {
    const results: Hashed[] = [];
    const names = new FileNames();
    for (const file of files) results.push(await hashOne(file, { ...options, names, advance }));
    return results;
  });
}

async function hashOne(
  file: string,
  options: HashChoice & { names: FileNames; advance: (by: number) => void },
): Promise<Hashed> {
  const { advance, ...rest } = options;
  let before = 0;
  const onProgress = (done: number): void => {
    advance(done - before);
    before = done;
  };
  try {
    const { path, ...hashed } =
      file === "-"
        ? { path: file, ...(await hashStream(process.stdin, "-", { ...rest, onProgress })) }
        : await hashNamed(file, { ...rest, onProgress });
    return { file, path, hashed };
  } catch (error) {
    if (isAppError(error)) return { file, fault: error };
    throw error;
  }
}

/** Hashes the file of a name as people, archives and shells write it. @throws AppError as {@link hashFile} */
export async function hashNamed(
  file: string,
  { names, ...options }: HashOptions & { names: FileNames },
): Promise<HashedFile & { readonly path: string }> {
  try {
    return { path: file, ...(await hashFile(file, options)) };
  } catch (fault) {
    const path = isAppError(fault, "FILE_NOT_FOUND") ? await names.alike(file) : file;
    if (path === file) throw fault;
    return { path, ...(await hashFile(path, options)) };
  }
}

/** The hash options of flags: both algorithms unless one is named. */
export function algorithmsOf(flags: { algorithm?: Algorithm; allowEmpty?: boolean }): HashChoice {
  const algorithms = flags.algorithm === undefined ? (["sha256", "sm3"] as const) : [flags.algorithm];
  return { algorithms, allowEmpty: flags.allowEmpty === true };
}
