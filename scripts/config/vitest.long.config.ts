import { defineConfig } from "vitest/config";
import base from "./vitest.config.ts";

/** The suites that take minutes: `npm run test:long`. */
export default defineConfig({
  test: {
    ...base.test,
    include: ["test/long/**/*.test.ts"],
    exclude: [],
    provide: { ...base.test?.provide, scale: "short" },
  },
});
