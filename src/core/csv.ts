/** Writes lines of CSV (RFC 4180) with cells that are safe in a spreadsheet. */

export function csvLine(cells: readonly string[]): string {
  return `${cells.map(quoted).join(",")}\r\n`;
}

/**
 * Puts an apostrophe, which spreadsheets hide, before a text that a spreadsheet would evaluate as a formula. Programs that
 * read the file match lines by number, or strip the apostrophe.
 */
export function escapeFormula(text: string): string {
  return /^[=+\-@\t\r\n＝＋－＠]/u.test(text) ? `'${text}` : text;
}

function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
