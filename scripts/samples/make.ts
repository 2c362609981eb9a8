/**
 * Makes the sample documents: credit reports of invented companies, the same bytes on every run and machine.
 * Usage: node scripts/samples/make.ts [FOLDER]
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { harbourLantern } from "./content/harbour-lantern/report.ts";
import { kapok } from "./content/kapok/report.ts";
import { tigerHill, tigerHillCorrected } from "./content/tiger-hill/report.ts";
import { readFont } from "./layout/font.ts";
import { renderReport } from "./layout/render.ts";

export interface Sample {
  /** Name of the file, without a folder. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly title: string;
}

const REPORTS = [tigerHill, tigerHillCorrected, harbourLantern, kapok];

/** Reads the font and nothing else; every call gives the same bytes. */
export async function makeSamples(): Promise<readonly Sample[]> {
  const font = await readFont();
  const make = async (report: (typeof REPORTS)[number]): Promise<Sample> => ({
    name: report.fileName,
    bytes: await renderReport(report, font),
    title: report.title,
  });
  return Promise.all(REPORTS.map(make));
}

/** Writes the samples to `folder`, which is made if it is missing, and returns their paths. */
export async function writeSamples(folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const write = async ({ name, bytes }: Sample): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, bytes);
    return path;
  };
  return Promise.all((await makeSamples()).map(write));
}

/** Counts the page objects, whose dictionaries pdfkit does not compress. */
const countPages = (pdf: Buffer): number => pdf.toString("latin1").match(/\/Type \/Page\b/g)?.length ?? 0;

if (import.meta.main) {
  for (const path of await writeSamples(process.argv[2] ?? "samples")) {
    const pdf = await readFile(path);
    console.log(`${path}: ${countPages(pdf)} pages, ${pdf.length} bytes`);
  }
}
