import fc from "fast-check";
import { FunctionFragment } from "ethers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import artifact from "../../src/chain/registry/registry.artifact.json" with { type: "json" };
import { sized } from "../support/scale.ts";
import { MOVES } from "./model/moves.ts";
import { play, playEvery, playNeighbours, stepsOf, type Tally } from "./model/run.ts";
import { Stage } from "./model/stage.ts";

/** Runs of {@link LENGTH} calls each; MODEL_RUNS asks for more. */
const RUNS = Number(process.env["MODEL_RUNS"] ?? sized({ quick: 40, short: 120 }));
const LENGTH = 100;

describe("the contract beside a model of its NatSpec", () => {
  const tally: Tally = new Map();
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.create(artifact);
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  it("every function that changes state is drawn by the model", () => {
    const changing = stage.abi.fragments
      .filter((fragment) => fragment instanceof FunctionFragment)
      .filter(({ constant }) => !constant);
    expect(Object.keys(MOVES).sort()).toEqual(changing.map(({ name }) => name).sort());
  });

  it("a plain call of each function is accepted, after the same by a stranger was refused", async () => {
    await playEvery(stage, tally);
    const isPositive = (count: unknown): boolean => Number(count) > 0;
    for (const name of Object.keys(MOVES)) {
      const counts = { name, ...tally.get(name) };
      expect(counts).toEqual({
        name,
        accepted: counts.accepted,
        refused: expect.toSatisfy(isPositive) as unknown,
      });
      expect(counts.accepted).toSatisfy(isPositive);
    }
  });

  it("contract and model agree on calls in which one part is varied", async () => {
    await playNeighbours(stage, tally);
  });

  it(
    "contract and model act, refuse, emit and answer the same in any sequence of calls",
    { timeout: 60_000 + RUNS * 5_000 },
    async () => {
      const property = fc.asyncProperty(stepsOf(LENGTH), (steps) => play(stage, steps, tally));
      await fc.assert(property, { numRuns: RUNS });
    },
  );

  it("each function was both accepted and refused in these sequences", () => {
    const onesided = Object.keys(MOVES).filter((name) => {
      const { accepted, refused } = tally.get(name) ?? { accepted: 0, refused: 0 };
      return accepted === 0 || refused === 0;
    });
    expect(onesided).toEqual([]);
  });
});
