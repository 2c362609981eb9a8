import { setTimeout as sleep } from "node:timers/promises";
import { decodeEntry } from "../../core/entry.ts";
import { AppError } from "../../core/errors.ts";
import { formatReceipt, parseReceipt, type Receipt } from "../../log/receipt.ts";
import type { HufuClient } from "../../sdk/client.ts";
import type { ClientFlags, Context } from "../context.ts";
import { writeOwn } from "../secrets.ts";

export interface ReceiptFlags extends ClientFlags {
  readonly out?: string;
}

/** Milliseconds between two questions for a receipt that is not there yet, and in all. */
const PAUSE = 500;
const PATIENCE = 60_000;

/** `hufu receipt INDEX`: with the salt, where the document was blinded on this machine. */
export async function receiptCommand(index: number, flags: ReceiptFlags, context: Context): Promise<void> {
  const { out } = context;
  const client = await context.client(flags, "issuer");
  const receipt = await withSalt(
    parseReceipt(new TextEncoder().encode(await fetched(client, index))),
    context,
  );
  const text = formatReceipt(receipt);
  if (flags.out === undefined) out.print(text.trimEnd());
  else await writeOwn(flags.out, text); // with its salt it is a secret
  out.json({ index, receipt: text });
}

async function fetched(client: HufuClient, index: number): Promise<string> {
  for (let waited = 0; waited < PATIENCE; waited += PAUSE) {
    const text = await client.receipt(index);
    if (text !== undefined) return text;
    await sleep(PAUSE);
  }
  throw new AppError("ANCHOR_TIMEOUT", {
    detail: `no checkpoint covers entry ${index} yet; ask again later`,
  });
}

/** A blinded document is shown to be the one of its entry by its salt, which only this machine has. */
async function withSalt(receipt: Receipt, context: Context): Promise<Receipt> {
  const { blinded, algorithm, payload } = decodeEntry(receipt.extra.entry);
  if (!blinded || algorithm === undefined) return receipt;
  using salts = await context.ports.findSalts(context.config().saltDir);
  const [record] = salts?.ofCommitment({ algorithm, bytes: payload, blinded }) ?? [];
  return record === undefined ? receipt : { ...receipt, extra: { ...receipt.extra, salt: record.salt } };
}
