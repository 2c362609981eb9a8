/** Opens a ZIP that carries documents with their receipt: a bundle, or another ZIP with one receipt in it. */
import { AppError, isAppError, quote } from "../../core/errors.ts";
import { hashBlob } from "../../hash/blob.ts";
import {
  BUNDLE,
  isManifest,
  zipDamaged,
  parseManifest,
  requireListed,
  type ListedMember,
} from "../../log/container.ts";
import { isZip, readZip, type ZipMember } from "../../log/zip.ts";
import { MAX_EVIDENCE_BYTES, classifyFile, type ClassifiedFile } from "./classify.ts";
import { receiptOf } from "./question.ts";

/** What a ZIP carries. */
export interface Carried {
  readonly documents: readonly CarriedFile[];
  /** Receipts and status statements. A policy is not among them: the reader's own decides whom to trust. */
  readonly evidence: readonly CarriedEvidence[];
  /** Names of the members that are not looked at: in no manifest, not the document of the receipt, or a policy. */
  readonly ignored: readonly string[];
}

/** A document in a ZIP. */
export interface CarriedFile {
  readonly name: string;
  /** Read from the ZIP once it is asked for. @throws AppError ZIP_DAMAGED */
  readonly content: () => Promise<Blob>;
}

/** What comes with the documents of a ZIP, with its name in it. */
export type CarriedEvidence = Extract<ClassifiedFile, { kind: "receipt" | "statement" }> & {
  readonly name: string;
};

/** In the name of a receipt, so in the header or directory of every ZIP that is opened. */
const MARK = "tlog-proof";
/** What macOS and Windows add of their own. */
const OF_SYSTEM = /(?:^|\/)(?:__MACOSX\/|\._|\.DS_Store$|Thumbs\.db$|desktop\.ini$)/i;
const HEAD_BYTES = 256;
const TAIL_BYTES = 64 * 1024;

/**
 * A ZIP is opened if it is a container, or has exactly one receipt; the digest of the ZIP itself is asked for first, since it may
 * be a document. What is within it is not opened again.
 * @param zip a file, in Node that of `openAsBlob`
 * @returns undefined: it is a file like others
 * @throws AppError ZIP_REFUSED, ZIP_DAMAGED; DOCUMENT_MISMATCH: its receipt is of none of its files
 */
export async function openCarried(zip: Blob): Promise<Carried | undefined> {
  const head = await bytesOf(zip.slice(0, HEAD_BYTES));
  if (!isZip(head)) return undefined;
  const tail = await bytesOf(zip.slice(Math.max(0, zip.size - TAIL_BYTES)));
  if (![head, tail].some((part) => new TextDecoder("latin1").decode(part).includes(MARK))) return undefined;
  const members = (await membersOf(zip)).filter(({ name }) => !OF_SYSTEM.test(name));
  const listed = await listedIn(members, zip);
  const sorted: Sorted[] = [];
  for (const member of members) sorted.push(await sort(member, zip, listed));
  const missing = listed?.find(({ name }) => !members.some((member) => member.name === name));
  if (missing !== undefined) throw zipDamaged(`${quote(missing.name)} is missing`, "members");
  const documents = await documentsOf(sorted, zip);
  if (documents?.length === 0)
    throw new AppError("DOCUMENT_MISMATCH", {
      detail: "the ZIP has no document of its receipt, bit for bit",
    });
  return (
    documents && {
      documents: documents.map((member) => ({ name: member.name, content: () => contentOf(member, zip) })),
      evidence: sorted.flatMap(({ member: { name }, is }) =>
        is.kind === "receipt" || is.kind === "statement" ? [{ ...is, name }] : [],
      ),
      ignored: sorted
        .filter(({ member, is }) => !documents.includes(member) && !USED.includes(is.kind))
        .map(({ member }) => member.name),
    }
  );
}

async function membersOf(zip: Blob): Promise<readonly ZipMember[]> {
  const reading = readZip(zip.size);
  let step = reading.next();
  while (step.done !== true) step = reading.next(await bytesOf(zip.slice(step.value.start, step.value.end)));
  return step.value;
}

