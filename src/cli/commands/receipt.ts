/** The commands `hufu receipt` and `hufu statement` fetch an entry's evidence, and print it or write it to a file. */
import { AppError } from "../../core/errors.ts";
import { formatReceipt } from "../../log/receipt.ts";
import type { ClientFlags, CliPorts, Context } from "../context.ts";
import { fetchReceipt, fetchStatement } from "../../sdk/issue/receipts.ts";
import { entryUnder } from "../own-documents.ts";
import { writeOwn } from "../secrets.ts";

export interface ReceiptFlags extends ClientFlags {
  readonly reference?: string;
  readonly out?: string;
  /** The file for a statement too. */
  readonly status?: string;
}

/** `hufu receipt INDEX`, or `--reference`: with the salt, where the document was blinded on this machine. */
export async function receiptCommand(
  named: number | undefined,
  flags: ReceiptFlags,
  context: Context,
): Promise<void> {
  const { out } = context;
  const { reference } = flags;
  if ((named === undefined) === (reference === undefined))
    throw new AppError("USAGE", { detail: "name the document by its index, or by --reference" });
  const client = await context.client(flags, "issuer");
  const index = named ?? (await entryUnder(reference ?? "", { statuses: ["active", "suspended"] }, client));
  const salts = (): ReturnType<CliPorts["findSalts"]> => context.ports.findSalts(context.config().saltDir);
  const text = formatReceipt(await fetchReceipt(index, { client, salts }));
  const statement = flags.status === undefined ? undefined : await fetchStatement(index, { client });
  if (flags.out === undefined) out.file(text);
  else await writeOwn(flags.out, text); // with its salt it is a secret
  if (flags.status !== undefined && statement !== undefined)
    await writeOwn(flags.status, statement, "--status");
  out.json({ index, receipt: text, ...(statement === undefined ? {} : { statement }) });
}

/** `hufu statement INDEX`: what the operator asserts of a document now. */
export async function statementCommand(
  index: number,
  flags: Pick<ReceiptFlags, keyof ClientFlags | "out">,
  context: Context,
): Promise<void> {
  const { out } = context;
  const statement = await fetchStatement(index, { client: await context.client(flags, "issuer") });
  if (flags.out === undefined) out.file(statement);
  else await writeOwn(flags.out, statement);
  out.json({ index, statement });
}
