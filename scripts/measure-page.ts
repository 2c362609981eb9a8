/** How long the page takes from a file to its answer, for a PDF of 5 MB: `npm run measure:page`. Needs Chromium. */
import { randomBytes } from "node:crypto";
import { cpus } from "node:os";
import { answerOf, give, startBrowser, visit } from "../test/support/browser.ts";
import { anchorFiles } from "../test/support/page-stage.ts";
import { startTestService } from "../test/support/service.ts";

const TIMES = 10;
const BYTES = 5_000_000;

const service = await startTestService();
const browser = await startBrowser();
const took: number[] = [];
for (let i = 0; i < TIMES; i++) {
  const buffer = Buffer.concat([Buffer.from("%PDF-1.7\n"), randomBytes(BYTES)]);
  const file = { name: `measured-${i}.pdf`, mimeType: "application/pdf", buffer };
  await anchorFiles(service, [file]);
  await using visited = await visit(browser, service.url);
  const start = performance.now();
  await give(visited.page, [file]);
  await answerOf(visited.page).waitFor();
  took.push(performance.now() - start);
}
await browser.close();
await service.close();
took.sort((a, b) => a - b);
const [least = NaN] = took;
const median = took[TIMES / 2] ?? NaN;
const most = took.at(-1) ?? NaN;
console.log(
  `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model.trim() ?? "unknown CPU"}, Chromium, first file of a fresh page`,
);
console.log(
  `file given → answer shown, a PDF of 5 MB, ${TIMES} times: min ${least.toFixed(0)}, median ${median.toFixed(0)}, max ${most.toFixed(0)} ms`,
);
