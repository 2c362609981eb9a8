/** Finds secrets in captured bytes, also encoded and compressed. */
import { brotliDecompressSync, inflateRawSync, unzipSync } from "node:zlib";

/** Levels of nested encodings: gzip in base64 in JSON is three. */
const DEPTH = 3;
const MAX_OUTPUT = { maxOutputLength: 16 << 20 };
/** Shorter runs cannot contain a secret. */
const MIN_RUN = 12;

/**
 * The names of the secrets in `bytes`: raw, in either case, in hex, base64, UTF-16, percent-encoding, compressed (gzip, zlib,
 * ZIP, brotli), and nested encodings of these.
 */
export function leaksIn(bytes: Uint8Array, secrets: Readonly<Record<string, Uint8Array>>): string[] {
  const texts = [...decodings(Buffer.from(bytes), DEPTH)].map(lowered);
  return Object.entries(secrets)
    .filter(([, secret]) => {
      const needle = lowered(Buffer.from(secret));
      return texts.some((text) => text.includes(needle));
    })
    .map(([name]) => name);
}

/** One character for each byte, in lower case. */
const lowered = (bytes: Buffer): string => bytes.toString("latin1").toLowerCase();

function* decodings(bytes: Buffer, depth: number): Generator<Buffer> {
  yield bytes;
  if (depth === 0) return;
  for (const inner of decoded(bytes)) yield* decodings(inner, depth - 1);
}

function* decoded(bytes: Buffer): Generator<Buffer> {
  const text = bytes.toString("latin1");
  for (const [run] of text.matchAll(/[0-9a-f]{12,}/gi)) {
    yield Buffer.from(run, "hex");
    yield Buffer.from(run.slice(1), "hex");
  }
  // a secret may begin at any of the four characters of a group
  for (const [run] of text.matchAll(/[\w+/-]{12,}/g))
    for (let i = 0; i < 4; i++) yield Buffer.from(run.slice(i), "base64");
  if (/%[0-9a-f]{2}/i.test(text))
    yield Buffer.from(
      text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
      "latin1",
    );
  if (/\\u[0-9a-f]{4}/i.test(text))
    yield Buffer.from(
      text.replace(/\\u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    );
  // UTF-16 of Latin letters, in either order
  const narrow = bytes.filter((byte) => byte !== 0);
  if (narrow.length < bytes.length && narrow.length >= MIN_RUN) yield Buffer.from(narrow);
  yield* inflated(bytes);
}

/** Decompressed data found anywhere in bytes. */
function* inflated(bytes: Buffer): Generator<Buffer> {
  for (let i = 0; i < bytes.length - 2; i++) {
    const [a, b, c, d] = [bytes[i], bytes[i + 1] ?? 0, bytes[i + 2], bytes[i + 3]];
    const isGzip = a === 0x1f && b === 0x8b;
    const isZlib = a === 0x78 && (0x7800 + b) % 31 === 0;
    if (isGzip || isZlib) yield* tried(() => unzipSync(bytes.subarray(i), MAX_OUTPUT));
    // APPNOTE.TXT 4.3.7: a local file header, its name and extra field, then the data
    if (a === 0x50 && b === 0x4b && c === 3 && d === 4 && i + 30 <= bytes.length) {
      const start = i + 30 + bytes.readUInt16LE(i + 26) + bytes.readUInt16LE(i + 28);
      yield* tried(() => inflateRawSync(bytes.subarray(start), MAX_OUTPUT));
    }
  }
  // these formats have no magic number: only the body is tried
  const body = bytes.subarray(bytes.indexOf("\r\n\r\n") + (bytes.includes("\r\n\r\n") ? 4 : 1));
  for (const each of new Set([bytes, body])) {
    yield* tried(() => brotliDecompressSync(each, MAX_OUTPUT));
    yield* tried(() => inflateRawSync(each, MAX_OUTPUT));
  }
}

function* tried(read: () => Buffer): Generator<Buffer> {
  try {
    const found = read();
    if (found.length >= MIN_RUN) yield found;
  } catch {
    // another format
  }
}
