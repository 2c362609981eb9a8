/**
 * Pictures of the page in each verdict, in three languages, in both themes, and on a phone: `npm run screenshots [FOLDER]`,
 * into .cache/screenshots unless another folder is named. Needs Chromium.
 */
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { answerOf, give, startBrowser, visit } from "../test/support/browser.ts";
import { PageStage } from "../test/support/page-stage.ts";

const LOCALES = { en: "en-GB", "zh-Hant": "zh-HK", "zh-Hans": "zh-CN" } as const;
const DESK = { width: 1120, height: 900 };
const PHONE = { width: 375, height: 812 };
const LOOKS = [
  ["light", DESK],
  ["dark", DESK],
  ["phone", PHONE],
] as const;

const folder = resolve(process.argv[2] ?? join(import.meta.dirname, "../.cache/screenshots"));
mkdirSync(folder, { recursive: true });
await using stage = await PageStage.start();
const browser = await startBrowser();
let count = 0;
for (const { verdict, url, files, offline = false } of stage.cases)
  for (const [language, locale] of Object.entries(LOCALES))
    for (const [look, viewport] of LOOKS) {
      const colorScheme = look === "dark" ? "dark" : "light";
      await using visited = await visit(browser, url, { locale, viewport, colorScheme });
      const { page } = visited;
      if (offline) await page.getByRole("checkbox").check();
      await give(page, files);
      await answerOf(page).waitFor();
      await page.screenshot({ path: join(folder, `${verdict}-${language}-${look}.png`), fullPage: true });
      count += 1;
    }
await browser.close();
console.log(`${count} pictures in ${folder}`);
