/** Validates texts of the directory before they are recorded permanently. */
import { AppError, codePoint, quote } from "./errors.ts";
import { INVISIBLE } from "./visible.ts";

/** UTF-8 bytes of the directory's texts, as the contract has them. */
export const MAX_BYTES = { name: 256, jurisdiction: 16, officialNumber: 64 } as const;

/**
 * @param at position of the text, for the error
 * @throws AppError NAME_FORMAT: empty, too long, surrounded by spaces, or with an invisible or bidirectional character
 */
export function parseText(text: string, { at, max }: { at: string; max: number }): string {
  const refuse = (what: string): AppError =>
    new AppError("NAME_FORMAT", { detail: `${at}: expected 1 to ${max} bytes of visible text; ${what}`, at });
  const bytes = new TextEncoder().encode(text).length;
  if (bytes === 0 || bytes > max) throw refuse(`got ${bytes} bytes`);
  const invisible = INVISIBLE.exec(text);
  if (invisible !== null)
    throw refuse(`${codePoint(invisible[0])} stands at character ${invisible.index + 1}`);
  if (text !== text.trim()) throw refuse(`${quote(text)} begins or ends with a space`);
  return text;
}
