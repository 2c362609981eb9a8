import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { wordsIn } from "../../src/words/index.ts";
import { answerOf, give, untilVerdictShown } from "../support/browser/browser.ts";
import { anchorFiles, report, text, type PageFile } from "../support/browser/page-stage.ts";
import { startedSite } from "../support/browser/site.ts";

const site = startedSite();
const { page: texts } = wordsIn("en");

async function pagesOf(page: Page): Promise<number> {
  const pdf = (await page.pdf({ preferCSSPageSize: true })).toString("latin1");
  return pdf.match(/\/Type\s*\/Page\b/g)?.length ?? 0;
}

/** What is on paper: no control, header or footer of the page. */
async function expectPaper(page: Page): Promise<void> {
  await page.emulateMedia({ media: "print" });
  for (const left of await page.locator("button:not(.link), header, footer, progress, summary").all())
    expect(await left.isVisible()).toBe(false);
}

describe("the printed record of a check", () => {
  it("names the issuer's number, registry, chain and operator, and has a line to fill in", async () => {
    const file = report("particulars");
    await anchorFiles(site.service, [file]);
    await using visited = await site.open();
    const { page } = visited;
    await give(page, [file]);
    await untilVerdictShown(page, "valid");
    await expectPaper(page);
    const record = page.locator(".certificate");
    const lines = await record.innerText();
    const { registry, chainId } = site.service;
    for (const part of [
      texts.certificate.title,
      "CN:91440300MA00SAMP01",
      registry.toLowerCase(),
      `eip155:${chainId}`,
      "Enterprise credit report",
    ])
      expect(lines).toContain(part);
    expect(lines).toMatch(new RegExp(`${texts.certificate.operator}\\s+1\\b`, "i"));
    const blank = await record.locator(".blank").boundingBox();
    expect(blank?.width).toBeGreaterThan(150);
    expect(await pagesOf(page)).toBe(1);
  });

  it.each<[string, PageFile]>([
    ["not-found", report("nobody's")],
    ["fault", text("empty.pdf", "")],
  ])("is made of a negative answer too: %s", async (verdict, file) => {
    await using visited = await site.open();
    const { page } = visited;
    await give(page, [file]);
    await untilVerdictShown(page, verdict);
    const title = await answerOf(page).getByRole("heading", { level: 1 }).innerText();
    await expectPaper(page);
    const lines = await page.locator(".certificate").innerText();
    expect(lines).toContain(file.name);
    expect(lines.replace(/\s+/g, "")).toContain(title.replace(/\s+/g, "").slice(1));
    expect(await page.locator(".certificate svg").count()).toBe(0);
    expect(await pagesOf(page)).toBe(1);
  });

  it("has its own title while it is printed, and the page its own afterwards", async () => {
    await using visited = await site.open();
    const { page } = visited;
    await give(page, [report("titled")]);
    await untilVerdictShown(page, "not-found");
    const before = await page.title();
    await page.evaluate("dispatchEvent(new Event('beforeprint'))");
    expect(await page.title()).toContain(texts.certificate.title);
    await page.evaluate("dispatchEvent(new Event('afterprint'))");
    expect(await page.title()).toBe(before);
  });

  it("“Print” stands beside “Check another”, and prints", async () => {
    await using visited = await site.open();
    const { page } = visited;
    await page.evaluate("window.print = () => document.body.dataset.printed = 'yes'");
    await give(page, [report("beside")]);
    await untilVerdictShown(page, "not-found");
    const boxes = await Promise.all(
      [texts.print, texts.another].map((name) => page.getByRole("button", { name }).boundingBox()),
    );
    expect(boxes[0]?.y).toBe(boxes[1]?.y);
    await page.getByRole("button", { name: texts.print }).click();
    expect(await page.evaluate("document.body.dataset.printed")).toBe("yes");
  });

  it("pages are numbered", async () => {
    await using visited = await site.open();
    const rules = await visited.page.evaluate<string>(
      `[...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]).filter((rule) => rule.type === 6)
        .map((rule) => rule.cssText).join("")`,
    );
    expect(rules).toMatch(/@bottom-right[^}]*counter\(page\)[^}]*counter\(pages\)/);
  });
});

describe("a printed table of many files", () => {
  it("is a document of several pages with title, time and a line to fill in", async () => {
    await using visited = await site.open();
    const { page } = visited;
    await give(
      page,
      Array.from({ length: 40 }, (_, i) => report(`row ${i}`)),
    );
    await page.getByRole("button", { name: texts.many.save }).waitFor();
    await page.getByRole("button", { name: texts.print }).waitFor();
    await expectPaper(page);
    expect(await page.getByText(texts.certificate.titleMany).isVisible()).toBe(true);
    expect(await page.locator(".certificate-foot").innerText()).toMatch(/\d{4}-\d\d-\d\d .*UTC\+8/);
    expect(await page.locator(".blank").isVisible()).toBe(true);
    expect(await page.evaluate("getComputedStyle(document.querySelector('thead')).display")).toBe(
      "table-header-group",
    );
    expect(await page.evaluate("getComputedStyle(document.querySelector('.many')).display")).toBe("block");
    expect(await pagesOf(page)).toBeGreaterThan(1);
  });
});
