/** Names the columns of the results of a feed. */

const RESULT_COLUMNS = [
  "line",
  "path",
  "digest",
  "reference",
  "state",
  "id",
  "index",
  "transaction",
  "recorded_at",
  "error",
  "warning",
  "commitment",
  "receipt",
] as const;

const HEADER = RESULT_COLUMNS.join(",");

/** With a byte order mark, without which spreadsheets take the text for the encoding of their country. */
export const RESULTS_HEADER = `\uFEFF${HEADER}\r\n`;

/** Whether a line is their first, though a later version may have further columns. */
export function isResults(text: string): boolean {
  return text.startsWith(HEADER.slice(0, 32));
}
