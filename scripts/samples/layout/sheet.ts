/** Holds the page geometry, and measures and draws lines of text and rules. */
import type { Align, Report } from "../report.ts";
import { checkGlyphs } from "./font.ts";
import { breakLines } from "./lines.ts";
import type { OpenPdf, Pdf } from "./pdf.ts";

/** A4 and its margins, in points. */
export const PAGE = { left: 56, right: 539.28, top: 78, bottom: 774, height: 841.89 } as const;
export const MEASURE = PAGE.right - PAGE.left;
/** Distance of two baselines, as a multiple of the type size. */
export const LEADING = 1.5;

export const COLORS = { ink: "#1c1c1c", quiet: "#6b6b6b", rule: "#c4c4c4", band: "#f3f3f1" } as const;

/** A document being drawn, and the position on its last page. */
export interface Sheet {
  readonly pdf: Pdf;
  readonly known: ReadonlySet<number>;
  readonly report: Report;
  /** Points from the top edge of the page. */
  y: number;
}

/** How a piece of text looks; sizes are in points. */
export interface TextStyle {
  readonly size: number;
  readonly color?: string;
  /** The typeface has one weight: heavier type is outlined as well. */
  readonly heavy?: boolean;
  /** Digits and separators keep their widths: no kerning. */
  readonly figures?: boolean;
  /** Points added after each character. */
  readonly spacing?: number;
}

export interface Placed {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly align?: Align;
  readonly style: TextStyle;
}

/** A measured part of a page: `keep` points must be left on the page. */
export interface Piece {
  readonly keep: number;
  readonly draw: () => void;
}

export function openSheet({ pdf, known }: OpenPdf, report: Report): Sheet {
  pdf.addPage();
  return { pdf, known, report, y: PAGE.top };
}

/** Begins a new page unless `height` points are left on this one. */
export function reserve(sheet: Sheet, height: number): void {
  if (sheet.y + height <= PAGE.bottom) return;
  sheet.pdf.addPage();
  sheet.y = PAGE.top;
}

/** The options of a line of text; fontkit also takes a record of features, which pdfkit's types do not say. */
function optionsOf(style: TextStyle): PDFKit.Mixins.TextOptions {
  const noKerning = { kern: false } as unknown as PDFKit.Mixins.OpenTypeFeatures[];
  return {
    lineBreak: false,
    characterSpacing: style.spacing ?? 0,
    ...(style.figures === true && { features: noKerning }),
    ...(style.heavy === true && { fill: true, stroke: true }),
  };
}

/** Width of one line, in points. */
export function widthOf({ pdf }: Sheet, text: string, style: TextStyle): number {
  const width = pdf.fontSize(style.size).widthOfString(text, optionsOf(style));
  return text === "" ? 0 : width - (style.spacing ?? 0);
}

export function linesOf(sheet: Sheet, placed: Pick<Placed, "text" | "width" | "style">): string[] {
  checkGlyphs(sheet.known, placed.text.replaceAll("\n", ""));
  return breakLines({ ...placed, measure: (line) => widthOf(sheet, line, placed.style) });
}

/** Draws one line whose box, LEADING high, begins at `y`. */
export function drawLine(sheet: Sheet, { text, x, y, width, align = "left", style }: Placed): void {
  checkGlyphs(sheet.known, text);
  const slack = width - widthOf(sheet, text, style);
  const offset = { left: 0, center: slack / 2, right: slack }[align];
  const color = style.color ?? COLORS.ink;
  sheet.pdf
    .fillColor(color)
    .strokeColor(color)
    .lineWidth(style.size * 0.022);
  sheet.pdf.text(text, x + offset, y + ((LEADING - 1) / 2) * style.size, optionsOf(style));
}

export interface Rule {
  readonly y: number;
  readonly weight: number;
  readonly color: string;
}

/** Draws a rule across the page, from margin to margin. */
export function drawRule({ pdf }: Sheet, { y, weight, color }: Rule): void {
  pdf.moveTo(PAGE.left, y).lineTo(PAGE.right, y).lineWidth(weight).strokeColor(color).stroke();
}
