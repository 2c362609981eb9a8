/** The example for browsers of the SDK's README, bundled, in Chromium: it verifies a file, which stays in the browser. */
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { wordsIn } from "../../src/words/index.ts";
import { startBrowser } from "../support/browser/browser.ts";
import { carries, RecordingProxy } from "../support/network/recording-proxy.ts";
import { bundle, serveExample, type ExamplePage } from "../support/sdk/example-page.ts";
import { examples, writeExamples } from "../support/sdk/examples.ts";
import { anchored } from "../support/service/anchored.ts";
import { startTestService, type TestService } from "../support/service/service.ts";

const ISSUER = { jurisdiction: "CN", officialNumber: "91440300MA00SAMP01" };
const { verdicts } = wordsIn("zh-Hans");
let folder: string;
let module: string;
let service: TestService;
let proxy: RecordingProxy;
let site: ExamplePage;
let browser: Browser;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "hufu-example-"));
  const [path = ""] = writeExamples(
    folder,
    examples().filter(({ name }) => name === "verify-browser"),
  );
  module = await bundle(path, folder);
  service = await startTestService();
  proxy = await RecordingProxy.start("page", service.url);
  site = await serveExample(module, proxy.url);
  browser = await startBrowser();
});
afterAll(async () => {
  await browser.close();
  await site[Symbol.asyncDispose]();
  await proxy[Symbol.asyncDispose]();
  await service.close();
  rmSync(folder, { recursive: true });
});

async function opened(): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(site.url);
  return page;
}

/** Gives a file to the page, and calls the example with it. */
async function verify(page: Page, content: Buffer, issuer: object = ISSUER): Promise<unknown> {
  const file = { name: "credit report of Li Lei.pdf", mimeType: "application/pdf", buffer: content };
  await page.locator("input").setInputFiles(file);
  return await page.evaluate(`(async () => {
    const { verifyInBrowser } = await import("/example.js");
    const [file] = document.querySelector("input").files;
    return await verifyInBrowser(file, ${JSON.stringify(issuer)});
  })()`);
}

const sha256 = (content: Buffer): Uint8Array =>
  Uint8Array.from(createHash("sha256").update(content).digest());

describe("the example for browsers", () => {
  it("verifies a registered file, and does not find another one, nor one of another issuer", async () => {
    const [registered, other] = [randomBytes(5_000), randomBytes(5_000)];
    await anchored(service, { algorithm: "sha256", bytes: sha256(registered) });
    const page = await opened();
    expect(await verify(page, registered)).toBe(verdicts.valid.title);
    expect(await verify(page, other)).toBe(verdicts["not-found"].title);
    const issuer = { ...ISSUER, officialNumber: "91440100MA00SAMP02" };
    expect(await verify(page, registered, issuer)).toBe(verdicts["not-found"].title);
    for (const content of [registered, other]) expect(carries(proxy.exchanges, content)).toBe(false);
    expect(proxy.exchanges.map(({ request }) => request.toString("latin1")).join()).not.toMatch(/Li.Lei/);
    await page.close();
  });

  it("says that it could not check where the service is away", async () => {
    const page = await opened();
    proxy.target = undefined;
    expect(await verify(page, randomBytes(5_000))).toBe(verdicts.indeterminate.title);
    proxy.target = service.url;
    await page.close();
  });

  it("is bundled whole, without a module of Node and without the issuing side", () => {
    expect(module).toContain("verifyInBrowser");
    expect(module).not.toMatch(/^import |vite-browser-external|hufu\/sdk|salts\.db/m);
  });
});
