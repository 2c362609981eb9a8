/** Reads the typeface of the samples and adapts its metrics and glyphs. */
import { readFile } from "node:fs/promises";

const FONT = "@expo-google-fonts/zcool-xiaowei/400Regular/ZCOOLXiaoWei_400Regular.ttf";

interface Metrics {
  advance: number;
  bearing: number;
}

/** The members used of the font that pdfkit parses; the unit is a thousandth of the type size. */
export interface ParsedFont {
  readonly characterSet: readonly number[];
  glyphForCodePoint(codePoint: number): { readonly id: number };
  readonly hmtx: { readonly metrics: { get(glyph: number): Metrics } };
  readonly loca: { readonly offsets: readonly number[] };
  readonly directory: { readonly tables: { readonly glyf: { readonly offset: number } } };
}

/**
 * ZCOOL XiaoWei, a typeface for GB 2312 and Latin. Its licence, the SIL Open Font License 1.1, allows
 * embedding and changes, and no name is reserved.
 */
export const readFont = (): Promise<Uint8Array> => readFile(new URL(import.meta.resolve(FONT)));

/** The typeface's own digits are 305 to 584 wide. */
const DIGIT_WIDTH = 550;
/** Where a mark begins in its square: at the lower left, as GB/T 15834-2011, 5.1, has it, and not in the middle. */
const MARK_BEARING = 120;

/** Gives every digit one width, so that figures align, and moves Chinese stops to the left. */
export function adjustMetrics(font: ParsedFont): void {
  for (const digit of "0123456789") {
    const metrics = metricsOf(font, digit);
    metrics.bearing += Math.round((DIGIT_WIDTH - metrics.advance) / 2);
    metrics.advance = DIGIT_WIDTH;
  }
  for (const mark of "，：；！？") metricsOf(font, mark).bearing = MARK_BEARING;
}

/** The box of the ring below: left, bottom, right, top. */
const RING = [75, -55, 315, 185] as const;
/** OpenType, glyf: the arguments are 16 bits wide, they are a distance, and a scale follows. */
const COMPONENT_FLAGS = 0x000b;

/**
 * Draws the Chinese full stop as a ring, which this typeface has as a dot, within `bytes`, the font's file: as a
 * composite glyph whose one component is the degree sign, three quarters as large and lower down. The 20 bytes
 * replace another composite glyph of 28.
 */
export function redrawFullStop(font: ParsedFont, bytes: Uint8Array): void {
  const start = font.directory.tables.glyf.offset + (font.loca.offsets[glyphOf(font, "。")] ?? NaN);
  const glyph = new DataView(bytes.buffer, bytes.byteOffset + start, 20);
  const words = [-1, ...RING, COMPONENT_FLAGS, glyphOf(font, "°"), 40, -325, 0.75 * 2 ** 14];
  words.forEach((word, index) => glyph.setInt16(2 * index, word));
  metricsOf(font, "。").bearing = RING[0];
}

/** Characters whose inner outlines run the wrong way round in this typeface, so that they print as a black square. */
const FILLED_IN = "回圃圄圊崮徊痼蛔";

/** @throws Error naming the first character of `text` that the typeface cannot draw */
export function checkGlyphs(known: ReadonlySet<number>, text: string): void {
  for (const character of text) {
    const codePoint = codePointOf(character);
    if (known.has(codePoint) && !FILLED_IN.includes(character)) continue;
    const name = `U+${codePoint.toString(16).toUpperCase().padStart(4, "0")}`;
    throw new Error(`the font has no usable glyph for ${character} (${name}) in: ${text}`);
  }
}

const codePointOf = (character: string): number => character.codePointAt(0) ?? 0;
const glyphOf = (font: ParsedFont, character: string): number =>
  font.glyphForCodePoint(codePointOf(character)).id;
const metricsOf = (font: ParsedFont, character: string): Metrics =>
  font.hmtx.metrics.get(glyphOf(font, character));
