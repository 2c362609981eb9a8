/** Opens a PDF document whose bytes depend only on the report and the font. */
import type PDFDocument from "pdfkit";
import type { Report } from "../report.ts";
import { adjustMetrics, type ParsedFont, redrawFullStop } from "./font.ts";

export type Pdf = InstanceType<typeof PDFDocument>;

export interface OpenPdf {
  readonly pdf: Pdf;
  /** The code points that the typeface can draw. */
  readonly known: ReadonlySet<number>;
  /** Resolves once the document is ended. */
  readonly bytes: Promise<Uint8Array>;
}

/**
 * pdfkit's build for browsers, because it compresses in plain JavaScript: the output of node:zlib depends on its version
 * and on the processor, and a sample must have the same bytes everywhere.
 */
async function loadPdfkit(): Promise<typeof PDFDocument> {
  const build = new URL("pdfkit.browser.mjs", import.meta.resolve("pdfkit"));
  return ((await import(build.href)) as { default: typeof PDFDocument }).default;
}

/** Opens a document whose dates, and so whose identifier, are those of `report`. */
export async function openPdf(report: Report, font: Uint8Array): Promise<OpenPdf> {
  const Document = await loadPdfkit();
  const pdf = new Document({
    size: "A4",
    margin: 0,
    font: "", // none of the standard fonts, which are not embedded
    autoFirstPage: false,
    bufferPages: true,
    displayTitle: true,
    lang: report.language,
    info: infoOf(report),
  });
  const bytes = collect(pdf);
  return { pdf, known: useFont(pdf, font), bytes };
}

function infoOf({ title, issuer, number, made }: Report): PDFKit.DocumentInfo {
  const Author = typeof issuer === "string" ? issuer : issuer[0];
  return { Title: title, Author, Subject: number, CreationDate: made, ModDate: made };
}

function collect(pdf: Pdf): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  pdf.on("data", (chunk: Uint8Array) => chunks.push(chunk));
  return new Promise((resolve, reject) => {
    pdf.on("end", () => resolve(Buffer.concat(chunks)));
    pdf.on("error", reject);
  });
}

/** The types of pdfkit do not declare the parsed font. */
function useFont(pdf: Pdf, file: Uint8Array): ReadonlySet<number> {
  const bytes = Uint8Array.from(file);
  pdf.registerFont("body", bytes).font("body");
  const { font } = (pdf as unknown as { _font: { font: ParsedFont } })._font;
  adjustMetrics(font);
  redrawFullStop(font, bytes);
  return new Set(font.characterSet);
}
