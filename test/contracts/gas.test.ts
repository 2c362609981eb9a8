import { Interface } from "ethers";
import { beforeAll, describe, expect, it } from "vitest";
import { measureGas, type GasSnapshot } from "../support/contract/gas-snapshot.ts";
import artifact from "../../src/chain/registry/registry.artifact.json" with { type: "json" };
import approved from "./gas.snapshot.json" with { type: "json" };

let measured: GasSnapshot;
beforeAll(async () => void (measured = await measureGas(artifact)));

describe("gas", () => {
  it("gas is the approved one to the unit; `node scripts/snapshot-contracts.ts` approves another", () => {
    expect(measured).toEqual(approved);
  });

  it("gas is approved for every function that changes state", () => {
    const priced = new Set(Object.keys(measured).map((what) => what.replace(/,.*/, "")));
    const missing: string[] = [];
    new Interface(artifact.abi).forEachFunction(({ name, constant }) => {
      if (!constant && !priced.has(name)) missing.push(name);
    });
    expect(missing).toEqual([]);
  });
});
