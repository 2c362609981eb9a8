/** Starts Chromium and drives the page in it. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import {
  chromium,
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Locator,
  type Page,
} from "playwright-core";
import type { PageFile } from "./page-stage.ts";
import type { UnixSeconds } from "../../../src/core/units.ts";

/** A name of this machine that browsers do not treat as local: its plain HTTP is not a secure context. */
const INSECURE_HOST = "hufu.test";
const PROGRAMS = ["chromium", "chromium-browser", "google-chrome"];

/** Disables requests of the browser itself, so that only those of the page are captured. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  `--host-resolver-rules=MAP ${INSECURE_HOST} 127.0.0.1`,
];

/** @throws Error Chromium is not installed */
export async function startBrowser(): Promise<Browser> {
  return await chromium.launch({ executablePath: installed(), args: FLAGS });
}

function installed(): string {
  const found = findBrowser();
  if (found === undefined) throw new Error(`there is no ${PROGRAMS.join(" or ")}: apt-get install chromium`);
  return found;
}

/** The program of Chromium; undefined where it is not installed. */
export function findBrowser(): string | undefined {
  const places = (process.env["PATH"] ?? "").split(delimiter);
  return places.flatMap((place) => PROGRAMS.map((name) => join(place, name))).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Waits until the service worker controls the page, which is then available offline. */
export async function untilPageCached({ page }: Visit): Promise<void> {
  await page.evaluate(`new Promise((done) => {
    const { serviceWorker } = navigator;
    serviceWorker.addEventListener("controllerchange", () => done(true));
    if (serviceWorker.controller !== null) done(true);
  })`);
}

/** The same URL in an insecure context. */
export function insecure(url: string): string {
  return url.replace("127.0.0.1", INSECURE_HOST);
}

/** A page with a profile of its own. */
export interface Visit extends AsyncDisposable {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Uncaught errors and those on the console, such as refusals of the Content-Security-Policy. */
  readonly errors: readonly string[];
  /** Requests to the API, as `POST /v1/verifications`, without those of the directory. */
  readonly requests: readonly string[];
}

/** Opens the page of a service, in English by default. @param options.time of the browser's clock, which then stands */
export async function visit(
  browser: Browser,
  url: string,
  { time, ...options }: BrowserContextOptions & { time?: UnixSeconds } = {},
): Promise<Visit> {
  const context = await browser.newContext({ locale: "en-GB", ...options });
  const page = await context.newPage();
  if (time !== undefined) await page.clock.setFixedTime(time * 1_000);
  const errors: string[] = [];
  page.on("pageerror", (error) => void errors.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  const requests: string[] = [];
  page.on("request", (request) => {
    const { pathname } = new URL(request.url());
    if (pathname.startsWith("/v1/") && pathname !== "/v1/institutions")
      requests.push(`${request.method()} ${pathname}`);
  });
  await page.goto(url);
  await page.getByRole("heading", { level: 1 }).waitFor();
  // the listeners are registered once it is painted
  await page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))");
  return { context, page, errors, requests, [Symbol.asyncDispose]: () => context.close() };
}

/** Adds files by the file button: files in memory, or paths. */
export async function give(page: Page, files: readonly PageFile[] | readonly string[]): Promise<void> {
  await page.locator('input[type="file"]').first().setInputFiles(files);
}

/** Drops files on the page by synthetic events. */
export async function drop(page: Page, files: readonly PageFile[]): Promise<void> {
  const dropped = files.map(({ name, mimeType, buffer }) => [name, mimeType, buffer.toString("base64")]);
  await page.evaluate(`(() => {
    const dataTransfer = new DataTransfer();
    for (const [name, type, content] of ${JSON.stringify(dropped)})
      dataTransfer.items.add(new File([Uint8Array.from(atob(content), (c) => c.charCodeAt(0))], name, { type }));
    for (const type of ["dragenter", "dragover", "drop"])
      document.body.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
  })()`);
}

/**
 * Drags paths or a text onto the page and drops them, by native events of the browser.
 * @param input.before runs before the drop
 */
export async function drag(
  page: Page,
  input: { paths?: readonly string[]; text?: string; before?: () => unknown },
): Promise<void> {
  const { paths = [], text, before = () => undefined } = input;
  const items = text === undefined ? [] : [{ mimeType: "text/plain", data: text }];
  const data = { items, files: [...paths], dragOperationsMask: 1 };
  const devtools = await page.context().newCDPSession(page);
  for (const type of ["dragEnter", "dragOver", "drop"] as const) {
    if (type === "drop") await before();
    await devtools.send("Input.dispatchDragEvent", { type, x: 100, y: 100, data });
  }
  await devtools.detach();
}

/** The answer for one file. */
export function answerOf(page: Page): Locator {
  return page.locator("article[data-verdict]");
}

/** The answer for one file: its verdict, or `fault`, with text and error code. */
export async function readAnswer(
  page: Page,
): Promise<{ readonly verdict: string; readonly text: string; readonly code: string | undefined }> {
  const verdict = await answerOf(page).getAttribute("data-verdict");
  const details = await page.locator(".folded p[lang=en]").allTextContents();
  const [code] = details.flatMap((detail) => /^[A-Z_]+(?=: )/.exec(detail) ?? []);
  return { verdict: verdict ?? "", text: await answerOf(page).innerText(), code };
}

/** Waits until the page shows this verdict. @throws Error that says what it shows instead */
export async function untilVerdictShown(page: Page, verdict: string): Promise<void> {
  const shown = page.locator(`article[data-verdict="${verdict}"]`).waitFor();
  await shown.catch(async (cause: unknown) => {
    throw new Error(`the page shows, not ${verdict}: ${await page.locator("body").innerText()}`, { cause });
  });
}
