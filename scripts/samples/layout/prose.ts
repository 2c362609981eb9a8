/** Measures and draws headings, paragraphs, lists and signatures. */
import type { Label } from "../report.ts";
import { drawLines, heightOf, labelLines } from "./row.ts";
import {
  COLORS,
  drawLine,
  drawRule,
  LEADING,
  linesOf,
  MEASURE,
  PAGE,
  type Piece,
  reserve,
  type Sheet,
  type TextStyle,
  widthOf,
} from "./sheet.ts";

const BODY: TextStyle = { size: 9.4 };
/** Points below an item of a list; a paragraph has twice as much below it. */
const GAP = 4;
/** A line is spread to the margin unless each character would have to move by more than this many points. */
const MOST_SPREAD = 0.7;

interface Prose {
  readonly text: string;
  /** Points from the left margin. */
  readonly indent: number;
}

export function prepareParagraph(sheet: Sheet, text: string): Piece {
  const draw = (): void => {
    drawProse(sheet, { text, indent: 0 });
    sheet.y += 2 * GAP;
  };
  return { keep: 2 * BODY.size * LEADING, draw };
}

/** Draws a paragraph, which may continue on the next page. */
function drawProse(sheet: Sheet, { text, indent }: Prose): void {
  const place = { x: PAGE.left + indent, width: MEASURE - indent };
  const lines = linesOf(sheet, { text, width: place.width, style: BODY });
  lines.forEach((line, index) => {
    reserve(sheet, BODY.size * LEADING);
    const spacing = index === lines.length - 1 ? 0 : spacingOf(sheet, line, place.width);
    drawLine(sheet, { text: line, ...place, y: sheet.y, style: { ...BODY, spacing } });
    sheet.y += BODY.size * LEADING;
  });
}

/** Chinese is set to both margins by widening all distances alike; English keeps a ragged margin. */
function spacingOf(sheet: Sheet, line: string, width: number): number {
  if (sheet.report.language === "en") return 0;
  const spacing = (width - widthOf(sheet, line, BODY)) / Math.max(1, Array.from(line).length - 1);
  return spacing > MOST_SPREAD ? 0 : spacing;
}

/** Points from the left margin to the text of a numbered item. */
const HANGING = 20;

export function prepareList(sheet: Sheet, items: readonly string[]): Piece {
  const draw = (): void => {
    items.forEach((item, index) => {
      reserve(sheet, 2 * BODY.size * LEADING);
      const number = { text: `${index + 1}.`, x: PAGE.left, y: sheet.y, width: HANGING - 8 };
      drawLine(sheet, { ...number, align: "right", style: BODY });
      drawProse(sheet, { text: item, indent: HANGING });
      sheet.y += GAP;
    });
    sheet.y += GAP;
  };
  return { keep: 2 * BODY.size * LEADING, draw };
}

/** A heading keeps its own height only: render.ts adds that of what follows. */
export function prepareSection(sheet: Sheet, heading: Label): Piece {
  const style = { size: 14, color: sheet.report.accent, heavy: true };
  const lines = labelLines(sheet, { content: heading, width: MEASURE, style });
  const draw = (): void => {
    sheet.y += sheet.y === PAGE.top ? 0 : 10;
    sheet.y = drawLines(sheet, { lines, x: PAGE.left, y: sheet.y, width: MEASURE }) + 3;
    drawRule(sheet, { y: sheet.y, weight: 0.9, color: sheet.report.accent });
    sheet.y += 9;
    sheet.pdf.outline.addItem(typeof heading === "string" ? heading : heading.join(" "));
  };
  return { keep: heightOf(lines) + 22, draw };
}

export function prepareSubsection(sheet: Sheet, heading: Label): Piece {
  const lines = labelLines(sheet, { content: heading, width: MEASURE, style: { size: 10.6, heavy: true } });
  const draw = (): void => {
    sheet.y = drawLines(sheet, { lines, x: PAGE.left, y: sheet.y + 2, width: MEASURE }) + 4;
  };
  return { keep: heightOf(lines) + 6, draw };
}

export function prepareSignature(sheet: Sheet, lines: readonly string[]): Piece {
  const style = { size: 9.4, color: COLORS.ink };
  const draw = (): void => {
    sheet.y += 14;
    for (const text of lines) {
      drawLine(sheet, { text, x: PAGE.left, y: sheet.y, width: MEASURE, align: "right", style });
      sheet.y += style.size * LEADING + 2;
    }
  };
  return { keep: 14 + lines.length * (style.size * LEADING + 2), draw };
}
