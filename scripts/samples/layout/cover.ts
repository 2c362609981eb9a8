/** Draws the cover page of a report. */
import type { Fact } from "../report.ts";
import { drawBlocks } from "./blocks.ts";
import { drawLines, heightOf, labelLines } from "./row.ts";
import { COLORS, drawLine, drawRule, LEADING, linesOf, MEASURE, PAGE, type Sheet } from "./sheet.ts";

const FULL = { x: PAGE.left, width: MEASURE } as const;
/** Points from the left margin to the values of the facts. */
const VALUES = 128;

export function drawCover(sheet: Sheet): void {
  const { report } = sheet;
  sheet.y = 128;
  drawIssuer(sheet);
  sheet.y += 44;
  drawHeading(sheet);
  sheet.y += 36;
  for (const fact of report.cover.facts) drawFact(sheet, fact);
  sheet.y += 22;
  drawBlocks(sheet, report.cover.blocks);
  drawDisclaimer(sheet);
}

function drawIssuer(sheet: Sheet): void {
  const { accent, issuer } = sheet.report;
  const lines = labelLines(sheet, { content: issuer, width: MEASURE, style: { size: 12.5, color: accent } });
  sheet.y = drawLines(sheet, { ...FULL, lines, y: sheet.y }) + 8;
  drawRule(sheet, { y: sheet.y, weight: 1.6, color: accent });
}

function drawHeading(sheet: Sheet): void {
  const { language, cover } = sheet.report;
  const { heading, edition } = cover;
  const style = { size: 30, heavy: true, spacing: language === "en" ? 0 : 2 };
  const [text, beneath] = typeof heading === "string" ? [heading] : heading;
  drawLine(sheet, { ...FULL, text, y: sheet.y, style });
  sheet.y += 30 * LEADING + 4;
  const quiet = { size: 13, color: COLORS.quiet };
  for (const line of [beneath, edition].filter((part) => part !== undefined)) {
    drawLine(sheet, { ...FULL, text: line, y: sheet.y, style: quiet });
    sheet.y += 13 * LEADING;
  }
}

function drawFact(sheet: Sheet, { label, value }: Fact): void {
  const name = { x: PAGE.left, width: VALUES - 10 };
  const body = { x: PAGE.left + VALUES, width: MEASURE - VALUES };
  const names = labelLines(sheet, { ...name, content: label, style: { size: 10, color: COLORS.quiet } });
  const values = labelLines(sheet, { ...body, content: value, style: { size: 10.6 } });
  const height = Math.max(heightOf(names), heightOf(values)) + 9;
  drawLines(sheet, { ...name, lines: names, y: sheet.y + (height - heightOf(names)) / 2 });
  drawLines(sheet, { ...body, lines: values, y: sheet.y + (height - heightOf(values)) / 2 });
  sheet.y += height;
  drawRule(sheet, { y: sheet.y, weight: 0.4, color: COLORS.rule });
}

function drawDisclaimer(sheet: Sheet): void {
  const style = { size: 8.4, color: COLORS.quiet };
  const lines = linesOf(sheet, { ...FULL, text: sheet.report.cover.disclaimer, style });
  const y = PAGE.bottom - lines.length * style.size * LEADING;
  if (y < sheet.y) throw new Error(`the cover of ${sheet.report.fileName} is too long`);
  drawLines(sheet, { ...FULL, lines: lines.map((text) => ({ text, style })), y });
}
