/** Writes lines of CSV (RFC 4180) with cells that are safe in a spreadsheet, and reads the cells again. */
import { INVISIBLE, visible } from "./visible.ts";

/** Cells are {@link visible}, so none holds a line end. */
export function csvLine(cells: readonly string[]): string {
  return `${cells.map((cell) => quoted(visible(cell))).join(",")}\r\n`;
}

const FORMULA = "'*[=+\\-@＝＋－＠]";
const IS_FORMULA = new RegExp(`^${FORMULA}`, "u");
const IS_ESCAPED = new RegExp(`^'(?=${FORMULA})`, "u");

/**
 * Puts an apostrophe, which spreadsheets hide, before a text that a spreadsheet would evaluate as a formula, and before one
 * that would be taken for such an escape. Programs that read the file match lines by number, or strip the apostrophe.
 */
export function escapeFormula(text: string): string {
  return IS_FORMULA.test(text) ? `'${text}` : text;
}

/** A cell as it was before {@link escapeFormula} and {@link visible}, without the spaces around it. */
export function readCell(text: string): string {
  return text
    .trim()
    .replace(IS_ESCAPED, "")
    .replace(/\\u\{(10[0-9A-F]{4}|[0-9A-F]{1,5})\}/g, (escape, hex: string) => {
      const character = String.fromCodePoint(parseInt(hex, 16));
      return INVISIBLE.test(character) ? character : escape;
    });
}

function quoted(cell: string): string {
  return /[",]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
