/** Reads the structure of a ZIP (PKWARE APPNOTE 6.3.10), in one way only: what two readers could take differently is refused. */
import { AppError, quote } from "../core/errors.ts";

/** A file in a ZIP. */
export interface ZipMember {
  readonly name: string;
  readonly method: "stored" | "deflated";
  /** Where its data are in the ZIP: from `start` on, `packed` bytes. */
  readonly start: number;
  readonly packed: number;
  /** Once it is unpacked. */
  readonly bytes: number;
}

/** Bytes that are wanted from a ZIP, from `start` to before `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

const MAX_MEMBERS = 1_000;
/** Bytes that deflated members are unpacked to, all together. */
const MAX_INFLATED = 64 << 20;
const MAX_DIRECTORY = 1 << 20;
const MAX_COMMENT = 0xffff;
const END_BYTES = 22;
const ENTRY_BYTES = 46;
const LOCAL_BYTES = 30;
/** After the data of a member whose sizes its header leaves open: checksum and both sizes, at least. */
const DESCRIPTOR_BYTES = 12;
const SIGNATURE = { local: 0x04034b50, entry: 0x02014b50, end: 0x06054b50 } as const;
const FLAG = { encrypted: 0x2041, descriptor: 0x8, utf8: 0x800 } as const;
const METHODS: Readonly<Record<number, ZipMember["method"]>> = { 0: "stored", 8: "deflated" };

/** Whether the first bytes of a file are those of a ZIP with a member. */
export function isZip(head: Uint8Array): boolean {
  return head.length >= 4 && viewOf(head).getUint32(0, true) === SIGNATURE.local;
}

/**
 * The files in a ZIP, in the order of their data, without folders. A generator, since it does no I/O: it yields the ranges that it
 * needs, and is sent their bytes; so it is the same for a file, a blob and bytes in memory.
 * @param size bytes of the ZIP
 * @throws AppError ZIP_REFUSED
 */
export function* readZip(size: number): Generator<ByteRange, readonly ZipMember[], Uint8Array> {
  const start = Math.max(0, size - END_BYTES - MAX_COMMENT);
  const end = endOf(yield { start, end: size }, start);
  const listed = entriesOf(yield { start: end.directory, end: end.at }, end.count);
  const inOrder = listed.toSorted((a, b) => a.header - b.header);
  const members: ZipMember[] = [];
  for (const [i, entry] of inOrder.entries()) {
    const limit = inOrder[i + 1]?.header ?? end.directory;
    if (i === 0 && entry.header !== 0) throw refused("something is before its first member");
    const local = yield {
      start: entry.header,
      end: Math.min(limit, entry.header + LOCAL_BYTES + entry.rawName.length),
    };
    const data = entry.header + requireSame(local, entry);
    const free = data + entry.packed + (isOpen(entry) ? DESCRIPTOR_BYTES : 0);
    if (free > limit) throw refused("its members overlap");
    const { name, method, packed, bytes } = entry;
    members.push({ name, method, start: data, packed, bytes });
  }
  requireBounded(members);
  return members.filter(({ name }) => !name.endsWith("/"));
}

