import { describe, expect, it } from "vitest";
import { instrument } from "../../scripts/mutation/instrument.ts";
import { listMutants } from "../../scripts/mutation/mutants.ts";
import { hashOf, named, readReasons, type Result } from "../../scripts/mutation/result.ts";
import { contractSources } from "../../scripts/mutation/solidity.ts";
import json from "./mutants.json" with { type: "json" };

const result: Result = json;
const sources = contractSources();

describe("the result of `npm run mutate`", () => {
  const mutants = listMutants(sources);

  it("the result of the mutation is of the present contracts", () => {
    expect(result.contracts).toBe(hashOf(sources));
  });

  it("the result of the mutation counts every present mutant", () => {
    expect(result.total).toBe(mutants.length);
    expect(result.killed + result.equivalent.length).toBe(result.total);
    expect(Object.values(result.byKiller).reduce((sum, count) => sum + count, 0)).toBe(result.killed);
  });

  it("no mutant survives", () => {
    expect(result.survived).toEqual([]);
  });

  it("the equivalent mutants are those with a written reason", () => {
    const reasons = readReasons(mutants);
    const listed = mutants.flatMap((mutant) => {
      const reason = reasons.get(mutant.id);
      return reason === undefined ? [] : [{ ...named(mutant), reason }];
    });
    expect(result.equivalent).toEqual(listed);
    expect(listed.filter(({ reason }) => reason.trim() === "")).toEqual([]);
  });
});

describe("the list of mutants", () => {
  const source = `// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;
contract Example {
    uint8 private constant STATE_A = 1;
    uint8 private constant STATE_B = 2;
    uint8 private _state;
    event Set(uint8 state, uint8 before);
    error Refused();
    function set(uint8 state) external {
        if (state < STATE_A || state == _state) revert Refused();
        uint8 before = _state;
        _state = state;
        emit Set(state, before);
    }
}
`;
  const example = new Map([["Example.sol", source]]);
  const mutants = listMutants(example);

  it("mutants force conditions, shift bounds, swap alternatives, and drop changes and events", () => {
    expect(mutants.map(({ mutated }) => mutated).sort()).toEqual(
      [
        "true",
        "false",
        "true || state == _state",
        "false || state == _state",
        "state <= STATE_A || state == _state",
        "state < uint8(0) || state == _state",
        "state < uint8(2) || state == _state",
        "state < STATE_A || true",
        "state < STATE_A || false",
        "state < STATE_A || state != _state",
        "(nothing)",
        "(nothing)",
        "emit Set(before, state);",
      ].sort(),
    );
  });

  it("the instrumented source holds each mutant once", () => {
    const text = instrument(example, mutants).get("Example.sol") ?? "";
    const switches = [...text.matchAll(/mutated\((\d+)\)/gv)].map(([, id]) => Number(id));
    expect(switches.sort((a, b) => a - b)).toEqual(mutants.map(({ id }) => id));
  });
});
