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

  it("every function that changes state is drawn", () => {
    const changing = stage.abi.fragments
      .filter((fragment) => fragment instanceof FunctionFragment)
      .filter(({ constant }) => !constant);
    expect(Object.keys(MOVES).sort()).toEqual(changing.map(({ name }) => name).sort());
  });

  it("a plain call of each is accepted, after the same by a stranger was refused", async () => {
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

  it("so it is where one part of such a call is another, near or odd", async () => {
    await playNeighbours(stage, tally);
  });

  it(
    "does, refuses, emits and answers the same in any sequence of calls",
    { timeout: 60_000 + RUNS * 5_000 },
    async () => {
      const property = fc.asyncProperty(stepsOf(LENGTH), (steps) => play(stage, steps, tally));
      await fc.assert(property, { numRuns: RUNS });
    },
  );

  it("in the course of which each was both accepted and refused", () => {
    const onesided = Object.keys(MOVES).filter((name) => {
      const { accepted, refused } = tally.get(name) ?? { accepted: 0, refused: 0 };
      return accepted === 0 || refused === 0;
    });
    expect(onesided).toEqual([]);
  });
});
