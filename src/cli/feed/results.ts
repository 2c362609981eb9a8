/** Formats the results of a feed as CSV (RFC 4180). */
import { csvLine, escapeFormula } from "../../core/csv.ts";
import type { Outcome } from "./spool.ts";

export function resultsLine({ line, path, reference, doubt, document, result, kept }: Outcome): string {
  const { state, id, index, transaction, recordedAt, error, warnings = [] } = result;
  const doubts = [...(doubt === undefined ? [] : [doubt]), ...warnings];
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
    escapeFormula(doubts.map(({ code, detail }) => `${code}: ${detail}`).join("; ")),
    result.commitment ?? document?.commitment ?? "",
    kept !== undefined && "receipt" in kept ? escapeFormula(kept.receipt) : "",
  ];
  return csvLine(cells);
}
