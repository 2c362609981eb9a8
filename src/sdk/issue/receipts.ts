/** Fetches receipts and status statements, and adds salts to the receipts of documents blinded on this machine. */
import { systemTimer, type Timer } from "../../core/clock.ts";
import { decodeEntry } from "../../core/entry.ts";
import { AppError } from "../../core/errors.ts";
import type { EntryIndex } from "../../core/units.ts";
import { originOfNote } from "../../log/checkpoint.ts";
import { parseReceipt, type Receipt } from "../../log/receipt.ts";
import { formatStatementFile, parseStatementFile } from "../../log/statement.ts";
import type { HufuClient } from "../http/client.ts";
import { requireSame } from "./blinding.ts";
import type { SaltStore } from "./ports.ts";

/** Milliseconds between two requests until a checkpoint covers the entry, and in all. */
const PAUSE = 500;
const PATIENCE = 60_000;

export interface EvidenceService {
  readonly client: Pick<HufuClient, "evidence">;
  readonly timer?: Timer;
}

/** The part of the salts that receipts need. */
export type SaltsOfReceipts = Pick<SaltStore, "ofCommitment"> & Disposable;

/**
 * The receipt of a document once there is one, with the salt where it was blinded on this machine. With its salt it is a
 * secret: it shows which entry is of the document.
 * @param source.salts opens them for a blinded document; undefined = none was blinded here
 * @throws AppError ANCHOR_TIMEOUT: no checkpoint covered it within a minute; BOUND_TO_ANOTHER: it is of another log or
 * institution than the commitment; RECEIPT_*, and those of the client
 */
export async function fetchReceipt(
  index: EntryIndex,
  source: EvidenceService & { readonly salts: () => Promise<SaltsOfReceipts | undefined> },
): Promise<Receipt> {
  const receipt = parseReceipt(await fetched(index, "receipt", source));
  const { blinded, algorithm, payload, institution } = decodeEntry(receipt.extra.entry);
  if (!blinded || algorithm === undefined) return receipt;
  using salts = await source.salts();
  const [record] = (await salts?.ofCommitment({ algorithm, bytes: payload, blinded })) ?? [];
  if (record === undefined) return receipt;
  requireSame(record, { origin: originOfNote(receipt.checkpoint), institution }, "the receipt");
  return { ...receipt, extra: { ...receipt.extra, salt: record.salt } };
}

/**
 * What the operator asserts of a document now, as the text of a file.
 * @throws AppError ANCHOR_TIMEOUT, STATEMENT_*, and those of the client
 */
export async function fetchStatement(index: EntryIndex, source: EvidenceService): Promise<string> {
  return formatStatementFile(parseStatementFile(await fetched(index, "status-statement", source)));
}

async function fetched(
  index: EntryIndex,
  kind: Parameters<HufuClient["evidence"]>[1],
  { client, timer = systemTimer }: EvidenceService,
): Promise<Uint8Array> {
  for (let waited = 0; ; waited += PAUSE) {
    const answer = await client.evidence(index, kind);
    if (typeof answer === "string") return new TextEncoder().encode(answer);
    const { state, confirmations } = answer;
    const detail = `entry ${index} is ${state} (confirmations: ${confirmations}), and no checkpoint covers it and its status yet; ask again later`;
    if (waited >= PATIENCE) throw new AppError("ANCHOR_TIMEOUT", { detail });
    await new Promise<void>((wake) => void timer(PAUSE, wake));
  }
}
