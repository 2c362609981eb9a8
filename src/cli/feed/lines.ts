/** Splits UTF-8 text into lines, in the memory of one line; LF and CRLF end lines, and a byte order mark is left out. */

/** A line, counted from 1, without its end. */
export type Line =
  | { readonly line: number; readonly text: string }
  | { readonly line: number; readonly bad: "too-long" | "not-utf8" };

const NEWLINE = 0x0a;

/** @param maxBytes of one line; a longer one is reported without its text */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>, maxBytes = Infinity): AsyncGenerator<Line> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  let line = 0;
  const take = (part: Uint8Array): void => {
    bytes += part.length;
    if (bytes <= maxBytes) parts.push(Uint8Array.from(part));
  };
  const end = (): Line => {
    line += 1;
    const ended: Line = bytes > maxBytes ? { line, bad: "too-long" } : decode(line, Buffer.concat(parts));
    parts.length = 0;
    bytes = 0;
    return ended;
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      take(chunk.subarray(from, at));
      yield end();
      from = at + 1;
    }
    take(chunk.subarray(from));
  }
  if (bytes > 0) yield end();
}

const decoder = new TextDecoder("utf-8", { fatal: true });

function decode(line: number, bytes: Uint8Array): Line {
  try {
    return { line, text: decoder.decode(bytes).replace(/\r$/, "") };
  } catch {
    return { line, bad: "not-utf8" };
  }
}
