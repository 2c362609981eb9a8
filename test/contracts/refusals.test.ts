import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Outcome } from "../support/contract/evm.ts";
import { refusal, describeOutcome, type Call } from "../support/contract/calls.ts";
import { addressOf } from "../support/contract/directory.ts";
import { answering, Registry } from "../support/contract/registry.ts";
import { ANCHOR } from "./refusals/anchor.ts";
import type { Boundary, Story, Values } from "./refusals/boundary.ts";
import { directoryBoundaries, type Impostor } from "./refusals/directory.ts";
import { KEYS } from "./refusals/keys.ts";
import { STATUS } from "./refusals/status.ts";

const BOUNDARIES: readonly Boundary[] = [...ANCHOR, ...directoryBoundaries(addressOf), ...KEYS, ...STATUS];
const GARBAGE = `0x${"f".repeat(64)}`;

let registry: Registry;
beforeAll(async () => {
  registry = await Registry.open();
  const codes: Readonly<Record<Exclude<Impostor, "no contract">, string>> = {
    "another's": answering(addressOf("another registry"), registry.address),
    reverting: "0x60006000fd",
    mute: "0x00",
    terse: answering(registry.address),
    garbled: answering(GARBAGE, GARBAGE),
    talkative: answering(registry.address, "0x0", "0x0"),
  };
  for (const [kind, code] of Object.entries(codes)) await registry.place(addressOf(kind), code);
  await registry.stay();
});
beforeEach(async () => await registry.reset());
afterAll(async () => await registry[Symbol.asyncDispose]());

/** Makes the calls of a story. @returns the outcome of the last one */
async function play(story: Story): Promise<Outcome> {
  await registry.reset();
  const calls: Call[] = [...(typeof story === "function" ? story(registry) : story)];
  const last = calls.pop();
  if (last === undefined) throw new RangeError("a story has a call");
  await registry.done(...calls);
  return await registry.send(last);
}
const valuesOf = (values: Values): readonly unknown[] =>
  typeof values === "function" ? values(registry) : values;

describe("every error of the contract's own", () => {
  it("every error of the contract has a boundary here, and each boundary an error of the interface", () => {
    const errors = new Set<string>();
    registry.abi.forEachError(({ name }) => errors.add(name));
    const listed = new Set(BOUNDARIES.map(({ error }) => error));
    expect([...errors].filter((name) => name.startsWith("Registry") && !listed.has(name))).toEqual([]);
    expect([...listed].filter((name) => !errors.has(name))).toEqual([]);
  });
});

describe.each([...new Set(BOUNDARIES.map(({ error }) => error))])("%s", (error) => {
  it.each(BOUNDARIES.filter((each) => each.error === error))(
    `${error} is raised beyond its boundary only: $what`,
    async ({ refused, accepted }) => {
      expect(refused.length).toBeGreaterThan(0);
      expect(accepted.length).toBeGreaterThan(0);
      for (const [i, [values, story]] of refused.entries()) {
        const got = describeOutcome(await play(story));
        expect({ i, got }).toEqual({ i, got: refusal(error, ...valuesOf(values)) });
        const { contract, events } = await registry.heads();
        expect(contract).toEqual(events);
      }
      for (const [i, story] of accepted.entries()) {
        expect({ i, got: describeOutcome(await play(story))[0] }).toEqual({ i, got: "done" });
        const { contract, events } = await registry.heads();
        expect(contract).toEqual(events);
      }
    },
  );
});
