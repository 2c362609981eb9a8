import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { call, describeOutcome, type Call } from "../support/contract/calls.ts";
import { keyIdOf, publicKey, WHO } from "../support/contract/directory.ts";
import { Registry, SUCCESSOR } from "../support/contract/registry.ts";
import { ACTORS, ALL_ACTORS, ROWS, type Actor, type Row, type State } from "./matrix/rows.ts";
import { VIEWS } from "./matrix/views.ts";

const INTO: Readonly<Record<State, Call[]>> = {
  open: [],
  paused: [call(WHO.pauser, "setPaused", [true])],
  succeeded: [call(WHO.governor, "nameSuccessor", [SUCCESSOR])],
};

let registry: Registry;
beforeAll(async () => void (registry = await Registry.open()));
afterAll(async () => await registry[Symbol.asyncDispose]());

/** The outcome for `actor`. */
function expected(row: Row, actor: Actor, state: State): string[] {
  const who = ACTORS[actor];
  const instead = state === "open" ? undefined : row.instead?.(who, state);
  if (instead !== undefined) return instead;
  return row.may.includes(actor) ? ["done", ...row.events] : row.refused(who, registry, actor);
}

describe("the interface", () => {
  const namesOf = (views: boolean): string[] => {
    const names: string[] = [];
    registry.abi.forEachFunction(({ name, stateMutability }) => {
      if (["view", "pure"].includes(stateMutability) === views) names.push(name);
    });
    return names.sort();
  };

  it("the callers of every function that changes state are listed here", () => {
    expect([...new Set(ROWS.map(({ name }) => name))].sort()).toEqual(namesOf(false));
  });

  it("the answers of every view are listed here", () => {
    expect([...new Set(VIEWS.map(({ name }) => name))].sort()).toEqual(namesOf(true));
  });

  it("the interface takes no ether", () => {
    registry.abi.forEachFunction(({ payable }) => expect(payable).toBe(false));
    expect([registry.abi.fallback, registry.abi.receive]).toEqual([null, false]);
  });
});

describe.each(Object.keys(INTO) as State[])("who may do what in a registry that is %s", (state) => {
  let back: () => Promise<void>;
  beforeAll(async () => {
    await registry.reset();
    await registry.done(...INTO[state]);
    back = await registry.stay();
  });
  beforeEach(async () => await registry.reset());
  afterAll(async () => await back());

  it.each(ROWS.map((row) => ({ row, title: [row.name, row.of].filter(Boolean).join(" ") })))(
    `$title has the listed outcome for each actor, and the log follows its events, while ${state}`,
    async ({ row }) => {
      for (const actor of ALL_ACTORS) {
        const who = ACTORS[actor];
        const outcome = await registry.send(call(who, row.name, row.args(registry, who, state)));
        expect({ actor, got: describeOutcome(outcome) }).toEqual({ actor, got: expected(row, actor, state) });
        const { contract, events } = await registry.heads();
        expect({ actor, head: contract }).toEqual({ actor, head: events });
        if (outcome.kind === "done") await registry.reset();
      }
    },
  );
});

describe("what calls return", () => {
  /** By function, for the first row of its name. */
  const RETURNED: Readonly<Record<string, (registry: Registry) => unknown>> = {
    anchor: ({ log }) => BigInt(log.size),
    setStatus: ({ log }) => BigInt(log.size),
    registerInstitution: () => 6n,
    registerOperator: () => 3n,
    addOperatorKey: () => keyIdOf(1, 1, publicKey("new")),
    defineScene: () => 3n,
  };
  beforeEach(async () => await registry.reset());

  it("the results of every function with a result are listed here", () => {
    const names: string[] = [];
    registry.abi.forEachFunction(({ name, constant, outputs }) => {
      if (!constant && outputs.length > 0) names.push(name);
    });
    expect(names.sort()).toEqual(Object.keys(RETURNED).sort());
  });

  it.each(Object.keys(RETURNED))("%s returns the index or id of its event", async (name) => {
    const row = ROWS.find((each) => each.name === name);
    const from = ACTORS[row?.may[0] ?? "stranger"];
    const data = registry.abi.encodeFunctionData(name, row?.args(registry, from, "open") ?? []);
    const result = await registry.evm.request("eth_call", [{ from, to: registry.address, data }, "latest"]);
    expect(registry.abi.decodeFunctionResult(name, result as string)[0]).toBe(RETURNED[name]?.(registry));
  });
});

describe("what a stranger may read", () => {
  beforeEach(async () => await registry.reset());
  it.each(VIEWS)("a stranger may read $name: $what", async ({ name, args, answer }) => {
    const given = args?.(registry) ?? [];
    const data = registry.abi.encodeFunctionData(name, given);
    const request = { from: WHO.stranger, to: registry.address, data };
    const result = (await registry.evm.request("eth_call", [request, "latest"])) as string;
    const plain = registry.abi.decodeFunctionResult(name, result).toArray(true) as unknown[];
    expect(lower(plain)).toEqual(lower(answer(registry)));
  });
});

const lower = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, each: unknown) =>
      typeof each === "bigint" ? String(each) : typeof each === "number" ? String(each) : each,
    ).toLowerCase(),
  );
