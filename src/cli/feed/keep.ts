/** Keeps the receipts of a feed's documents in a folder, and makes bundles of them. */
import { stat, type FileHandle } from "node:fs/promises";
import { basename, join } from "node:path";
import { formatDigest } from "../../core/digest.ts";
import { decodeEntry } from "../../core/entry.ts";
import { AppError, isAppError, quote } from "../../core/errors.ts";
import { makeFolder, placeNew } from "../../files/durable.ts";
import { asFileError, readSmallFile } from "../../hash/file.ts";
import { diskPath, shownPath } from "../../hash/names.ts";
import { portableName } from "../../log/container.ts";
import { MAX_PROOF_BYTES } from "../../log/log-proof.ts";
import { formatReceipt, parseReceipt, type Receipt } from "../../log/receipt.ts";
import type { Context } from "../context.ts";
import { faultJson } from "../output.ts";
import { writeBundle } from "./bundle.ts";
import type { Issuer } from "../../sdk/issue/issuer.ts";
import type { ReceiptPaths, Outcome } from "./spool.ts";
import { Workspace, unwritable } from "./workspace.ts";

export interface KeepOptions {
  /** The folder of the receipts. */
  readonly folder: string;
  /** Whether each file is packed with its receipt too. */
  readonly bundle: boolean;
  /** The web address of the service, for the note in a bundle. */
  readonly address: string;
  readonly issuer: Issuer;
  readonly context: Context;
}

/** Code points of a document's file name that the names of its receipt and bundle hold. */
const MAX_NAME = 50;

/**
 * Keeps the receipts of final documents, one by one. Existing receipts of the same documents stay, so that a run may be
 * repeated; a receipt that cannot be fetched does not delay the others.
 * @throws AppError RESULTS_UNWRITABLE: the folder cannot be used
 */
export async function* keepReceipts(
  outcomes: AsyncIterable<Outcome>,
  options: KeepOptions,
): AsyncGenerator<Outcome[]> {
  const { folder, context } = options;
  await makeFolder(folder).catch((error: unknown) => {
    throw unwritable(folder, error, "--receipts");
  });
  const workspace = new Workspace(join(folder, "receipts"));
  try {
    for await (const outcome of outcomes) {
      const { state, index } = outcome.result;
      if (state !== "final" || index === undefined) yield [outcome];
      else yield [withKept(outcome, await keepOne(outcome, index))];
    }
  } finally {
    workspace.remove();
  }

  async function keepOne(outcome: Outcome, index: number): Promise<NonNullable<Outcome["kept"]>> {
    try {
      return await keep(outcome, { ...options, index, unfinished: workspace.file("unfinished") });
    } catch (fault) {
      if (!isAppError(fault)) throw fault;
      return { error: faultJson(fault, context.words) };
    }
  }
}

/** A document whose receipt is of another log or institution is not registered. */
function withKept(outcome: Outcome, kept: NonNullable<Outcome["kept"]>): Outcome {
  if (!("error" in kept) || kept.error.code !== "BOUND_TO_ANOTHER") return { ...outcome, kept };
  return { ...outcome, kept, result: { state: "failed", error: kept.error } };
}

/** The entry of a document, and the path that its files are written to before they are complete. */
interface Target {
  readonly index: number;
  readonly unfinished: string;
}

async function keep(
  outcome: Outcome,
  { index, unfinished, ...options }: KeepOptions & Target,
): Promise<ReceiptPaths> {
  const { folder, bundle, issuer, address, context } = options;
  const { version } = context.ports;
  const { file } = outcome;
  const name = nameOf(outcome, index);
  const paths = { receipt: join(folder, `${name}.tlog-proof`), bundle: join(folder, `${name}.zip`) };
  const before = await keptBefore(paths.receipt);
  const receipt = before ?? (await withFileName(await issuer.receipt(index), file));
  requireOwn(receipt, outcome, before === undefined ? "the service's receipt" : quote(paths.receipt));
  if (before === undefined) {
    const text = formatReceipt(receipt);
    await finish(unfinished, paths.receipt, (handle) => handle.writeFile(text));
  }
  if (!bundle || file === undefined) return { receipt: paths.receipt };
  await finish(unfinished, paths.bundle, (handle) =>
    writeBundle(handle, { file, receipt, address, version }),
  );
  return paths;
}

/** The receipt of an earlier run. @throws AppError RECEIPT_*: the file is not a receipt */
async function keptBefore(path: string): Promise<Receipt | undefined> {
  try {
    return parseReceipt(await readSmallFile(path, MAX_PROOF_BYTES));
  } catch (fault) {
    if (isAppError(fault, "FILE_NOT_FOUND")) return undefined;
    throw fault;
  }
}

/** @throws AppError DOCUMENT_MISMATCH: a receipt is of another document than the one that was anchored */
function requireOwn({ extra }: Receipt, { document }: Outcome, what: string): void {
  const { algorithm, payload: bytes, blinded } = decodeEntry(extra.entry);
  const text = algorithm === undefined ? undefined : formatDigest({ algorithm, bytes });
  if (text !== undefined && text === (blinded ? document?.commitment : document?.digest)) return;
  throw new AppError("DOCUMENT_MISMATCH", { detail: `${what} is of another document` });
}

/** Adds the file's name on this machine, which no service knows. */
async function withFileName(receipt: Receipt, path: string | undefined): Promise<Receipt> {
  if (path === undefined) return receipt;
  const found = await stat(diskPath(path)).catch((error: unknown) => {
    throw asFileError(error, path);
  });
  return {
    ...receipt,
    extra: { ...receipt.extra, file: { name: basename(shownPath(path)), bytes: found.size } },
  };
}

/** Writes a file and renames it to its path; an existing file stays. */
async function finish(
  unfinished: string,
  path: string,
  write: (file: FileHandle) => Promise<void>,
): Promise<void> {
  await placeNew({ path, unfinished, write }).catch((error: unknown) => {
    throw isAppError(error) ? error : unwritable(path, error, "--receipts");
  });
}

/** Entry index, the beginning of the payload (indexes restart in every registry), and the file's name. */
function nameOf({ document, file }: Outcome, index: number): string {
  const [, payload = ""] = (document?.commitment ?? document?.digest ?? "").split(":");
  const own =
    file === undefined
      ? []
      : [
          Array.from(portableName(basename(shownPath(file))))
            .slice(0, MAX_NAME)
            .join(""),
        ];
  return ["entry", index, payload.slice(0, 8), ...own].join("-");
}
