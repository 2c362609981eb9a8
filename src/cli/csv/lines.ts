/** Splits text into lines, in the memory of one line. */

/** A line, counted from 1, without its end and without a byte order mark. */
export type Line =
  | { readonly line: number; readonly text: string }
  | { readonly line: number; readonly bad: "line-long" | "line-encoding" };

export interface LineFormat {
  /** In both, no byte of a longer character is a line end, a quote or a separator. */
  readonly encoding: "utf-8" | "gb18030";
  readonly newline: number;
  /** Bytes of one line; a longer one is reported without its text. */
  readonly maxBytes: number;
}

/** Line feeds, after which carriage returns are left out. */
export const LF = 0x0a;
export const CR = 0x0d;

export type Bytes = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

export async function* linesOf(
  chunks: Bytes,
  { encoding = "utf-8", newline = LF, maxBytes = Infinity }: Partial<LineFormat> = {},
): AsyncGenerator<Line, void> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  const parts: Uint8Array[] = [];
  let bytes = 0;
  let line = 0;
  const take = (part: Uint8Array): void => {
    bytes += part.length;
    if (bytes <= maxBytes) parts.push(Uint8Array.from(part));
  };
  const end = (): Line => {
    line += 1;
    const ended: Line =
      bytes > maxBytes ? { line, bad: "line-long" } : decode(line, Buffer.concat(parts), decoder);
    parts.length = 0;
    bytes = 0;
    return ended;
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, from)) {
      take(chunk.subarray(from, at));
      yield end();
      from = at + 1;
    }
    take(chunk.subarray(from));
  }
  if (bytes > 0) yield end();
}

function decode(line: number, bytes: Uint8Array, decoder: TextDecoder): Line {
  try {
    return { line, text: decoder.decode(bytes).replace(/^\uFEFF|\r$/g, "") };
  } catch {
    return { line, bad: "line-encoding" };
  }
}
