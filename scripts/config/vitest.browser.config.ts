/** Configures the tests of the page in Chromium, which must be installed: `npm run test:browser`. */
import { defineConfig } from "vitest/config";
import base from "./vitest.config.ts";

export default defineConfig({
  test: { ...base.test, include: ["test/browser/**/*.test.ts"], exclude: [], maxWorkers: 2 },
});
