/** Formats the results of a feed as CSV (RFC 4180). */
import { csvLine, escapeFormula } from "../../core/csv.ts";
import type { Outcome } from "./spool.ts";

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

export const RESULTS_HEADER = `${RESULT_COLUMNS.join(",")}\r\n`;

export function resultsLine({ line, path, reference, document, result, kept }: Outcome): string {
  const { state, id, index, transaction, recordedAt, error, warnings = [] } = result;
  const cells = [
    String(line),
    escapeFormula(path),
    result.digest ?? document?.digest ?? "",
    escapeFormula(reference),
    state,
    id ?? "",
    index === undefined ? "" : String(index),
    transaction ?? "",
    recordedAt ?? "",
    error === undefined ? "" : escapeFormula(`${error.code}: ${error.detail}`),
    escapeFormula(warnings.map(({ code, detail }) => `${code}: ${detail}`).join("; ")),
    result.commitment ?? document?.commitment ?? "",
    kept !== undefined && "receipt" in kept ? escapeFormula(kept.receipt) : "",
  ];
  return csvLine(cells);
}
