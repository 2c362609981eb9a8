/** Encodes text in GBK, which Node only decodes. */

const decoder = new TextDecoder("gb18030");
const BYTES = new Map<string, Buffer>();
for (let lead = 0x81; lead <= 0xfe; lead++)
  for (let trail = 0x40; trail <= 0xfe; trail++) {
    const bytes = Buffer.of(lead, trail);
    const text = decoder.decode(bytes);
    if (trail !== 0x7f && text.length === 1 && !BYTES.has(text)) BYTES.set(text, bytes);
  }

/** @throws Error where a character is neither ASCII nor in two bytes of GBK */
export function gbk(text: string): Buffer {
  return Buffer.concat(
    Array.from(text, (character) => {
      if (character < "\u0080") return Buffer.from(character);
      const bytes = BYTES.get(character);
      if (bytes === undefined) throw new Error(`not in GBK: ${character}`);
      return bytes;
    }),
  );
}
