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

/** A name of this machine that browsers do not take for it: plain HTTP under it is no secure origin. */
const INSECURE_HOST = "hufu.test";
const NAMES = ["chromium", "chromium-browser", "google-chrome"];

/** Without what a browser fetches for itself: what is captured is the page's. */
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

/** Chromium, as it is installed. @throws Error it is not */
export async function startBrowser(): Promise<Browser> {
  return await chromium.launch({ executablePath: installed(), args: FLAGS });
}

function installed(): string {
  const places = (process.env["PATH"] ?? "").split(delimiter);
  const found = places.flatMap((place) => NAMES.map((name) => join(place, name))).find(isProgram);
  if (found === undefined) throw new Error(`there is no ${NAMES.join(" or ")}: apt-get install chromium`);
  return found;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Resolves once the browser has the page for when there is no network. */
export async function kept({ page }: Visit): Promise<void> {
  await page.evaluate(`new Promise((done) => {
    const { serviceWorker } = navigator;
    serviceWorker.addEventListener("controllerchange", () => done(true));
    if (serviceWorker.controller !== null) done(true);
  })`);
}

/** The same place, as if on another machine over plain HTTP. */
export function insecure(url: string): string {
  return url.replace("127.0.0.1", INSECURE_HOST);
}

/** A page with a profile of its own, and what went wrong on it. */
export interface Visit extends AsyncDisposable {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Errors that nobody caught, and what the console has of errors: refusals of the Content-Security-Policy among them. */
  readonly errors: readonly string[];
  /** What it has asked of the service's API, as `POST /v1/verifications`, but for the directory, which is of no file. */
  readonly asked: readonly string[];
}

/** Opens a page of a service, in English unless the options say otherwise. */
export async function visit(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Visit> {
  const context = await browser.newContext({ locale: "en-GB", ...options });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => void errors.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  const asked: string[] = [];
  page.on("request", (request) => {
    const { pathname } = new URL(request.url());
    if (pathname.startsWith("/v1/") && pathname !== "/v1/institutions")
      asked.push(`${request.method()} ${pathname}`);
  });
  await page.goto(url);
  await page.getByRole("heading", { level: 1 }).waitFor();
  // what listens is there once it is painted
  await page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))");
  return { context, page, errors, asked, [Symbol.asyncDispose]: () => context.close() };
}

/** Gives files to the page by its button for files: what is in memory, or paths of this machine. */
export async function give(page: Page, files: readonly PageFile[] | readonly string[]): Promise<void> {
  await page.locator('input[type="file"]').first().setInputFiles(files);
}

/** Drops files on the page, as from a folder of the desktop. */
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
 * Drags paths of this machine, or a text, onto the page, and lets go: no script makes the event, and the browser finds out
 * for itself what is there.
 * @param input.before what happens while they hover above the page
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

/** The answer that the page shows of one file, once there is one. */
export function answerOf(page: Page): Locator {
  return page.locator("article[data-verdict]");
}

/** What the page says of one file, once it says something: a verdict, or `fault`. */
export async function told(
  page: Page,
): Promise<{ readonly verdict: string; readonly text: string; readonly code: string | undefined }> {
  const verdict = await answerOf(page).getAttribute("data-verdict");
  const details = await page.locator(".folded p[lang=en]").allTextContents();
  const [code] = details.flatMap((detail) => /^[A-Z_]+(?=: )/.exec(detail) ?? []);
  return { verdict: verdict ?? "", text: await answerOf(page).innerText(), code };
}

/** Waits until a file has this verdict; one that is asked about once more may have had another. */
export async function untilTold(page: Page, verdict: string): Promise<void> {
  await page.locator(`article[data-verdict="${verdict}"]`).waitFor();
}
