/** Writes ZIPs byte by byte, so that a test can make them wrong. */
import { crc32, deflateRawSync } from "node:zlib";

/** A member, and what is wrong with it. */
export interface ZipPart {
  readonly name: string | Uint8Array;
  readonly content: Uint8Array | string;
  readonly deflated?: boolean;
  readonly flags?: number;
  readonly method?: number;
  /** In the directory, or in the header before the data; the true ones unless given. */
  readonly bytes?: number;
  readonly packed?: number;
  readonly header?: number;
  readonly local?: {
    readonly name?: string;
    readonly method?: number;
    readonly flags?: number;
    readonly bytes?: number;
  };
  /** Whether checksum and sizes stand after the data. */
  readonly open?: boolean;
  readonly extra?: number;
}

/** What is wrong with the whole. */
export interface ZipFaults {
  readonly before?: Uint8Array;
  readonly comment?: string;
  readonly after?: string;
  readonly end?: Readonly<Partial<Record<"disk" | "here" | "count" | "bytes" | "directory", number>>>;
}

const u16 = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(2 * values.length);
  values.forEach((value, i) => bytes.writeUInt16LE(value, 2 * i));
  return bytes;
};
const u32 = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => bytes.writeUInt32LE(value, 4 * i));
  return bytes;
};

export function zipOf(parts: readonly ZipPart[], faults: ZipFaults = {}): Uint8Array<ArrayBuffer> {
  const data: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = faults.before?.length ?? 0;
  for (const part of parts) {
    const { local = {}, open = false, deflated = false } = part;
    const content = Buffer.from(part.content as string);
    const packed = deflated ? deflateRawSync(content) : content;
    const name = Buffer.from(part.name as string);
    const localName = local.name === undefined ? name : Buffer.from(local.name);
    const flags = part.flags ?? (open ? 0x808 : 0x800);
    const method = part.method ?? (deflated ? 8 : 0);
    const bytes = part.bytes ?? content.length;
    const size = part.packed ?? packed.length;
    const sums = open ? [0, 0, 0] : [crc32(content), size, local.bytes ?? bytes];
    const extra = Buffer.alloc(part.extra ?? 0);
    const header = Buffer.concat([
      u32(0x04034b50),
      u16(20, local.flags ?? flags, local.method ?? method, 0, 33),
      u32(...sums),
      u16(localName.length, extra.length),
      localName,
      extra,
    ]);
    const descriptor = open ? u32(0x08074b50, crc32(content), size, bytes) : Buffer.alloc(0);
    directory.push(
      u32(0x02014b50),
      u16(20, 20, flags, method, 0, 33),
      u32(crc32(content), size, bytes),
      u16(name.length, 0, 0, 0, 0),
      u32(0, part.header ?? at),
      name,
    );
    data.push(header, packed, descriptor);
    at += header.length + packed.length + descriptor.length;
  }
  const listed = Buffer.concat(directory);
  const { disk = 0, here = parts.length, count = parts.length, bytes = listed.length } = faults.end ?? {};
  const comment = Buffer.from(faults.comment ?? "");
  const end = [
    u32(0x06054b50),
    u16(disk, 0, here, count),
    u32(bytes, faults.end?.directory ?? at),
    u16(comment.length),
    comment,
    Buffer.from(faults.after ?? ""),
  ];
  return Uint8Array.from(Buffer.concat([faults.before ?? Buffer.alloc(0), ...data, listed, ...end]));
}

/** The ZIPs that are refused for their form, around the same two members. */
export function hostileZips([first, second]: readonly [ZipPart, ZipPart]): Readonly<
  Record<string, Uint8Array<ArrayBuffer>>
> {
  const withFirst = (change: Partial<ZipPart>): Uint8Array<ArrayBuffer> =>
    zipOf([{ ...first, ...change }, second]);
  const named = (name: string | Uint8Array): Uint8Array<ArrayBuffer> =>
    zipOf([first, second, { name, content: "x" }]);
  const whole = zipOf([first, second]);
  return {
    "two members of one name": zipOf([first, second, first]),
    "a name above the folder": named("../evil"),
    "a name above a folder within": named("a/../../evil"),
    "a name from the root": named("/etc/passwd"),
    "a name with a drive": named("C:evil"),
    "a name with a backslash": named("a\\..\\evil"),
    "a name with a control character": named("a\u0000.pdf"),
    "no name": named(""),
    "a name that is no UTF-8 and is called so": named(Uint8Array.of(0xff, 0xfe)),
    "an encrypted member": withFirst({ flags: 0x801 }),
    "a strongly encrypted member": withFirst({ flags: 0x841 }),
    "headers that are masked": withFirst({ flags: 0x2800 }),
    "a method that is not read": withFirst({ method: 12 }),
    "sizes of the form for large files": withFirst({ bytes: 0xffffffff, packed: 0xffffffff }),
    "an end of the form for large files": zipOf([first, second], { end: { count: 0xffff, here: 0xffff } }),
    "a directory of the form for large files": zipOf([first, second], { end: { directory: 0xffffffff } }),
    "another name before the data": withFirst({ local: { name: "another.tlog-proof" } }),
    "another name of that length before the data": withFirst({
      local: { name: String(first.name).replace(/.$/, "x") },
    }),
    "another method before the data": withFirst({ local: { method: 8 } }),
    "another size before the data": withFirst({ local: { bytes: 1 } }),
    "other flags before the data": withFirst({ local: { flags: 0 } }),
    "a stored member of another size": withFirst({ bytes: 1 }),
    "members at one place": zipOf([first, { ...second, header: 0 }]),
    "a member within the data of another": zipOf([first, { ...second, header: 40 }]),
    "a member that reaches into the next": withFirst({ packed: 100_000, bytes: 100_000 }),
    "a member in the directory": zipOf([first, { ...second, header: whole.length - 60 }]),
    "a member beyond the end": zipOf([first, { ...second, header: whole.length + 60 }]),
    "something after the end": zipOf([first, second], { after: "x" }),
    "fewer entries than its end says": zipOf([first, second], { end: { count: 3, here: 3 } }),
    "more entries than its end says": zipOf([first, second], { end: { count: 1, here: 1 } }),
    "a second disk": zipOf([first, second], { end: { disk: 1 } }),
    "a directory that begins elsewhere": zipOf([first, second], { end: { directory: 7 } }),
    "a directory of another length": zipOf([first, second], { end: { bytes: 46 } }),
    "1,001 members": zipOf([
      first,
      ...Array.from({ length: 1_000 }, (_, i) => ({ name: `${i}`, content: "" })),
    ]),
    "more than 64 MiB once it is unpacked": zipOf([
      first,
      { ...second, content: Buffer.alloc((64 << 20) + 1), deflated: true },
    ]),
    "something before its first member": zipOf([first, second], { before: whole.subarray(0, 40) }),
    "the end cut off": whole.subarray(0, -1),
    "the middle cut out": Uint8Array.from([...whole.subarray(0, 80), ...whole.subarray(90)]),
  };
}
