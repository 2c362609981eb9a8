/** Reads an issuer's own register, or the results of its feeds, from a CSV file. */
import type { RegisterLine } from "../audit/reconcile.ts";
import { said } from "../core/details.ts";
import { formatDigest, parseDigest } from "../core/digest.ts";
import { isAppError, type AppError } from "../core/errors.ts";
import type { Context } from "./context.ts";
import { readTable, type TableRecord } from "./csv/table.ts";

export interface BadLine {
  readonly line: number;
  readonly fault: AppError;
}

export interface Register {
  readonly lines: readonly RegisterLine[];
  readonly bad: readonly BadLine[];
  /** Results of documents that were refused or failed, and are passed over. */
  readonly unrecorded: number;
}

/**
 * The columns are digest, commitment or both, of which each line has one, and optionally reference and scene; others are
 * ignored. Bad lines are returned beside the good ones.
 * @throws AppError as {@link readTable}
 */
export async function readRegister(path: string, context: Context): Promise<Register> {
  const lines: RegisterLine[] = [];
  const bad: BadLine[] = [];
  let unrecorded = 0;
  const known = ["digest", "commitment", "reference", "scene", "state"] as const;
  const options = { known, keys: ["digest", "commitment"], others: true, context } as const;
  for await (const record of readTable(path, options)) {
    const { line } = record;
    if (/^(refused|failed)$/.test(record.cell("state"))) {
      unrecorded += 1;
      continue;
    }
    try {
      lines.push(readLine(record));
    } catch (fault) {
      if (!isAppError(fault)) throw fault;
      bad.push({ line, fault });
    }
  }
  return { lines, bad, unrecorded };
}

function readLine({ line, cell, fault }: TableRecord): RegisterLine {
  if (fault !== undefined) throw fault;
  const [digest, commitment] = [cell("digest"), cell("commitment")];
  if (digest !== "" && commitment !== "") throw said("BATCH_LINE", "digest-or-commitment");
  const name = formatDigest(parseDigest(digest || commitment));
  const rest = { line, reference: cell("reference") || undefined, scene: cell("scene") || undefined };
  return commitment === ""
    ? { ...rest, digest: name, commitment: undefined }
    : { ...rest, digest: undefined, commitment: name };
}
