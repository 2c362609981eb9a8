/** Starts a service and a browser for all tests of a file. */
import type { Browser, BrowserContextOptions } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { startBrowser, visit, type Visit } from "./browser.ts";
import { startTestService, type TestService } from "../service/service.ts";

/** Available once the tests run. */
interface Site {
  readonly service: TestService;
  readonly browser: Browser;
  /** Opens the service's page. */
  open(options?: BrowserContextOptions): Promise<Visit>;
}

export function startedSite(): Site {
  const running = {} as { service: TestService; browser: Browser };
  beforeAll(async () => {
    running.service = await startTestService();
    running.browser = await startBrowser();
  });
  afterAll(async () => {
    await running.browser.close();
    await running.service.close();
  });
  return Object.assign(running, {
    open: (options: BrowserContextOptions = {}) => visit(running.browser, running.service.url, options),
  });
}
