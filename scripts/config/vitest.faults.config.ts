import { defineConfig } from "vitest/config";
import base from "./vitest.config.ts";
import long from "./vitest.long.config.ts";

/** The suites that take minutes, at their full length: `npm run test:faults`. */
export default defineConfig({
  test: { ...long.test, provide: { ...base.test?.provide, scale: "full" } },
});
