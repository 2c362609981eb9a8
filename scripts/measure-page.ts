/**
 * Measures the time from a drop on the page to its answer, for PDFs of 5 MB and 1 KB: part of `npm run measure`. Without
 * Chromium it measures nothing, and says so.
 */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { answerOf, drag, findBrowser, startBrowser, visit } from "../test/support/browser/browser.ts";
import { anchorFiles } from "../test/support/browser/page-stage.ts";
import { startTestService } from "../test/support/service/service.ts";
import { MACHINE, median } from "./measuring.ts";

const TIMES = 10;
const SIZES = { "5 MB": 5_000_000, "1 KB": 1_000 };

/** Records on the page when files are dropped and when the answer is rendered. */
const WATCH = `
  addEventListener("drop", () => { globalThis.given = performance.now(); }, { capture: true });
  new MutationObserver(() => {
    if (document.querySelector("article[data-verdict]") !== null)
      globalThis.answered ??= performance.now();
  }).observe(document, { childList: true, subtree: true });`;

if (findBrowser() === undefined) {
  console.log("The page is not measured: Chromium is not installed.");
  process.exit(0);
}
const service = await startTestService();
const browser = await startBrowser();
const folder = mkdtempSync(join(tmpdir(), "hufu-measure-"));
const took = Object.fromEntries(Object.keys(SIZES).map((size) => [size, [] as number[]]));
for (let i = 0; i < TIMES; i++)
  for (const [size, bytes] of Object.entries(SIZES)) {
    const buffer = Buffer.concat([Buffer.from("%PDF-1.7\n"), randomBytes(bytes)]);
    const path = join(folder, `${i}-${size}.pdf`);
    writeFileSync(path, buffer);
    await anchorFiles(service, [{ name: path, mimeType: "application/pdf", buffer }]);
    await using visited = await visit(browser, service.url);
    const { page } = visited;
    await page.evaluate(WATCH);
    await drag(page, { paths: [path] });
    await answerOf(page).waitFor();
    took[size]?.push(await page.evaluate<number>("answered - given"));
  }
await browser.close();
await service.close();
rmSync(folder, { recursive: true });

console.log(`${MACHINE}, Chromium, first file of a fresh page`);
const medians = Object.entries(took).map(([size, times]) => {
  const middle = median(times);
  console.log(
    `drop → answer, a PDF of ${size}, ${TIMES} times: min ${Math.min(...times).toFixed(0)}, median ${middle.toFixed(0)}, max ${Math.max(...times).toFixed(0)} ms`,
  );
  return middle;
});
const [large = NaN, small = NaN] = medians;
console.log(`the median of 5 MB is ${(large / small).toFixed(1)} times that of 1 KB`);
