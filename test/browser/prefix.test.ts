/** Tests the page under a path of another server. */
import { describe, expect, it } from "vitest";
import { answerOf, drop, untilPageCached, visit } from "../support/browser/browser.ts";
import { anchorFiles } from "../support/browser/page-stage.ts";
import { startedSite } from "../support/browser/site.ts";
import { SiteProxy } from "../support/network/site-proxy.ts";
import { startTestService } from "../support/service/service.ts";

const site = startedSite();
const file = {
  name: "report.pdf",
  mimeType: "application/pdf",
  buffer: Buffer.from("%PDF-1.7 under a path"),
};

describe.each([true, false])("behind a proxy with a path (stripped: %s)", (strips) => {
  it("the page checks a file, prints where it is, and loads offline", async () => {
    await using proxy = await SiteProxy.start({ path: "/of/hufu", strips });
    await using service = await startTestService({ env: { HUFU_PUBLIC_URL: proxy.url } });
    proxy.target = service.url;
    await anchorFiles(service, [file]);
    await using visited = await visit(site.browser, `${proxy.url}/`);
    const { page, errors } = visited;
    await untilPageCached(visited);
    await drop(page, [file]);
    await answerOf(page).waitFor();
    expect(await answerOf(page).getAttribute("data-verdict")).toBe("valid");
    expect(await page.locator(".certificate").first().textContent()).toContain(`${proxy.url}/#entry=`);
    expect(errors).toEqual([]);
    proxy.target = undefined;
    const answer = await page.reload();
    await page.getByRole("heading", { level: 1 }).waitFor();
    expect(answer?.fromServiceWorker()).toBe(true);
  });
});

it("a proxy that does not let a check pass is named with its answer, and the check is undecided", async () => {
  await using proxy = await SiteProxy.start({ path: "/hufu", strips: true, largest: 10 });
  proxy.target = site.service.url;
  await using visited = await visit(site.browser, `${proxy.url}/`);
  await drop(visited.page, [file]);
  await answerOf(visited.page).waitFor();
  expect(await answerOf(visited.page).getAttribute("data-verdict")).toBe("indeterminate");
  expect(await answerOf(visited.page).textContent()).toContain("HTTP 413");
  expect(await answerOf(visited.page).textContent()).not.toContain("JSON");
});
