import { AxeBuilder } from "@axe-core/playwright";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Language } from "../../src/core/directory.ts";
import { VERDICTS, type VerdictCode } from "../../src/core/verdict.ts";
import { wordsIn } from "../../src/words/index.ts";
import { answerOf, give, startBrowser, visit } from "../support/browser/browser.ts";
import { PageStage, type Case } from "../support/browser/page-stage.ts";

/** Language of the browser, and that of the page. */
const LOCALES: readonly [string, Language][] = [
  ["en-GB", "en"],
  ["zh-HK", "zh-Hant"],
  ["zh-CN", "zh-Hans"],
];

/** Logged by Chromium for an indeterminate answer. */
const ANSWERED = "responded with a status of 503";

let stage: PageStage;
let browser: Browser;
beforeAll(async () => {
  stage = await PageStage.start();
  browser = await startBrowser();
}, 120_000);
afterAll(async () => {
  await browser.close();
  await stage[Symbol.asyncDispose]();
});

function caseOf(verdict: VerdictCode): Case {
  const found = stage.cases.find((each) => each.verdict === verdict);
  if (found === undefined) throw new RangeError(`nothing leads to ${verdict}`);
  return found;
}

async function dropped(page: Page, { offline = false, files }: Case): Promise<void> {
  if (offline) await page.getByRole("checkbox").check();
  await give(page, files);
  await answerOf(page).waitFor();
}

/** Latin words of Chinese texts, and the witness name in the policy. */
const NOT_ENGLISH =
  /\b(own|PDF|UTC|CSV|QR|POST|API|Hufu|sha256|sm3)\b|\.tlog-proof|eip155:\S+|\bCN:\w+|[0-9a-f]{8,}/g;

/** English words on a page in another language that are neither marked as English nor names. */
async function englishOn(page: Page): Promise<string[]> {
  for (const summary of await page.locator("details > summary").all()) await summary.click();
  const text = await page.evaluate<string>(`(() => {
    const body = document.body.cloneNode(true);
    for (const other of body.querySelectorAll("[lang=en], .name, .certificate, select, script")) other.remove();
    return body.textContent;
  })()`);
  return text.replace(NOT_ENGLISH, "").match(/[A-Za-z]{2,}/g) ?? [];
}

/** The fixed part of a text, up to its first place for a value. */
const fixed = (text: string): string => text.split("{")[0]?.trim() ?? "";

describe.each(VERDICTS)("%s", (verdict) => {
  it.each(LOCALES)(`${verdict} is shown by sign and text to a browser in %s`, async (locale, language) => {
    const reached = caseOf(verdict);
    await using visited = await visit(browser, reached.url, { locale, time: reached.time });
    const { page } = visited;
    await dropped(page, reached);
    const { title, next } = wordsIn(language).verdicts[verdict];
    expect(await answerOf(page).getAttribute("data-verdict")).toBe(verdict);
    const heading = await answerOf(page).getByRole("heading", { level: 1 }).innerText();
    expect(heading.replace(/\s+/g, "")).toContain(title.replace(/\s+/g, ""));
    expect(await answerOf(page).innerText()).toContain(fixed(next));
    expect(await page.locator("html").getAttribute("lang")).toBe(language);
    const text = await page.locator("body").innerText();
    expect(text).not.toMatch(/undefined|\[object|\{\w+\}/);
    if (language !== "en") expect(await englishOn(page)).toEqual([]);
    expect(visited.errors.filter((error) => !error.includes(ANSWERED))).toEqual([]);
  });

  it.each(["light", "dark"] as const)(
    `axe finds no violation for ${verdict} in the %s theme`,
    async (colorScheme) => {
      const reached = caseOf(verdict);
      await using visited = await visit(browser, reached.url, { colorScheme, time: reached.time });
      const { page } = visited;
      await dropped(page, reached);
      for (const summary of await page.locator("details > summary").all()) await summary.click();
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
    },
  );
});
