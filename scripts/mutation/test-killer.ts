/** Runs the test files of the contract against a mutant. */
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createVitest, type Vitest } from "vitest/node";
import config from "../config/vitest.config.ts";
import type { Code } from "../../test/contracts/model/stage.ts";

const FOLDER = fileURLToPath(new URL("../../test/contracts", import.meta.url));
/** Test files that use the provided code and mutant, the quickest first. */
const FILES = [
  "clock.test.ts",
  "calldata.test.ts",
  "status-machine.test.ts",
  "status-proofs.test.ts",
  "takeover.test.ts",
  "matrix.test.ts",
  "refusals.test.ts",
  "directory-entries.test.ts",
];

/** Reuses one vitest for all mutants. */
export class TestKiller implements AsyncDisposable {
  readonly #vitest: Vitest;

  private constructor(vitest: Vitest) {
    this.#vitest = vitest;
  }

  static async create({ code, seed }: { code: Code; seed: number }): Promise<TestKiller> {
    const vitest = await createVitest({
      ...config.test,
      config: false,
      watch: false,
      bail: 1,
      isolate: false,
      fileParallelism: false,
      reporters: [{}],
      provide: { seed, registryArtifact: code as never },
    });
    return new TestKiller(vitest);
  }

  /** @returns the test file that fails with the mutant active; undefined = none */
  async killer(mutant: number): Promise<string | undefined> {
    const project = this.#vitest.getRootProject();
    project.provide("activeMutant", mutant);
    const present = readdirSync(FOLDER);
    for (const file of FILES.filter((name) => present.includes(name))) {
      // earlier failures count towards `bail`
      this.#vitest.state.filesMap.clear();
      const specification = project.createSpecification(`${FOLDER}/${file}`);
      const { testModules, unhandledErrors } = await this.#vitest.runTestSpecifications([specification]);
      const states = testModules.map((module) => module.state());
      if (states.includes("failed") || unhandledErrors.length > 0) return file;
      if (!states.includes("passed")) throw new Error(`${file} did not run: ${states.join()}`);
    }
    return undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#vitest.close();
  }
}
