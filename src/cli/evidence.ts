/** Fetches receipts and status statements, and adds salts to the receipts of documents blinded on this machine. */
import { setTimeout as sleep } from "node:timers/promises";
import { decodeEntry } from "../core/entry.ts";
import { AppError } from "../core/errors.ts";
import { originOfNote } from "../log/checkpoint.ts";
import { parseReceipt, type Receipt } from "../log/receipt.ts";
import { formatStatementFile, parseStatementFile } from "../log/statement.ts";
import type { HufuClient } from "../sdk/http/client.ts";
import { requireSame } from "../sdk/issue/blinding.ts";
import type { Context } from "./context.ts";

/** Milliseconds between two requests until a checkpoint covers the entry, and in all. */
const PAUSE = 500;
const PATIENCE = 60_000;

/**
 * The receipt of a document once there is one, with the salt where it was blinded on this machine.
 * @throws AppError ANCHOR_TIMEOUT: no checkpoint covered it in time; BOUND_TO_ANOTHER; and those of the client
 */
export async function fetchReceipt(client: HufuClient, index: number, context: Context): Promise<Receipt> {
  return await withSalt(parseReceipt(await fetched(client, index, "receipt")), context);
}

/** What the operator asserts of a document now, as a file. @throws AppError as `fetchReceipt` */
export async function fetchStatement(client: HufuClient, index: number): Promise<string> {
  return formatStatementFile(parseStatementFile(await fetched(client, index, "status-statement")));
}

async function fetched(
  client: HufuClient,
  index: number,
  kind: Parameters<HufuClient["evidence"]>[1],
): Promise<Uint8Array> {
  for (let waited = 0; ; waited += PAUSE) {
    const answer = await client.evidence(index, kind);
    if (typeof answer === "string") return new TextEncoder().encode(answer);
    const { state, confirmations } = answer;
    const detail = `entry ${index} is ${state} (confirmations: ${confirmations}), and no checkpoint covers it and its status yet; ask again later`;
    if (waited >= PATIENCE) throw new AppError("ANCHOR_TIMEOUT", { detail });
    await sleep(PAUSE);
  }
}

/**
 * The salt, which only this machine has, proves that a blinded document is that of its entry.
 * @throws AppError BOUND_TO_ANOTHER: the receipt is of another log or institution than the commitment
 */
async function withSalt(receipt: Receipt, context: Context): Promise<Receipt> {
  const { blinded, algorithm, payload, institution } = decodeEntry(receipt.extra.entry);
  if (!blinded || algorithm === undefined) return receipt;
  using salts = await context.ports.findSalts(context.config().saltDir);
  const [record] = salts?.ofCommitment({ algorithm, bytes: payload, blinded }) ?? [];
  if (record === undefined) return receipt;
  requireSame(record, { origin: originOfNote(receipt.checkpoint), institution }, "the receipt");
  return { ...receipt, extra: { ...receipt.extra, salt: record.salt } };
}
