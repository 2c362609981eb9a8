/** Measures and draws a row of table cells. */
import type { Align, Label } from "../report.ts";
import { COLORS, drawLine, LEADING, linesOf, type Sheet, type TextStyle } from "./sheet.ts";

/** Points between a cell's text and its edges. */
const PADDING = { x: 5, y: 2.8 } as const;
/** Type size of a translation, relative to the text above it. */
const BENEATH = 0.78;

export interface Cell {
  readonly content: Label;
  readonly x: number;
  readonly width: number;
  readonly align: Align;
  readonly style: TextStyle;
}

export interface SetLine {
  readonly text: string;
  readonly style: TextStyle;
}

/** The lines of a label: those of its text, then those of its translation. */
export function labelLines(
  sheet: Sheet,
  { content, width, style }: Pick<Cell, "content" | "width" | "style">,
): SetLine[] {
  const [text, beneath] = typeof content === "string" ? [content] : content;
  const small = { size: style.size * BENEATH, color: COLORS.quiet };
  return [
    ...linesOf(sheet, { text, width, style }).map((line) => ({ text: line, style })),
    ...(beneath === undefined ? [] : linesOf(sheet, { text: beneath, width, style: small })).map((line) => ({
      text: line,
      style: small,
    })),
  ];
}

/** Draws lines from `y` down. @returns y of the next line */
export function drawLines(
  sheet: Sheet,
  { lines, y, ...place }: { lines: readonly SetLine[]; x: number; y: number; width: number; align?: Align },
): number {
  let next = y;
  for (const { text, style } of lines) {
    drawLine(sheet, { ...place, text, y: next, style });
    next += style.size * LEADING;
  }
  return next;
}

export const heightOf = (lines: readonly SetLine[]): number =>
  lines.reduce((sum, { style }) => sum + style.size * LEADING, 0);

/** A row of cells, measured: drawing it takes `height` points and leaves the sheet below it. */
export interface Row {
  readonly height: number;
  readonly draw: () => void;
}

/** Measures a row; cells are centred vertically. */
export function prepareRow(sheet: Sheet, cells: readonly Cell[]): Row {
  const set = cells.map((cell) => {
    const box = { x: cell.x + PADDING.x, width: cell.width - 2 * PADDING.x };
    const lines = labelLines(sheet, { ...cell, ...box });
    return { ...box, lines, align: cell.align, height: heightOf(lines) };
  });
  const height = Math.max(...set.map((cell) => cell.height)) + 2 * PADDING.y;
  const draw = (): void => {
    for (const { height: own, ...cell } of set)
      drawLines(sheet, { ...cell, y: sheet.y + (height - own) / 2 });
    sheet.y += height;
  };
  return { height, draw };
}
