/** Configures the unit and integration tests: `npm run test:unit`. */
import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** Every random choice of a run follows from this seed; set TEST_SEED to repeat a run. */
const seed = Number(process.env["TEST_SEED"] ?? Date.now() % 2 ** 31);
if (process.env["VITEST_WORKER_ID"] === undefined)
  process.stdout.write(`test seed: ${seed} (TEST_SEED=${seed} repeats it)\n`);

export default defineConfig({
  test: {
    root: `${import.meta.dirname}/../..`,
    include: ["test/**/*.test.ts"],
    exclude: ["test/long/**", "test/browser/**"],
    // most tests wait for a child process or a block: more of them at a time than there are cores take less long
    maxWorkers: Math.max(3, availableParallelism() - 1),
    // the files share what they import, ethers and Hardhat above all, and no state: each cleans up after itself
    isolate: false,
    setupFiles: ["test/support/setup.ts"],
    provide: { seed, scale: "quick" },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // as long as the test itself, so that a slow machine fails nothing
    expect: { poll: { timeout: 50_000 } },
  },
});
