import { AxeBuilder } from "@axe-core/playwright";
import type { BrowserContextOptions, Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { LANGUAGES, type Language } from "../../src/core/directory.ts";
import { wordsIn } from "../../src/words/index.ts";
import { give, untilVerdictShown, visit } from "../support/browser/browser.ts";
import { anchorBlinded, anchorFiles, receiptFile, report, setStatus } from "../support/browser/page-stage.ts";
import { startedSite } from "../support/browser/site.ts";

const site = startedSite();
const { page: texts } = wordsIn("en");
const LOCALE: Readonly<Record<Language, string>> = { en: "en-GB", "zh-Hans": "zh-CN", "zh-Hant": "zh-HK" };
const PHONE: BrowserContextOptions = {
  viewport: { width: 375, height: 812 },
  hasTouch: true,
  isMobile: true,
};
const ofFooter = (page: Page): Promise<string> =>
  page.evaluate("getComputedStyle(document.querySelector('footer')).position");

describe("on a phone", () => {
  it.each(LANGUAGES)("nothing speaks of dropping, in %s", async (language) => {
    await using visited = await site.open({ ...PHONE, locale: LOCALE[language] });
    const { page } = visited;
    const read = async (): Promise<string> => await page.locator("body").innerText();
    expect(await read()).toContain(wordsIn(language).page.choose);
    expect(await read()).not.toMatch(/\bdrop|拖放/i);
    expect(await page.getByLabel(/\bdrop|拖放/i).count()).toBe(0);
    await give(page, [report("phone")]);
    await untilVerdictShown(page, "not-found");
    expect(await read()).not.toMatch(/\bdrop|拖放/i);
  });

  it("the order is sentence, next step, facts, and the footer leaves the window", async () => {
    const file = report("order");
    await anchorFiles(site.service, [file]);
    await using visited = await site.open(PHONE);
    const { page } = visited;
    await give(page, [file]);
    await untilVerdictShown(page, "valid");
    const tops = [];
    for (const part of [".means", ".answer > .next", ".answer > .facts", ".answer > .buttons"])
      tops.push((await page.locator(part).first().boundingBox())?.y ?? NaN);
    expect(tops).toEqual(tops.toSorted((a, b) => a - b));
    expect(await ofFooter(page)).toBe("static");
  });
});

describe("the footer", () => {
  it("stays in sight where there is room, and leaves folds and small windows free", async () => {
    await using visited = await site.open({ viewport: { width: 1_120, height: 900 } });
    const { page } = visited;
    expect(await ofFooter(page)).toBe("sticky");
    await give(page, [report("folds")]);
    await untilVerdictShown(page, "not-found");
    await page.locator("summary").first().click();
    expect(await ofFooter(page)).toBe("static");
    await page.locator("summary").first().click();
    expect(await ofFooter(page)).toBe("sticky");
    await page.setViewportSize({ width: 1_120, height: 500 });
    expect(await ofFooter(page)).toBe("static");
  });

  it("says that nothing is sent while the page is offline, and says nothing of a fingerprint", async () => {
    await using visited = await site.open();
    const { page } = visited;
    const footer = page.locator("footer");
    expect(await footer.innerText()).toContain(texts.staysHow);
    await page.getByRole("checkbox").check();
    for (const files of [[], [report("kept here")]]) {
      if (files.length > 0) await give(page, files);
      if (files.length > 0) await untilVerdictShown(page, "indeterminate");
      expect(await footer.innerText()).toContain(texts.offline.nothing);
      expect(await page.locator("body").innerText()).not.toMatch(/fingerprint is sent|Content sent/);
    }
    await page.getByRole("heading", { level: 1, name: texts.offline.title }).waitFor();
    expect(visited.requests).toEqual([]);
    await page.getByRole("button", { name: texts.offline.off }).click();
    await untilVerdictShown(page, "not-found");
    expect(await footer.innerText()).toContain("Content sent");
  });
});

describe("what is given beside a file", () => {
  it("pushes no answer down, however many names there are", async () => {
    const files = Array.from({ length: 6 }, (_, i) => report(`own ${i}`));
    const receipts = await anchorBlinded(site.service, files);
    const topOf = async (more: typeof receipts): Promise<number | undefined> => {
      await using visited = await site.open();
      await give(visited.page, [...files.slice(0, 1), ...receipts.slice(0, 1), ...more]);
      await untilVerdictShown(visited.page, "valid");
      return (await visited.page.getByRole("heading", { level: 1 }).boundingBox())?.y;
    };
    expect(await topOf(receipts.slice(1))).toBe(await topOf([]));
  });

  it("the policy of the service is kept by a button, and then used offline", async () => {
    const file = report("kept policy");
    const [index] = await anchorFiles(site.service, [file]);
    const receipt = await receiptFile(site.service, index);
    await using visited = await site.open();
    const { page } = visited;
    await give(page, [file]);
    await untilVerdictShown(page, "valid");
    await page.locator("summary", { hasText: texts.trust.title }).click();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: texts.trust.keep }).click(),
    ]);
    expect(download.suggestedFilename()).toBe("hufu-policy.txt");
    await untilVerdictShown(page, "valid");
    await page.getByRole("checkbox").check();
    await give(page, [receipt]);
    await untilVerdictShown(page, "registered");
    expect(await page.locator("article").first().innerText()).toContain("the word of one operator");
    await page.getByRole("button", { name: texts.addStatement }).waitFor();
  });
});

describe("the entry of a link", () => {
  it.each(LANGUAGES)("shows a withdrawal, and axe finds no violation, in %s", async (language) => {
    const [index] = await anchorFiles(site.service, [report(`linked ${language}`)]);
    await setStatus(site.service, index, { action: "revoke", reason: "issued-in-error" });
    await using visited = await visit(site.browser, `${site.service.url}/#entry=${index}`, {
      locale: LOCALE[language],
    });
    const { page } = visited;
    const { verdicts, page: own } = wordsIn(language);
    await page.locator(".entry.tone-bad").waitFor();
    expect((await page.locator(".entry").innerText()).replace(/\s+/g, "")).toContain(
      verdicts.revoked.title.replace(/\s+/g, ""),
    );
    await page.getByText(own.entry.means).waitFor();
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
    expect(visited.errors).toEqual([]);
  });
});
