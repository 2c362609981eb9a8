/** Tells by content what the arguments of `hufu verify` are: files to check, evidence, kept answers, or parts of a bundle. */
import { stat } from "node:fs/promises";
import { AppError } from "../core/errors.ts";
import { readSmallFile } from "../hash/file.ts";
import { MAX_ANSWER_BYTES } from "../log/answer.ts";
import {
  MAX_EVIDENCE_BYTES,
  classifyFile,
  keptAnswerOf,
  type ClassifiedFile,
} from "../sdk/verify/classify.ts";
import { fill } from "../words/index.ts";
import type { Context } from "./context.ts";
import type { KeptFile } from "./kept-answers.ts";

export interface GivenThing {
  readonly file: string;
  readonly is: ClassifiedFile;
}

/** What each argument is, in their order. Standard input, and what cannot be read here, is a file to check. */
export async function sortGiven(files: readonly string[]): Promise<readonly GivenThing[]> {
  return await Promise.all(files.map(async (file) => ({ file, is: await kindOf(file) })));
}

async function kindOf(file: string): Promise<ClassifiedFile> {
  const size = await stat(file).then(
    (found) => (found.isFile() ? found.size : Infinity),
    () => Infinity,
  );
  if (file === "-" || size > MAX_ANSWER_BYTES) return { kind: "file" };
  const bytes = await readSmallFile(file, MAX_ANSWER_BYTES).catch(() => undefined);
  if (bytes === undefined) return { kind: "file" };
  const answer = keptAnswerOf(file, bytes);
  if (answer !== undefined) return { kind: "answer", answer };
  return bytes.length > MAX_EVIDENCE_BYTES ? { kind: "file" } : classifyFile(file, bytes);
}

/** The paths of one kind. */
export function pathsOf(things: readonly GivenThing[], kind: ClassifiedFile["kind"]): string[] {
  return things.filter(({ is }) => is.kind === kind).map(({ file }) => file);
}

/** The kept answers. */
export function keptIn(things: readonly GivenThing[]): KeptFile[] {
  return things.flatMap(({ file, is }) => (is.kind === "answer" ? [{ file, answer: is.answer }] : []));
}

/** What a thing is that is no file to check; undefined of one that is, and of one that cannot be read. */
export function whatIs({ is }: GivenThing, { words }: Context): string | undefined {
  const { given } = words.cli;
  if (is.kind === "file" || is.kind === "answer") return undefined;
  if (is.kind !== "receipt") return given[is.kind];
  return is.receipt instanceof AppError ? undefined : fill(given.receipt, { entry: is.receipt.index });
}
