/** Writes bundles: the untouched file, its receipt, and a note in three languages, as a ZIP. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { basename } from "node:path";
import { Readable } from "node:stream";
import { ZipFile } from "yazl";
import type { Digest } from "../../core/digest.ts";
import { decodeEntry } from "../../core/entry.ts";
import { LANGUAGES } from "../../core/directory.ts";
import { visible } from "../../core/visible.ts";
import { AppError, isAppError, quote } from "../../core/errors.ts";
import { formatLocalTime } from "../../core/time.ts";
import { fill, wordsIn } from "../../words/index.ts";
import { asFileError } from "../../hash/file.ts";
import { diskPath, shownPath } from "../../hash/names.ts";
import { parseCheckpoint } from "../../log/checkpoint.ts";
import { formatReceipt, type Receipt } from "../../log/receipt.ts";
import { requireDocument } from "../../sdk/verify/offline.ts";

/** Names in a bundle; the document has a folder of its own, so that it keeps its name. */
const NAMES = { folder: "document", receipt: "receipt.tlog-proof", note: "READ-ME.txt" } as const;

/**
 * Stores the file uncompressed, in the memory of one chunk, and compares it with the receipt as it is written.
 * @throws AppError FILE_CHANGED: the file is no longer the one that was anchored; and the faults of files
 */
export async function writeBundle(
  target: FileHandle,
  { file, receipt }: { file: string; receipt: Receipt },
): Promise<void> {
  const { algorithm = "sha256", recordedAt } = decodeEntry(receipt.extra.entry);
  const hash = createHash(algorithm);
  const options = { mtime: new Date(recordedAt * 1000) };
  const name = `${NAMES.folder}/${basename(shownPath(file)).replaceAll("\\", "_")}`; // a ZIP has no other separator than "/"
  const zip = new ZipFile();
  const packed: unknown = zip.outputStream;
  if (!(packed instanceof Readable)) throw new RangeError("what is packed cannot be read");
  const failed = (error: Error): unknown => packed.destroy(asFileError(error, file));
  const read = (): Readable =>
    createReadStream(diskPath(file))
      .on("error", failed)
      .on("data", (chunk) => hash.update(chunk));
  zip.once("error", failed);
  zip.addReadStreamLazy(name, { ...options, compress: false }, (take) => take(undefined, read()));
  zip.addBuffer(Buffer.from(formatReceipt(receipt)), NAMES.receipt, options);
  zip.addBuffer(Buffer.from(noteOf(receipt, name)), NAMES.note, options);
  zip.end();
  await target.writeFile(packed);
  requireUnchanged(file, receipt, { algorithm, bytes: Uint8Array.from(hash.digest()) });
}

function requireUnchanged(file: string, receipt: Receipt, digest: Digest): void {
  try {
    requireDocument(decodeEntry(receipt.extra.entry), [digest], receipt);
  } catch (fault) {
    if (!isAppError(fault, "DOCUMENT_MISMATCH")) throw fault;
    const detail = `${quote(shownPath(file))} is not as it was anchored any more; nothing was made of it`;
    throw new AppError("FILE_CHANGED", { detail }, { cause: fault });
  }
}

/** The note for a reader who opens the bundle, in every language. */
function noteOf({ index, extra, checkpoint }: Receipt, document: string): string {
  const { origin } = parseCheckpoint(checkpoint.text);
  const time = formatLocalTime(decodeEntry(extra.entry).recordedAt);
  const values = { document: visible(document), receipt: NAMES.receipt, index, time, origin };
  return (
    LANGUAGES.map((language) => fill(wordsIn(language).cli.bundleNote, values)).join("\n\n———\n\n") + "\n"
  );
}
