import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startBrowser, visit } from "../support/browser.ts";
import { startTestService, type TestService } from "../support/service.ts";

let service: TestService;
let browser: Browser;
beforeAll(async () => {
  service = await startTestService();
  browser = await startBrowser();
});
afterAll(async () => {
  await browser.close();
  await service.close();
});

describe("the page", () => {
  it("shows itself, without an error and without a refusal of its policy", async () => {
    await using visited = await visit(browser, service.url);
    await visited.page.getByRole("heading", { level: 1, name: "Hufu" }).waitFor();
    expect(await visited.page.title()).toContain("Hufu");
    expect(visited.errors).toEqual([]);
  });

  it("can run no script but its own, nor make one of text", async () => {
    await using visited = await visit(browser, service.url);
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
