import { describe, expect, it } from "vitest";
import { wordsIn } from "../../src/words/index.ts";
import { insecure, kept, visit, type Visit } from "../support/browser/browser.ts";
import { served } from "../support/browser/served.ts";
import { startTestService } from "../support/service/service.ts";

const site = served();

describe("the page", () => {
  it("shows itself, without an error and without a refusal of its policy", async () => {
    await using visited = await site.open();
    const name = wordsIn("en").page.question;
    await visited.page.getByRole("heading", { level: 1, name }).waitFor();
    expect(await visited.page.title()).toContain("Hufu");
    expect(visited.errors).toEqual([]);
  });

  it("can run no script but its own, nor make one of text", async () => {
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
  it("the page that was visited before is there, under the same policy, and asks nobody else", async () => {
    await using gone = await startTestService();
    await using visited = await visit(site.browser, gone.url);
    const { page } = visited;
    await kept(visited);
    await gone.close();
    const answer = await page.reload();
    await heading(visited);
    expect(answer?.fromServiceWorker()).toBe(true);
    expect(await answer?.headerValue("content-security-policy")).toContain("default-src 'none'");
    expect(await page.evaluate(`fetch("/healthz").then(() => "answered", () => "failed")`)).toBe("failed");
  });

  it("a link to the page with a query leads to it too", async () => {
    await using gone = await startTestService();
    await using visited = await visit(site.browser, gone.url);
    await kept(visited);
    await gone.close();
    await visited.page.goto(`${gone.url}/?entry=3`);
    await heading(visited);
  });

  it("the page is not kept on an origin that is not secure, and is there without an error", async () => {
    await using visited = await visit(site.browser, insecure(site.service.url));
    await heading(visited);
    expect(await visited.page.evaluate("[isSecureContext, 'serviceWorker' in navigator]")).toEqual([
      false,
      false,
    ]);
    expect(visited.errors).toEqual([]);
  });
});
