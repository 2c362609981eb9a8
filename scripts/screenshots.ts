/**
 * Takes pictures of the page at its start, in each verdict and with many files, in three languages, in both themes, and on a phone:
 * `npm run screenshots [FOLDER]`, into .cache/screenshots unless another folder is named. Needs Chromium.
 */
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { answerOf, give, startBrowser, visit } from "../test/support/browser/browser.ts";
import { PageStage, report, type Case } from "../test/support/browser/page-stage.ts";

const LOCALES = { en: "en-GB", "zh-Hant": "zh-HK", "zh-Hans": "zh-CN" } as const;
const DESK = { viewport: { width: 1120, height: 900 } };
const PHONE = { viewport: { width: 375, height: 812 }, hasTouch: true, isMobile: true };
const VARIANTS = [
  ["light", DESK],
  ["dark", DESK],
  ["phone", PHONE],
] as const;

const folder = resolve(process.argv[2] ?? join(import.meta.dirname, "../.cache/screenshots"));
mkdirSync(folder, { recursive: true });
await using stage = await PageStage.start();
const browser = await startBrowser();
const { time: now } = stage;
const shots: readonly (Omit<Case, "verdict"> & { name: string })[] = [
  { name: "start", url: stage.service.url, files: [], time: now },
  { name: "offline", url: stage.service.url, files: [report("valid")], time: now, offline: true },
  ...stage.cases.map((each) => ({ name: each.verdict, ...each })),
  {
    name: "many",
    url: stage.service.url,
    time: now,
    files: stage.cases.flatMap(({ url, files }) => (url === stage.service.url ? files.slice(0, 1) : [])),
  },
];
let count = 0;
for (const { name, url, files, time, offline = false } of shots)
  for (const [language, locale] of Object.entries(LOCALES))
    for (const [variant, device] of VARIANTS) {
      const colorScheme = variant === "dark" ? "dark" : "light";
      await using visited = await visit(browser, url, { locale, ...device, colorScheme, time });
      const { page } = visited;
      if (offline) await page.getByRole("checkbox").check();
      if (files.length > 0) await give(page, files);
      if (name === "many") await page.getByRole("button", { name: /CSV/ }).waitFor();
      else if (name !== "start") await answerOf(page).waitFor();
      // the full height, with the footer at the bottom
      const height = await page.evaluate<number>("document.documentElement.scrollHeight");
      await page.setViewportSize({ ...device.viewport, height });
      await page.screenshot({ path: join(folder, `${name}-${language}-${variant}.png`) });
      count += 1;
    }
await browser.close();
console.log(`${count} pictures in ${folder}`);
