/** Sets right what mail and editors do to a text on its way, and nothing that a signature covers. */

/**
 * The text as it was written: without byte order mark, carriage returns before line ends, blank lines around it, and a
 * quotation prefix (`> `, or an indent) that all of its lines have; with a newline at its end. No receipt, statement, note or
 * policy has one of these, so that what a signature covers is as it was signed, or does not verify.
 */
export function carriedText(text: string): string {
  const lines = text.replace(/^\uFEFF/, "").split(/\r{0,2}\n/);
  const first = lines.findIndex((line) => !isBlank(line));
  if (first < 0) return text;
  const own = lines.slice(first, lines.findLastIndex((line) => !isBlank(line)) + 1);
  const prefix = /^[ \t>]*/.exec(own[0] ?? "")?.[0] ?? "";
  const isQuoted = own.every((line) => line.startsWith(prefix) || isBlank(line));
  const unquoted = own.map((line) => (line.startsWith(prefix) ? line.slice(prefix.length) : ""));
  return `${(isQuoted ? unquoted : own).join("\n")}\n`;
}

/** Whether a line has nothing but marks of quotation. */
function isBlank(line: string): boolean {
  return /^[ \t>]*$/.test(line);
}

/** Decodes what is read to be recognised: UTF-8, or UTF-16 with its byte order mark. */
export function decodeCarried(bytes: Uint8Array, { fatal = false } = {}): string {
  const [a, b] = bytes;
  const wide = a === 0xff && b === 0xfe ? "utf-16le" : a === 0xfe && b === 0xff ? "utf-16be" : undefined;
  return new TextDecoder(wide ?? "utf-8", { fatal, ignoreBOM: true }).decode(bytes);
}

/** {@link carriedText} of a file's bytes; those of no text, and more than `limit`, stay as they are and are refused by their parser. */
export function carriedBytes(bytes: Uint8Array, limit: number): Uint8Array {
  if (bytes.length > limit) return bytes;
  try {
    return new TextEncoder().encode(carriedText(decodeCarried(bytes, { fatal: true })));
  } catch {
    return bytes;
  }
}
