import { AppError, codePoint, quote } from "./errors.ts";

/** UTF-8 bytes of the directory's texts, as the contract has them. */
export const MAX_BYTES = { name: 256, jurisdiction: 16, officialNumber: 64 } as const;

/** Control, format, unassigned and private characters, lone surrogates, line ends, spaces but the ordinary one. */
const UNSEEN = /[\p{C}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u;

/**
 * A text of the directory as it is to be recorded for ever: what is read is all that is there.
 * @param at where it stood, for the error
 * @throws AppError NAME_FORMAT: empty, too long, spaces around it, or a character that is not seen or turns the others
 * round
 */
export function parseText(text: string, { at, max }: { at: string; max: number }): string {
  const refuse = (what: string): AppError =>
    new AppError("NAME_FORMAT", { detail: `${at}: expected 1 to ${max} bytes of visible text; ${what}`, at });
  const bytes = new TextEncoder().encode(text).length;
  if (bytes === 0 || bytes > max) throw refuse(`got ${bytes} bytes`);
  const unseen = UNSEEN.exec(text);
  if (unseen !== null) throw refuse(`${codePoint(unseen[0])} stands at character ${unseen.index + 1}`);
  if (text !== text.trim()) throw refuse(`${quote(text)} begins or ends with a space`);
  return text;
}
