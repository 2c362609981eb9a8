/** Configures the suites that take minutes: `npm run test:long`. */
import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import base from "./vitest.config.ts";

export default defineConfig({
  test: {
    ...base.test,
    include: ["test/long/**/*.test.ts"],
    exclude: [],
    // these are busy all the time
    maxWorkers: Math.max(2, availableParallelism() - 1),
    provide: { ...base.test?.provide, scale: "short" },
  },
});
