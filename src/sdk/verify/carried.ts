/** Opens a ZIP that carries documents with their receipt: a bundle, or another ZIP with one receipt in it. */
import { AppError, isAppError, quote } from "../../core/errors.ts";
import { hashBlob } from "../../hash/blob.ts";
import {
  BUNDLE,
  MAX_MANIFEST_BYTES,
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

export interface CarriedFile {
  readonly name: string;
  /** Read from the ZIP once it is asked for. @throws AppError ZIP_DAMAGED */
  readonly content: () => Promise<Blob>;
}

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
  const manifest = members.find(({ name }) => name === BUNDLE.manifest);
  const listed = manifest && (await listedIn(manifest, zip));
  return listed === undefined ? await withOneReceipt(members, zip) : await asListed(members, listed, zip);
}

async function membersOf(zip: Blob): Promise<readonly ZipMember[]> {
  const reading = readZip(zip.size);
  let step = reading.next();
  while (step.done !== true) step = reading.next(await bytesOf(zip.slice(step.value.start, step.value.end)));
  return step.value;
}

/** @returns undefined: the manifest of something else */
async function listedIn(member: ZipMember, zip: Blob): Promise<readonly ListedMember[] | undefined> {
  if (member.bytes > MAX_MANIFEST_BYTES) return undefined;
  const bytes = await bytesOf(await contentOf(member, zip));
  return classifyFile(member.name, bytes).kind === "leaflet" ? parseManifest(bytes).members : undefined;
}

/** Of a bundle: what is listed has to be as it was packed, but for its document, of which the receipt decides. */
async function asListed(
  members: readonly ZipMember[],
  listed: readonly ListedMember[],
  zip: Blob,
): Promise<Carried> {
  const documents: ZipMember[] = [];
  const evidence: Sorted[] = [];
  for (const each of listed) {
    const member = members.find(({ name }) => name === each.name);
    if (member === undefined) throw zipDamaged(`${quote(each.name)} is missing`, "members");
    if (each.name.startsWith(`${BUNDLE.folder}/`)) documents.push(member);
    else {
      const sorted = await sort(member, zip);
      requireListed(each, sorted.bytes);
      evidence.push(sorted);
    }
  }
  const names = new Set([BUNDLE.manifest, ...listed.map(({ name }) => name)] as string[]);
  return carried({ documents, evidence, others: members.filter(({ name }) => !names.has(name)) }, zip);
}

/** Of another ZIP: the files that its only receipt is of. */
async function withOneReceipt(members: readonly ZipMember[], zip: Blob): Promise<Carried | undefined> {
  const sorted: Sorted[] = [];
  for (const member of members) sorted.push(await sort(member, zip));
  const receipts = sorted.flatMap(({ classified }) =>
    classified.kind === "receipt" ? [classified.receipt] : [],
  );
  const [receipt, ...more] = receipts;
  if (receipt === undefined || more.length > 0) return undefined;
  const files = sorted.filter(({ classified }) => classified.kind === "file").map(({ member }) => member);
  const documents: ZipMember[] = [];
  for (const member of files)
    if (isAppError(receipt) || (await isOf(member, receipt, zip))) documents.push(member);
  if (documents.length === 0)
    throw new AppError("DOCUMENT_MISMATCH", {
      detail: "the receipt in the ZIP is of none of its files, bit for bit",
    });
  return carried(
    { documents, evidence: sorted, others: files.filter((member) => !documents.includes(member)) },
    zip,
  );
}

async function isOf(
  member: ZipMember,
  receipt: Parameters<typeof receiptOf>[1][number],
  zip: Blob,
): Promise<boolean> {
  if (member.bytes === 0) return false;
  const content = Object.assign(await contentOf(member, zip), { name: member.name });
  return receiptOf(await hashBlob(content, { subtle: undefined }), [receipt]) !== undefined;
}

interface Sorted {
  readonly member: ZipMember;
  readonly classified: ClassifiedFile;
  /** None of a member that is too large for evidence. */
  readonly bytes: Uint8Array;
}

async function sort(member: ZipMember, zip: Blob): Promise<Sorted> {
  if (member.bytes > MAX_EVIDENCE_BYTES)
    return { member, classified: { kind: "file" }, bytes: new Uint8Array() };
  const bytes = await bytesOf(await contentOf(member, zip));
  return { member, classified: classifyFile(member.name, bytes), bytes };
}

function carried(
  {
    documents,
    evidence,
    others,
  }: { documents: readonly ZipMember[]; evidence: readonly Sorted[]; others: readonly ZipMember[] },
  zip: Blob,
): Carried {
  const used = evidence.flatMap(({ member: { name }, classified }) =>
    classified.kind === "receipt" || classified.kind === "statement" ? [{ ...classified, name }] : [],
  );
  const unused = evidence.filter(({ classified: { kind } }) => kind === "policy" || kind === "answer");
  return {
    documents: documents.map((member) => ({ name: member.name, content: () => contentOf(member, zip) })),
    evidence: used,
    ignored: [...others, ...unused.map(({ member }) => member)].map(({ name }) => name),
  };
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
