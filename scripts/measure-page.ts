/**
 * How long the page takes from a drop to its answer, for a PDF of 5 MB beside one of 1 KB: a part of `npm run measure`. Needs
 * Chromium.
 */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { answerOf, drag, startBrowser, visit } from "../test/support/browser/browser.ts";
import { anchorFiles } from "../test/support/browser/page-stage.ts";
import { startTestService } from "../test/support/service/service.ts";

const TIMES = 10;
const SIZES = { "5 MB": 5_000_000, "1 KB": 1_000 };

/** Has the page note when it is given files, and when an answer stands there. */
const WATCH = `
  addEventListener("drop", () => { globalThis.given = performance.now(); }, { capture: true });
  new MutationObserver(() => {
    if (document.querySelector("article[data-verdict]") !== null)
      globalThis.answered ??= performance.now();
  }).observe(document, { childList: true, subtree: true });`;

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

console.log(
  `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model.trim() ?? "unknown CPU"}, Chromium, first file of a fresh page`,
);
const medians = Object.entries(took).map(([size, times]) => {
  times.sort((a, b) => a - b);
  const [least = NaN] = times;
  const median = times[TIMES / 2] ?? NaN;
  const most = times.at(-1) ?? NaN;
  console.log(
    `drop → answer, a PDF of ${size}, ${TIMES} times: min ${least.toFixed(0)}, median ${median.toFixed(0)}, max ${most.toFixed(0)} ms`,
  );
  return median;
});
const [large = NaN, small = NaN] = medians;
console.log(`the median of 5 MB is ${(large / small).toFixed(1)} times that of 1 KB`);
