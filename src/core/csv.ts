/** Writes lines of CSV (RFC 4180) with cells that are safe in a spreadsheet. */
import { visible } from "./visible.ts";

/** Cells are {@link visible}, so none holds a line end. */
export function csvLine(cells: readonly string[]): string {
  return `${cells.map((cell) => quoted(visible(cell))).join(",")}\r\n`;
}

/**
 * Puts an apostrophe, which spreadsheets hide, before a text that a spreadsheet would evaluate as a formula. Programs that
 * read the file match lines by number, or strip the apostrophe.
 */
export function escapeFormula(text: string): string {
  return /^[=+\-@＝＋－＠]/u.test(text) ? `'${text}` : text;
}

function quoted(cell: string): string {
  return /[",]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
