/** Draws the tables of a report: captioned columns of figures, and pairs of a label and its value. */
import type { Column, Fact, Table } from "../report.ts";
import { type Cell, prepareRow, type Row } from "./row.ts";
import {
  COLORS,
  drawLine,
  drawRule,
  LEADING,
  MEASURE,
  PAGE,
  type Piece,
  type Sheet,
  type TextStyle,
} from "./sheet.ts";

const BODY: TextStyle = { size: 8.6 };
const CAPTION: TextStyle = { size: 9 };
/** Points below a table. */
const GAP = 12;
const HAIRLINE = { weight: 0.4, color: COLORS.rule } as const;
const heavyRule = ({ report }: Sheet): { weight: number; color: string } => ({
  weight: 0.9,
  color: report.accent,
});

/** Divides the measure among `items` by their weights; places and widths are in points. */
function spread<T extends { readonly weight: number }>(
  items: readonly T[],
): (T & { x: number; width: number })[] {
  const total = items.reduce((sum, { weight }) => sum + weight, 0);
  let x: number = PAGE.left;
  return items.map((item) => {
    const width = (item.weight / total) * MEASURE;
    x += width;
    return { ...item, x: x - width, width };
  });
}

/** @throws Error when the table is longer than a page: tables are not divided */
export function prepareTable(sheet: Sheet, table: Table): Piece {
  const { columns, rows, total } = table;
  const header = prepareRow(sheet, headerCells(columns, sheet.report.accent));
  const body = rows.map((row) => prepareRow(sheet, bodyCells(columns, row, false)));
  const last = total === undefined ? [] : [prepareRow(sheet, bodyCells(columns, total, true))];
  const caption = CAPTION.size * LEADING + 3;
  const keep = caption + heightOfRows([header, ...body, ...last]);
  if (PAGE.top + keep > PAGE.bottom) throw new Error(`longer than a page: table ${String(table.caption)}`);
  const draw = (): void => {
    drawCaption(sheet, table);
    sheet.y += caption;
    drawHeader(sheet, header);
    drawBody(sheet, body, last);
  };
  return { keep, draw };
}

const heightOfRows = (rows: readonly Row[]): number => rows.reduce((sum, { height }) => sum + height, 0);

function headerCells(columns: readonly Column[], accent: string): Cell[] {
  const style = { ...BODY, color: accent };
  return spread(columns).map(({ heading, ...place }) => ({ ...place, content: heading, style }));
}

function bodyCells(columns: readonly Column[], row: readonly string[], heavy: boolean): Cell[] {
  if (row.length !== columns.length)
    throw new Error(`${columns.length} columns, but the row is ${row.join(", ")}`);
  return spread(columns).map(({ align, x, width }, index) => {
    const style = { ...BODY, heavy, figures: align === "right" };
    return { align, x, width, content: row[index] ?? "", style };
  });
}

function drawCaption(sheet: Sheet, { caption, unit }: Table): void {
  const text = typeof caption === "string" ? caption : caption.join("　");
  const line = { x: PAGE.left, y: sheet.y, width: MEASURE };
  drawLine(sheet, { ...line, text, style: CAPTION });
  if (unit === undefined) return;
  drawLine(sheet, { ...line, text: unit, align: "right", style: { ...CAPTION, color: COLORS.quiet } });
}

function drawHeader(sheet: Sheet, header: Row): void {
  sheet.pdf.rect(PAGE.left, sheet.y, MEASURE, header.height).fill(COLORS.band);
  drawRule(sheet, { y: sheet.y, ...heavyRule(sheet) });
  header.draw();
  drawRule(sheet, { y: sheet.y, ...HAIRLINE, color: sheet.report.accent });
}

/** Draws rows with rules between them; a heavy one sets the last rows apart. */
function drawBody(sheet: Sheet, rows: readonly Row[], last: readonly Row[]): void {
  [...rows, ...last].forEach((row, index) => {
    if (index > 0) drawRule(sheet, { y: sheet.y, ...(index === rows.length ? heavyRule(sheet) : HAIRLINE) });
    row.draw();
  });
  drawRule(sheet, { y: sheet.y, ...heavyRule(sheet) });
  sheet.y += GAP;
}

/** A table without a header: labels on a band, and beside each its value. */
export function prepareFacts(sheet: Sheet, rows: readonly (readonly Fact[])[]): Piece {
  const prepared = rows.map((row) => prepareRow(sheet, factCells(row)));
  const draw = (): void => {
    prepared.forEach((row, index) => {
      drawBands(sheet, row.height, rows[index]?.length ?? 0);
      drawRule(sheet, { y: sheet.y, ...HAIRLINE });
      row.draw();
    });
    drawRule(sheet, { y: sheet.y, ...HAIRLINE });
    sheet.y += GAP;
  };
  return { keep: heightOfRows(prepared), draw };
}

/** Widths of a label and its value in a row of two facts; a row of one gives its value the rest. */
const LABEL_WEIGHT = 17;
const VALUE_WEIGHT = 33;

function factCells(row: readonly Fact[]): Cell[] {
  const valueWeight = row.length === 1 ? 2 * VALUE_WEIGHT + LABEL_WEIGHT : VALUE_WEIGHT;
  const cells = row.flatMap(({ label, value }) => [
    { content: label, weight: LABEL_WEIGHT, style: { ...BODY, color: COLORS.quiet } },
    { content: value, weight: valueWeight, style: BODY },
  ]);
  return spread(cells).map((cell) => ({ ...cell, align: "left" }));
}

function drawBands({ pdf, y }: Sheet, height: number, count: number): void {
  const unit = MEASURE / (2 * (LABEL_WEIGHT + VALUE_WEIGHT));
  for (let index = 0; index < count; index++) {
    const x = PAGE.left + index * (LABEL_WEIGHT + VALUE_WEIGHT) * unit;
    pdf.rect(x, y, LABEL_WEIGHT * unit, height).fill(COLORS.band);
  }
}
