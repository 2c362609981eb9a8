import { describe, expect, it } from "vitest";
import { wordsIn } from "../../src/words/index.ts";
import { insecure, untilPageCached, visit, type Visit } from "../support/browser/browser.ts";
import { startedSite } from "../support/browser/site.ts";
import { startTestService } from "../support/service/service.ts";

const site = startedSite();

describe("the page", () => {
  it("the page loads without errors and policy violations", async () => {
    await using visited = await site.open();
    const name = wordsIn("en").page.question;
    await visited.page.getByRole("heading", { level: 1, name }).waitFor();
    expect(await visited.page.title()).toContain("Hufu");
    expect(visited.errors).toEqual([]);
  });

  it("the page can neither load foreign scripts nor make scripts from text", async () => {
    await using visited = await site.open();
    const { page } = visited;
    const tries = [
      `document.body.append(Object.assign(document.createElement("div"), { innerHTML: "<b>text</b>" }))`,
      `document.body.append(Object.assign(document.createElement("script"), { src: "data:text/javascript,1" }))`,
      `new Worker("/assets/other.js")`,
    ];
    for (const script of tries) await expect(page.evaluate(script)).rejects.toThrow(/Trusted/);
    await expect(page.evaluate(`fetch("https://example.com/")`)).rejects.toThrow();
    expect(visited.errors.join("\n")).toContain("Content Security Policy");
  });
});

const heading = async ({ page }: Visit): Promise<void> =>
  await page.getByRole("heading", { level: 1 }).waitFor();

describe("without a network", () => {
  it("a page that was visited before loads offline, under the same policy, and sends no request", async () => {
    await using gone = await startTestService();
    await using visited = await visit(site.browser, gone.url);
    const { page } = visited;
    await untilPageCached(visited);
    await gone.close();
    const answer = await page.reload();
    await heading(visited);
    expect(answer?.fromServiceWorker()).toBe(true);
    expect(await answer?.headerValue("content-security-policy")).toContain("default-src 'none'");
    expect(await page.evaluate(`fetch("/healthz").then(() => "answered", () => "failed")`)).toBe("failed");
  });

  it("a page with a query in its URL loads offline too", async () => {
    await using gone = await startTestService();
    await using visited = await visit(site.browser, gone.url);
    await untilPageCached(visited);
    await gone.close();
    await visited.page.goto(`${gone.url}/?entry=3`);
    await heading(visited);
  });

  it("the page loads in an insecure context without a service worker and without errors", async () => {
    await using service = await startTestService({ env: { HUFU_PUBLIC_URL: insecure("http://127.0.0.1") } });
    await using visited = await visit(site.browser, insecure(service.url));
    await heading(visited);
    expect(await visited.page.evaluate("[isSecureContext, 'serviceWorker' in navigator]")).toEqual([
      false,
      false,
    ]);
    expect(visited.errors).toEqual([]);
  });
});
