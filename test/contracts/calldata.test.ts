import { getBytes, hexlify, type ParamType } from "ethers";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { refusal, describeOutcome } from "../support/contract/calls.ts";
import { WHO } from "../support/contract/directory.ts";
import { Registry } from "../support/contract/registry.ts";
import { ACTORS, ROWS } from "./matrix/rows.ts";

let registry: Registry;
beforeAll(async () => void (registry = await Registry.open()));
beforeEach(async () => await registry.reset());
afterAll(async () => await registry[Symbol.asyncDispose]());

const WORD = 32;
const SELECTOR = 4;
const SILENT = refusal("");

/** A word of calldata with fewer than 32 bytes of value, and their number. */
interface Narrow {
  readonly at: number;
  readonly bytes: number;
}

/** The narrow words of arguments that begin at `base`, those in structs and arrays of structs too. */
function narrowWords(inputs: readonly ParamType[], data: Uint8Array, base: number): Narrow[] {
  const numberAt = (at: number): number => Number(hexlify(data.subarray(at, at + WORD)));
  return inputs.flatMap((input, i) => {
    const at = base + WORD * i;
    const bytes = widthOf(input.type);
    if (bytes !== undefined) return bytes < WORD ? [{ at, bytes }] : [];
    const target = base + numberAt(at);
    if (input.isTuple()) return narrowWords(input.components, data, target);
    if (!input.isArray() || !input.arrayChildren.isTuple()) return [];
    const first = target + WORD;
    const { components } = input.arrayChildren;
    return Array.from({ length: numberAt(target) }, (_, j) => first + numberAt(first + WORD * j)).flatMap(
      (element) => narrowWords(components, data, element),
    );
  });
}

/** The bytes that a value of an elementary type fills; undefined for the other types. */
function widthOf(type: string): number | undefined {
  if (type === "bool") return 1;
  if (type === "address") return 20;
  const bits = /^uint(\d+)$/.exec(type)?.[1];
  return bits === undefined ? (type === "bytes32" ? WORD : undefined) : Number(bits) / 8;
}

const changed = (data: Uint8Array, at: number, value: number): Uint8Array => data.with(at, value);
const sides = ROWS.filter(({ may }) => may.length > 0).map((row) => ({
  row,
  title: [row.name, row.of].filter(Boolean).join(" "),
}));

/** The bytes of a call that is done as they are. */
function calldataOf({ row }: (typeof sides)[number]): { from: string; data: Uint8Array } {
  const from = ACTORS[row.may[0] ?? "stranger"];
  return {
    from,
    data: getBytes(registry.abi.encodeFunctionData(row.name, row.args(registry, from, "open"))),
  };
}

async function expectRefused(from: string, data: Uint8Array, value?: bigint): Promise<void> {
  const outcome = await registry.sendRaw(from, hexlify(data), value);
  expect({ data: hexlify(data), got: describeOutcome(outcome) }).toEqual({
    data: hexlify(data),
    got: SILENT,
  });
  const { contract, events } = await registry.heads();
  expect(contract).toEqual(events);
}

describe.each(sides)("$title", (side) => {
  it(`${side.title} is done by its bytes`, async () => {
    const { from, data } = calldataOf(side);
    expect(describeOutcome(await registry.sendRaw(from, hexlify(data)))).toEqual([
      "done",
      ...side.row.events,
    ]);
  });

  it(`${side.title} takes no ether`, async () => {
    const { from, data } = calldataOf(side);
    await registry.evm.request("hardhat_setBalance", [from, "0xffff"]);
    await expectRefused(from, data, 1n);
  });

  it(`${side.title} is refused when its bytes are cut short`, async () => {
    const { from, data } = calldataOf(side);
    const lengths = data.length === SELECTOR ? [SELECTOR - 1] : [SELECTOR, SELECTOR + WORD - 1];
    for (const length of lengths) await expectRefused(from, data.subarray(0, length));
  });

  it(`${side.title} is refused when a word exceeds its type`, async () => {
    const { from, data } = calldataOf(side);
    const inputs = registry.abi.getFunction(side.row.name)?.inputs ?? [];
    const args = data.subarray(SELECTOR);
    const words = narrowWords(inputs, args, 0);
    expect(words.length > 0).toBe(inputs.length > 0);
    for (const { at, bytes } of words) {
      await expectRefused(from, changed(data, SELECTOR + at, 0x80));
      await expectRefused(from, changed(data, SELECTOR + at + WORD - bytes - 1, 1));
    }
  });
});

describe("what is not a call of the interface", () => {
  it.each([
    ["plain ether", "0x", 1n],
    ["no data", "0x", 0n],
    ["an unknown selector", "0x12345678", 0n],
    ["three bytes of data", "0x123456", 0n],
  ])("a transaction with %s is refused", async (_, data, value) => {
    await registry.evm.request("hardhat_setBalance", [WHO.stranger, "0xffff"]);
    await expectRefused(WHO.stranger, getBytes(data), value);
  });

  it("the registry has no ether after refused transactions", async () => {
    expect(await registry.evm.request("eth_getBalance", [registry.address, "latest"])).toBe("0x0");
  });
});

describe("the words of calldata that are looked at", () => {
  it("words of structs and of arrays of structs are found too", () => {
    const count = (name: string): number => {
      const side = sides.find(({ row }) => row.name === name);
      if (side === undefined) throw new RangeError(name);
      const inputs = registry.abi.getFunction(name)?.inputs ?? [];
      return narrowWords(inputs, calldataOf(side).data.subarray(SELECTOR), 0).length;
    };
    expect(["anchor", "setStatus", "registerInstitution", "addKey", "defineScene"].map(count)).toEqual([
      5, 6, 2, 4, 2,
    ]);
  });
});
