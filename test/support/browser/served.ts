import type { Browser, BrowserContextOptions } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { startBrowser, visit, type Visit } from "./browser.ts";
import { startTestService, type TestService } from "../service/service.ts";

/** A service and a browser for all tests of a file, there once the tests run. */
export interface Served {
  readonly service: TestService;
  readonly browser: Browser;
  /** Opens the service's page. */
  open(options?: BrowserContextOptions): Promise<Visit>;
}

export function served(): Served {
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
