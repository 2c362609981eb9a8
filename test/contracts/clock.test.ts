import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { call } from "../support/contract/calls.ts";
import { group, NOW, WHO } from "../support/contract/directory.ts";
import { Registry } from "../support/contract/registry.ts";

const MILLISECONDS_ABOVE = 100_000_000_000;

let registry: Registry;
beforeAll(async () => void (registry = await Registry.open()));
beforeEach(async () => await registry.reset());
afterAll(async () => await registry[Symbol.asyncDispose]());

/** When an entry of a block with this time says that it was recorded. */
async function recordedAt(blockTime: number): Promise<unknown> {
  const outcome = await registry.send(call(WHO.issuer, "anchor", [[group()]], blockTime));
  return outcome.kind === "done" ? outcome.events[0]?.args["recordedAt"] : outcome.error;
}

describe("the time of an entry", () => {
  it("the time of an entry is the block's, in seconds", async () => {
    expect(await recordedAt(NOW)).toBe(BigInt(NOW));
    expect(await recordedAt(NOW + 1)).toBe(BigInt(NOW + 1));
  });

  it("the time of an entry is the block's in seconds, rounded down, where that is in milliseconds", async () => {
    expect(await recordedAt((NOW + 5) * 1_000)).toBe(BigInt(NOW + 5));
    expect(await recordedAt((NOW + 5) * 1_000 + 999)).toBe(BigInt(NOW + 5));
    expect(await recordedAt((NOW + 6) * 1_000)).toBe(BigInt(NOW + 6));
  });

  it("block times are in seconds up to 10^11, and in milliseconds above", async () => {
    expect(await recordedAt(MILLISECONDS_ABOVE)).toBe(BigInt(MILLISECONDS_ABOVE));
    expect(await recordedAt(MILLISECONDS_ABOVE + 1)).toBe(BigInt(MILLISECONDS_ABOVE));
  });

  it("the time of an entry never decreases, even where a chain changes to milliseconds", async () => {
    expect(await recordedAt(MILLISECONDS_ABOVE + 1)).toBe(BigInt(NOW));
    expect(await recordedAt(MILLISECONDS_ABOVE + 2)).toBe(BigInt(NOW));
    const { contract, events } = await registry.heads();
    expect(contract).toEqual(events);
  });

  it("windows of keys are checked against the same time", async () => {
    const late = call(WHO.early, "anchor", [[group()]], (NOW + 86_400) * 1_000 - 1);
    expect(await registry.send(late)).toMatchObject({ kind: "refused", error: "RegistryKeyNotInForce" });
    expect(await registry.send({ ...late, at: (NOW + 86_400) * 1_000 })).toMatchObject({ kind: "done" });
  });
});
