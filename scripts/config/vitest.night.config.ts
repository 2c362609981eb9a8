/** Configures the long suites at their full length, which `npm run test:night` runs. */
import { defineConfig } from "vitest/config";
import long from "./vitest.long.config.ts";

export default defineConfig({
  test: { ...long.test, provide: { ...long.test?.provide, scale: "full" } },
});
