/** Renders a report as a PDF; equal reports and fonts give equal bytes. */
import type { Report } from "../report.ts";
import { drawBlocks } from "./blocks.ts";
import { drawCover } from "./cover.ts";
import { openPdf } from "./pdf.ts";
import { COLORS, drawLine, drawRule, MEASURE, openSheet, PAGE, reserve, type Sheet } from "./sheet.ts";

const HEADER_Y = 42;
const FOOTER_Y = 796;

/** @throws Error the font lacks a character, or a word is wider than its column */
export async function renderReport(report: Report, font: Uint8Array): Promise<Uint8Array> {
  const opened = await openPdf(report, font);
  const sheet = openSheet(opened, report);
  drawCover(sheet);
  reserve(sheet, PAGE.height);
  drawBlocks(sheet, report.blocks);
  drawMargins(sheet);
  opened.pdf.end();
  return opened.bytes;
}

/** Draws the header and footer of every page; called when the number of pages is known. */
function drawMargins(sheet: Sheet): void {
  const { count } = sheet.pdf.bufferedPageRange();
  for (let index = 0; index < count; index++) {
    sheet.pdf.switchToPage(index);
    drawHeader(sheet);
    drawFooter(sheet, sheet.report.pageLabel({ page: index + 1, pages: count }));
  }
}

function drawHeader(sheet: Sheet): void {
  const { left, right } = sheet.report.header;
  drawPair(sheet, { y: HEADER_Y, left, right });
  drawRule(sheet, { y: HEADER_Y + 16, weight: 0.5, color: sheet.report.accent });
}

function drawFooter(sheet: Sheet, right: string): void {
  const { issuer } = sheet.report;
  drawRule(sheet, { y: FOOTER_Y - 4, weight: 0.4, color: COLORS.rule });
  drawPair(sheet, { y: FOOTER_Y, left: typeof issuer === "string" ? issuer : issuer[0], right });
}

function drawPair(sheet: Sheet, { y, left, right }: { y: number; left: string; right: string }): void {
  const line = { x: PAGE.left, y, width: MEASURE, style: { size: 8, color: COLORS.quiet } };
  drawLine(sheet, { ...line, text: left });
  drawLine(sheet, { ...line, text: right, align: "right" });
}
