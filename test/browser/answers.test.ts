import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { wordsIn } from "../../src/words/index.ts";
import { answerOf, give, untilVerdictShown } from "../support/browser/browser.ts";
import { anchorBlinded, anchorFiles, report, text } from "../support/browser/page-stage.ts";
import { startedSite } from "../support/browser/site.ts";

const site = startedSite();

describe("a file that was registered", () => {
  it("a valid file has a certificate of one page with a QR code for its entry", async () => {
    const file = report("certificate");
    const [index] = await anchorFiles(site.service, [file]);
    await using visited = await site.open({ locale: "zh-HK" });
    const { page } = visited;
    await give(page, [file]);
    await untilVerdictShown(page, "valid");
    await page
      .locator("summary")
      .filter({ hasText: wordsIn("zh-Hant").page.certificate.by })
      .click();
    await page.locator(".bank input").fill("香江示範銀行");
    await page.emulateMedia({ media: "print" });
    const certificate = page.locator(".certificate");
    expect(await certificate.innerText()).toContain(`${site.service.url}/#entry=${index}`);
    expect(await certificate.innerText()).toContain("香江示範銀行於");
    expect(await certificate.locator("svg path").getAttribute("d")).toMatch(/^M\d/);
    expect(await page.locator("header").isVisible()).toBe(false);
    const pdf = (await page.pdf({ preferCSSPageSize: true })).toString("latin1");
    expect(pdf.match(/\/Type\s*\/Page\b/g)?.length).toBe(1);
    await page.goto(`${site.service.url}/#entry=${index}`);
    await page.reload();
    await page.getByText(wordsIn("zh-Hant").page.entry.means).waitFor();
  });
});

describe("a file of a person", () => {
  it("the page asks for the receipt of a file that is not found", async () => {
    const file = report("mine");
    const receipts = await anchorBlinded(site.service, [file]);
    await using visited = await site.open();
    const { page } = visited;
    await give(page, [file]);
    await untilVerdictShown(page, "not-found");
    await page.getByRole("button", { name: wordsIn("en").page.addReceipt }).waitFor();
    await give(page, receipts);
    await untilVerdictShown(page, "valid");
  });
});

describe("the page", () => {
  it("a chosen language is kept after a reload", async () => {
    await using visited = await site.open();
    const { page } = visited;
    await page.getByRole("combobox").selectOption("zh-Hant");
    await page.getByRole("heading", { name: wordsIn("zh-Hant").page.question }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: wordsIn("zh-Hant").page.question }).waitFor();
  });

  it("pasted files are checked", async () => {
    const { name, mimeType, buffer } = report("pasted");
    await using visited = await site.open();
    await visited.page.evaluate(`{
      const clipboardData = new DataTransfer();
      const bytes = Uint8Array.fromBase64(${JSON.stringify(buffer.toString("base64"))});
      clipboardData.items.add(new File([bytes], ${JSON.stringify(name)}, { type: ${JSON.stringify(mimeType)} }));
      document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
    }`);
    await untilVerdictShown(visited.page, "not-found");
    expect(await answerOf(visited.page).innerText()).toContain(name);
  });

  describe.each(["light", "dark"] as const)("on a phone in the %s theme", (colorScheme) => {
    const states: Record<string, (page: Page) => Promise<unknown>> = {
      "the start": (page) => page.locator("h1").waitFor(),
      "an answer with all that is folded": async (page) => {
        const file = report("folded");
        await anchorFiles(site.service, [file]);
        await give(page, [file]);
        await untilVerdictShown(page, "valid");
        for (const summary of await page.locator("summary").all()) await summary.click();
      },
      "a table": async (page) => {
        await give(page, [report("unknown"), text("empty.pdf", "")]);
        await page.getByRole("button", { name: wordsIn("en").page.many.save }).waitFor();
      },
    };
    it.each(Object.entries(states))(
      `axe finds no violation in %s on a phone in the ${colorScheme} theme`,
      async (_, reach) => {
        await using visited = await site.open({ colorScheme, viewport: { width: 360, height: 740 } });
        const { page } = visited;
        await reach(page);
        const { violations } = await new AxeBuilder({ page }).analyze();
        expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ""}`)).toEqual([]);
        expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBe(0);
      },
    );
  });
});
