/** Writes bundles: the untouched file, its receipt, and a note in three languages, as a container. */
import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { basename } from "node:path";
import { Readable } from "node:stream";
import { ZipFile } from "yazl";
import type { Digest } from "../../core/digest.ts";
import { decodeEntry } from "../../core/entry.ts";
import { LANGUAGES, type Language } from "../../core/directory.ts";
import { visible } from "../../core/visible.ts";
import { AppError, fault, isAppError, quote } from "../../core/errors.ts";
import { formatLocalTime } from "../../core/time.ts";
import { fill, wordsIn } from "../../words/index.ts";
import { asFileError } from "../../hash/file.ts";
import { diskPath, shownPath } from "../../hash/names.ts";
import { parseCheckpoint } from "../../log/checkpoint.ts";
import { BUNDLE, formatManifest, portableName, type ListedMember } from "../../log/container.ts";
import { formatReceipt, type Receipt } from "../../log/receipt.ts";
import { registrationOf } from "../../log/registration.ts";
import { requireDocument } from "../../sdk/verify/offline.ts";

/** What goes into a bundle. */
export interface BundleContent {
  readonly file: string;
  readonly receipt: Receipt;
  /** The web address of the service, for the note. */
  readonly address: string;
  /** Of this program. */
  readonly version: string;
}

/**
 * Stores the file uncompressed, in the memory of one chunk, and compares it with the receipt as it is written. What is small goes
 * first, and the manifest last, since it has the digest of the file.
 * @throws AppError FILE_CHANGED: the file is no longer the one that was anchored; and the faults of files
 */
export async function writeBundle(target: FileHandle, content: BundleContent): Promise<void> {
  const { file, receipt, version } = content;
  const { algorithm = "sha256", recordedAt } = decodeEntry(receipt.extra.entry);
  const [digest, own] = [createHash("sha256"), createHash(algorithm)];
  let bytes = 0;
  const options = { mtime: new Date(recordedAt * 1000), compress: false };
  const name = `${BUNDLE.folder}/${portableName(basename(shownPath(file)))}`;
  const texts = [
    [BUNDLE.receipt, Buffer.from(formatReceipt(receipt))],
    [BUNDLE.note, Buffer.from(noteOf(content, name))],
  ] as const;
  const zip = new ZipFile();
  const packed: unknown = zip.outputStream;
  if (!(packed instanceof Readable)) throw new RangeError("what is packed cannot be read");
  const failed = (error: Error): unknown => packed.destroy(asFileError(error, file));
  const read = (): Readable =>
    createReadStream(diskPath(file))
      .on("error", failed)
      .on("data", (chunk) => {
        for (const hash of [digest, own]) hash.update(chunk);
        bytes += chunk.length;
      });
  const manifest = (): Readable => {
    const members = [
      ...texts.map(([text, content]) => listed(text, content)),
      { name, bytes, sha256: bytesOf(digest) },
    ];
    const tool = { name: "hufu", version };
    return Readable.from([Buffer.from(formatManifest({ kind: BUNDLE.kind, members, tool }))]);
  };
  zip.once("error", failed);
  for (const [text, packedText] of texts) zip.addBuffer(packedText, text, options);
  zip.addReadStreamLazy(name, options, (take) => take(undefined, read()));
  zip.addReadStreamLazy(BUNDLE.manifest, options, (take) => take(undefined, manifest()));
  zip.end();
  await target.writeFile(packed);
  requireUnchanged(file, receipt, { algorithm, bytes: bytesOf(own) });
}

function listed(name: string, content: Buffer): ListedMember {
  return { name, bytes: content.length, sha256: bytesOf(createHash("sha256").update(content)) };
}

function bytesOf(hash: Hash): Uint8Array {
  return Uint8Array.from(hash.digest());
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

/** The note for a reader who opens the bundle, in every language; its last line tells what it is. */
function noteOf({ receipt, address }: BundleContent, document: string): string {
  const { index, extra, checkpoint } = receipt;
  const { origin } = parseCheckpoint(checkpoint.text);
  const time = formatLocalTime(decodeEntry(extra.entry).recordedAt);
  const values = { document: visible(document), receipt: BUNDLE.receipt, index, time, origin };
  const texts = LANGUAGES.map((language) => {
    const issuer = visible(issuerIn(receipt, language));
    return fill(wordsIn(language).cli.bundleNote, { ...values, issuer, address: visible(address) });
  });
  return `${texts.join("\n\n———\n\n")}\n\n${BUNDLE.kind}\n`;
}

/** The name in the receipt; its number in the log where the receipt has none. */
function issuerIn({ extra: { entry, directory } }: Receipt, language: Language): string {
  const registration =
    directory && fault(() => registrationOf(directory.event, decodeEntry(directory.entry)));
  if (registration !== undefined && !isAppError(registration)) return registration.names[language];
  return String(decodeEntry(entry).institution);
}
