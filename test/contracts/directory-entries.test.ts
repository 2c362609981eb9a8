import { createHash } from "node:crypto";
import { AbiCoder, getBytes, getCreateAddress, id, toBeHex } from "ethers";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { call, describeOutcome } from "../support/contract/calls.ts";
import { MADE_AT, NOW, ROLES, WHO } from "../support/contract/directory.ts";
import { creation, Registry, SUCCESSOR } from "../support/contract/registry.ts";
import { change, CHANGES, type Change } from "./directory/changes.ts";

let registry: Registry;
beforeAll(async () => void (registry = await Registry.open()));
beforeEach(async () => await registry.reset());
afterAll(async () => await registry[Symbol.asyncDispose]());

/** SHA-256(topic0 ‖ abi.encode(…)) of an event with these values, by the signature in the interface. */
function payloadOf(name: string, values: readonly unknown[]): Buffer {
  const event = registry.abi.getEvent(name);
  if (event === null) throw new RangeError(name);
  const types = event.inputs
    .filter((input) => !["index", "recordedAt"].includes(input.name))
    .map(({ type }) => type);
  const topic0 = id(`${name}(${event.inputs.map(({ type }) => type).join(",")})`);
  return createHash("sha256")
    .update(getBytes(topic0))
    .update(getBytes(AbiCoder.defaultAbiCoder().encode(types, values)))
    .digest();
}

/** The 80 bytes of a directory entry. */
function entryOf({ event, call: { from }, values, institution }: Change, recordedAt: number): Buffer {
  return Buffer.concat([
    Uint8Array.of(1, 5, 0, 0),
    getBytes(toBeHex(institution, 4)),
    getBytes(toBeHex(0, 4)),
    getBytes(toBeHex(recordedAt, 8)),
    getBytes(toBeHex(0, 8)),
    payloadOf(event, [...values, from]),
    getBytes(from),
  ]);
}

const isIncluded = async (entry: Uint8Array, index: number): Promise<unknown> => {
  const { size, proof } = registry.inclusion(index);
  return (await registry.read("verifyInclusion", [entry, index, size, proof]))[0];
};

describe("every event of the directory", () => {
  it("every event of the directory is among these changes", () => {
    const names: string[] = [];
    registry.abi.forEachEvent(({ name, inputs }) => {
      const parameters = inputs.map((input) => input.name);
      if (parameters.includes("index") && parameters.includes("recordedAt")) names.push(name);
    });
    const directory = names.filter((name) => name !== "Anchored" && name !== "StatusSet");
    expect([...new Set(CHANGES.map(({ event }) => event))].sort()).toEqual(directory.sort());
  });
});

describe.each(CHANGES.map((each) => ({ each, title: [each.event, each.of].filter(Boolean).join(", ") })))(
  "$title",
  ({ each }) => {
    it(`${each.event} is in the log as the SHA-256 of topic and parameters, and not with a byte changed`, async () => {
      const index = await registry.done(each.call);
      const entry = entryOf(each, NOW);
      expect(await isIncluded(entry, index)).toBe(true);
      for (let at = 0; at < entry.length; at++) {
        const changed = entry.with(at, (entry[at] ?? 0) ^ 1);
        expect({ at, is: await isIncluded(changed, index) }).toEqual({ at, is: false });
      }
    });

    it(`the event ${each.event} has the same parameters as its entry`, async () => {
      const index = registry.log.size;
      const outcome = await registry.send(each.call);
      const event =
        outcome.kind === "done" ? outcome.events.find(({ name }) => name === each.event) : undefined;
      const parameters = registry.abi.getEvent(each.event)?.inputs.map(({ name }) => name) ?? [];
      const said = parameters.map((name) => event?.args[name]);
      const values = [...each.values];
      const whole = parameters.map(
        (name) => ({ index, recordedAt: NOW, recordedBy: each.call.from })[name] ?? values.shift(),
      );
      expect(said.map(plainly)).toEqual(whole.map(plainly));
    });
  },
);

const plainly = (value: unknown): string => String(value).toLowerCase();

describe("the registry's first entries", () => {
  it("the registry's first entries are the roles of the constructor, each as RoleSet", async () => {
    const given = [ROLES.governor, ROLES.accreditor, ROLES.sceneKeeper, ROLES.pauser];
    for (const [index, role] of given.entries()) {
      const values = [role, WHO.governor, true];
      const made = change("RoleSet", call(WHO.governor, "the constructor"), values);
      expect(await isIncluded(entryOf(made, MADE_AT), index)).toBe(true);
      expect(await isIncluded(entryOf({ ...made, values: [role, WHO.stranger, true] }, MADE_AT), index)).toBe(
        false,
      );
    }
  });
});

describe("a registry that was made to continue this one", () => {
  const deploy = async (predecessor: string, nonce: number): Promise<string> => {
    const bytecode = creation(registry.code.bytecode, predecessor);
    await registry.evm.request("hardhat_setNonce", [WHO.stranger, `0x${nonce.toString(16)}`]);
    await registry.evm.request("hardhat_impersonateAccount", [WHO.stranger]);
    const transaction = { from: WHO.stranger, data: bytecode, gas: "0xf42400", gasPrice: "0x0" };
    await registry.evm.setTime(registry.now);
    await registry.evm.request("eth_sendTransaction", [transaction]);
    return getCreateAddress({ from: WHO.stranger, nonce });
  };

  it("a registry that names this one as predecessor is accepted as successor, and both say so", async () => {
    const next = await deploy(registry.address, 7);
    await registry.done(call(WHO.governor, "nameSuccessor", [next]));
    expect((await registry.read("chainOfRegistries")).map(plainly)).toEqual([
      `0x${"0".repeat(40)}`,
      plainly(next),
    ]);
    const data = registry.abi.encodeFunctionData("chainOfRegistries");
    const answer = await registry.evm.request("eth_call", [{ to: next, data }, "latest"]);
    const said = registry.abi.decodeFunctionResult("chainOfRegistries", answer as string).toArray();
    expect(said.map(plainly)).toEqual([registry.address, `0x${"0".repeat(40)}`]);
  });

  it("a registry that names another predecessor is refused as successor", async () => {
    const next = await deploy(SUCCESSOR, 7);
    const got = describeOutcome(await registry.send(call(WHO.governor, "nameSuccessor", [next])));
    expect(got).toEqual(["RegistryNotASuccessor", plainly(next)]);
  });
});
