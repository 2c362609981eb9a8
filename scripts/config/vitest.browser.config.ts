import { defineConfig } from "vitest/config";
import base from "./vitest.config.ts";

/** The page in Chromium, which must be installed: `npm run test:browser`. */
export default defineConfig({
  test: { ...base.test, include: ["test/browser/**/*.test.ts"], exclude: [], maxWorkers: 2 },
});
