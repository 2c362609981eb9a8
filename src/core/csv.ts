/** One line of a table, as RFC 4180 has it. */
export function csvLine(cells: readonly string[]): string {
  return `${cells.map(quoted).join(",")}\r\n`;
}

/**
 * A text that a spreadsheet takes for a text: one that begins as a formula does gets an apostrophe before it, which
 * spreadsheets do not show. Who reads the file with a program goes by the line's number, or takes the apostrophe away.
 */
export function harmless(text: string): string {
  return /^[=+\-@\t\r\n＝＋－＠]/u.test(text) ? `'${text}` : text;
}

function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