const USED: readonly Sorted["is"]["kind"][] = ["receipt", "statement", "leaflet"];

/** A member, and what it is for the check: the document of a bundle, or what its content is. */
interface Sorted {
  readonly member: ZipMember;
  readonly is: ClassifiedFile | { readonly kind: "document" | "unlisted" };
}

/** @throws AppError ZIP_DAMAGED: what is listed is not as it was packed, but for the document, of which the receipt decides */
async function sort(
  member: ZipMember,
  zip: Blob,
  listed: readonly ListedMember[] | undefined,
): Promise<Sorted> {
  const own = listed?.find(({ name }) => name === member.name);
  if (own?.name.startsWith(`${BUNDLE.folder}/`) === true) return { member, is: { kind: "document" } };
  if (listed !== undefined && own === undefined && member.name !== BUNDLE.manifest)
    return { member, is: { kind: "unlisted" } };
  const isSmall = member.bytes <= MAX_EVIDENCE_BYTES;
  const bytes = isSmall ? await bytesOf(await contentOf(member, zip)) : new Uint8Array();
  if (own !== undefined) requireListed(own, bytes);
  return { member, is: isSmall ? classifyFile(member.name, bytes) : { kind: "file" } };
}

/** @returns undefined: there is no manifest of a container */
async function listedIn(
  members: readonly ZipMember[],
  zip: Blob,
): Promise<readonly ListedMember[] | undefined> {
  const manifest = members.find(({ name }) => name === BUNDLE.manifest);
  if (manifest === undefined || manifest.bytes > MAX_EVIDENCE_BYTES) return undefined;
  const bytes = await bytesOf(await contentOf(manifest, zip));
  return isManifest(new TextDecoder().decode(bytes)) ? parseManifest(bytes).members : undefined;
}

/** Those of a bundle, or the files that the only receipt is of; undefined: there is not one receipt. */
async function documentsOf(sorted: readonly Sorted[], zip: Blob): Promise<ZipMember[] | undefined> {
  const ofBundle = sorted.filter(({ is }) => is.kind === "document").map(({ member }) => member);
  if (ofBundle.length > 0) return ofBundle;
  const [receipt, ...more] = sorted.flatMap(({ is }) => (is.kind === "receipt" ? [is.receipt] : []));
  if (receipt === undefined || more.length > 0) return undefined;
  const files = sorted.filter(({ is }) => is.kind === "file").map(({ member }) => member);
  // of one file the check itself tells whether it is the document
  if (isAppError(receipt) || files.length <= 1) return files;
  const own: ZipMember[] = [];
  for (const member of files) {
    const content = Object.assign(await contentOf(member, zip), { name: member.name });
    const digests = member.bytes === 0 ? [] : await hashBlob(content, { subtle: undefined });
    if (receiptOf(digests, [receipt]) !== undefined) own.push(member);
  }
  return own;
}

/** A stored member is a part of the ZIP, and takes no memory. @throws AppError ZIP_DAMAGED */
async function contentOf({ name, method, start, packed, bytes }: ZipMember, zip: Blob): Promise<Blob> {
  const part = zip.slice(start, start + packed);
  if (method === "stored") return part;
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  try {
    for await (const chunk of inflated(part)) {
      length += chunk.length;
      if (length > bytes) break;
      chunks.push(chunk);
    }
  } catch (cause) {
    throw new AppError("ZIP_DAMAGED", { detail: `${quote(name)} cannot be unpacked` }, { cause });
  }
  if (length !== bytes) throw zipDamaged(`${quote(name)} does not unpack to its size`, "members");
  return new Blob(chunks);
}

/** Not every browser iterates a stream. Leaving the loop stops the unpacking. */
async function* inflated(part: Blob): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const reader = part.stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  try {
    for (let step = await reader.read(); !step.done; step = await reader.read()) yield step.value;
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

async function bytesOf(blob: Blob): Promise<Uint8Array> {
  return new Uint8Array(await blob.arrayBuffer());
}
