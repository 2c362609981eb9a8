/** Runs the command sequences of test/contracts/model.test.ts against a mutant. */
import fc from "fast-check";
import { play, playEvery, playNeighbours, stepsOf } from "../../test/contracts/model/run.ts";
import { Stage, type Code } from "../../test/contracts/model/stage.ts";
import { Evm } from "../../test/support/contract/evm.ts";
import { MUTANT_SWITCH } from "./instrument.ts";

const LENGTH = 100;

/** Reuses one chain for all mutants. */
export class ModelKiller implements AsyncDisposable {
  readonly #evm: Evm;
  readonly #code: Code;
  readonly #runs: Parameters<typeof play>[1][];
  #pristine: unknown;

  private constructor(evm: Evm, code: Code, seed: number, runs: number) {
    this.#evm = evm;
    this.#code = code;
    this.#runs = fc.sample(stepsOf(LENGTH), { seed, numRuns: runs });
  }

  static async create(options: { code: Code; seed: number; runs: number }): Promise<ModelKiller> {
    const evm = await Evm.create(options.code.abi);
    return new ModelKiller(evm, options.code, options.seed, options.runs);
  }

  /** @returns the failure with the mutant active; undefined = none */
  async fault(mutant: number): Promise<string | undefined> {
    if (this.#pristine !== undefined) await this.#evm.request("evm_revert", [this.#pristine]);
    this.#pristine = await this.#evm.request("evm_snapshot", []);
    await this.#evm.request("hardhat_setBalance", [MUTANT_SWITCH, `0x${mutant.toString(16)}`]);
    try {
      const stage = await Stage.on(this.#evm, this.#code);
      await playEvery(stage, new Map());
      for (const steps of this.#runs.slice(0, 2)) await play(stage, steps, new Map());
      await playNeighbours(stage, new Map());
      for (const steps of this.#runs.slice(2)) await play(stage, steps, new Map());
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#evm[Symbol.asyncDispose]();
  }
}