interface ListedEntry extends Omit<ZipMember, "start"> {
  readonly rawName: Uint8Array;
  readonly flags: number;
  readonly checksum: number;
  /** Where its local header is. */
  readonly header: number;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The record at the end, which a comment may follow. */
function endOf(tail: Uint8Array, offset: number): { at: number; directory: number; count: number } {
  const view = viewOf(tail);
  for (let at = tail.length - END_BYTES; at >= 0; at--) {
    if (view.getUint32(at, true) !== SIGNATURE.end) continue;
    if (at + END_BYTES + view.getUint16(at + 20, true) !== tail.length) continue;
    const [disk, directoryDisk, here, count] = [4, 6, 8, 10].map((field) => view.getUint16(at + field, true));
    const [bytes, directory] = [view.getUint32(at + 12, true), view.getUint32(at + 16, true)];
    if (count === undefined || count > MAX_MEMBERS || bytes > MAX_DIRECTORY)
      throw refused(`it has more than ${MAX_MEMBERS} members, or is of the form for large files`);
    if (disk !== 0 || directoryDisk !== 0 || here !== count || directory + bytes !== offset + at)
      throw refused("its directory is not where its end says");
    return { at: offset + at, directory, count };
  }
  throw refused("it has no end, or something follows it");
}

function entriesOf(directory: Uint8Array, count: number): ListedEntry[] {
  const entries: ListedEntry[] = [];
  const names = new Set<string>();
  let at = 0;
  for (let i = 0; i < count; i++) {
    const view = viewOf(directory.subarray(at));
    if (view.byteLength < ENTRY_BYTES || view.getUint32(0, true) !== SIGNATURE.entry)
      throw refused("its directory has fewer entries than it says");
    const [nameBytes, extra, comment] = [28, 30, 32].map((field) => view.getUint16(field, true));
    const rawName = directory.subarray(at + ENTRY_BYTES, at + ENTRY_BYTES + (nameBytes ?? 0));
    const entry = entryOf(view, rawName);
    if (names.has(entry.name)) throw refused(`two members have the name ${quote(entry.name)}`);
    names.add(entry.name);
    entries.push(entry);
    at += ENTRY_BYTES + (nameBytes ?? 0) + (extra ?? 0) + (comment ?? 0);
  }
  if (at !== directory.length) throw refused("its directory has more than its entries");
  return entries;
}

function entryOf(view: DataView, rawName: Uint8Array): ListedEntry {
  const flags = view.getUint16(8, true);
  const name = nameOf(rawName, flags);
  const method = METHODS[view.getUint16(10, true)];
  const [checksum = 0, packed = 0, bytes = 0, header = 0] = [16, 20, 24, 42].map((field) =>
    view.getUint32(field, true),
  );
  if ((flags & FLAG.encrypted) !== 0) throw refused(`${quote(name)} is encrypted`);
  if (method === undefined) throw refused(`${quote(name)} is packed in a way that is not read`);
  if ([packed, bytes, header].includes(0xffffffff))
    throw refused(`${quote(name)} is of the form for large files`);
  if (method === "stored" && packed !== bytes)
    throw refused(`${quote(name)} is stored in another size than its own`);
  if (name.endsWith("/") && bytes !== 0) throw refused(`${quote(name)} is a folder with data`);
  return { name, method, packed, bytes, rawName, flags, checksum, header };
}

/** UTF-8 where the ZIP says so or it is; otherwise GB18030, as Windows in Chinese writes names. */
function nameOf(raw: Uint8Array, flags: number): string {
  const name = decoded(raw, (flags & FLAG.utf8) !== 0);
  const isOutside = name
    .split("/")
    .some((part, i, parts) => part === ".." || (part === "" && i < parts.length - 1));
  if (name === "" || isOutside || /[\p{Cc}\\]|^[A-Za-z]:/u.test(name))
    throw refused(`${quote(name)} is no name of a file within it`);
  return name;
}

function decoded(raw: Uint8Array, isUtf8: boolean): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(raw);
  } catch {
    if (isUtf8) throw refused("a name is no UTF-8");
    return new TextDecoder("gb18030").decode(raw);
  }
}

/** Whether checksum and sizes stand after the data, and may be 0 in the header. */
function isOpen({ flags }: ListedEntry): boolean {
  return (flags & FLAG.descriptor) !== 0;
}

/** Requires that the header before the data says what the directory does. @returns bytes of the header */
function requireSame(local: Uint8Array, entry: ListedEntry): number {
  const { name, rawName, flags, method, checksum, packed, bytes } = entry;
  const view = viewOf(local);
  const differs = refused(`${quote(name)} has another header than the directory says`);
  if (local.length !== LOCAL_BYTES + rawName.length || view.getUint32(0, true) !== SIGNATURE.local)
    throw differs;
  const sizes = [14, 18, 22].map((field) => view.getUint32(field, true));
  const isSame = sizes.every((value, i) => value === [checksum, packed, bytes][i]);
  const isLeftOpen = isOpen(entry) && sizes.every((value) => value === 0);
  const sameName = rawName.every((byte, i) => byte === local[LOCAL_BYTES + i]);
  if (view.getUint16(26, true) !== rawName.length || !sameName) throw differs;
  if (view.getUint16(6, true) !== flags || METHODS[view.getUint16(8, true)] !== method) throw differs;
  if (!isSame && !isLeftOpen) throw differs;
  return LOCAL_BYTES + rawName.length + view.getUint16(28, true);
}

function requireBounded(members: readonly ZipMember[]): void {
  const deflated = members.filter(({ method }) => method === "deflated");
  if (deflated.reduce((sum, { bytes }) => sum + bytes, 0) > MAX_INFLATED)
    throw refused(
      `its members unpack to more than ${MAX_INFLATED >> 20} MiB; unpack it, and check the files themselves`,
    );
}

function refused(detail: string): AppError {
  return new AppError("ZIP_REFUSED", { detail });
}
