/** Tests the decoder of directory events against ethers, which encodes them here, and against the contract's own interface. */
import { AbiCoder, getBytes, type EventFragment, type ParamType } from "ethers";
import fc from "fast-check";
import { describe, expect, inject, it } from "vitest";
import { registry } from "../../src/chain/registry/registry.ts";
import { toHex } from "../../src/core/bytes.ts";
import { INSTITUTION_ROLES, INSTITUTION_STATES, KEY_PURPOSES, scenesOf } from "../../src/core/directory.ts";
import { slugOf } from "../../src/core/entry.ts";
import { decodeText } from "../../src/core/visible.ts";
import { decodeDirectoryEvent } from "../../src/log/directory-event.ts";
import { HOSTILE } from "../support/contract/raw-texts.ts";

type Values = Readonly<Record<string, unknown>>;

/** The contract's events that make directory entries, with the parameters that an entry commits to. */
const EVENTS = registry.fragments
  .filter((fragment): fragment is EventFragment => fragment.type === "event")
  .filter(({ name, inputs }) => inputs[0]?.name === "index" && name !== "Anchored" && name !== "StatusSet")
  .map(({ name, topicHash, inputs }) => ({
    name,
    topicHash,
    inputs: inputs.filter((input) => input.name !== "index" && input.name !== "recordedAt"),
  }));
type Known = (typeof EVENTS)[number];

const bytes = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });
/** Texts that a caller may send: any bytes, characters, and what is hostile. */
const text = fc.oneof(
  fc.uint8Array({ maxLength: 70 }),
  fc.string({ unit: "grapheme" }).map((each) => new TextEncoder().encode(each)),
  fc.constantFrom(...Object.values(HOSTILE)),
);
const KINDS: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  uint8: fc.integer({ min: 0, max: 255 }),
  uint32: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  uint64: fc.maxSafeNat(),
  uint256: bytes(32).map((each) => BigInt(`0x${toHex(each)}`)),
  bool: fc.boolean(),
  address: bytes(20).map((each) => `0x${toHex(each)}`),
  bytes32: bytes(32),
  bytes: fc.uint8Array({ maxLength: 200 }),
  string: text,
};
/** Numbers that stand for words: others are not understood. */
const CODES: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  roles: fc.integer({ min: 0, max: 3 }),
  state: fc.constantFrom(...Object.values(INSTITUTION_STATES)),
  purpose: fc.constantFrom(...Object.values(KEY_PURPOSES)),
};

const valuesOf = ({ inputs }: Known): fc.Arbitrary<Values> =>
  fc.record(
    Object.fromEntries(inputs.map(({ name, type }) => [name, CODES[name] ?? KINDS[type] ?? fc.constant(0)])),
  );

function encode({ topicHash, inputs }: Known, values: Values): Uint8Array {
  const types = inputs.map(({ type }: ParamType) => (type === "string" ? "bytes" : type));
  const encoded = AbiCoder.defaultAbiCoder().encode(
    types,
    inputs.map(({ name }) => values[name]),
  );
  return Buffer.concat([getBytes(topicHash), getBytes(encoded)]);
}

/** Changes of an operator's key name the key by its id alone. */
const isLeftOut = (event: string, field: string): boolean =>
  field === "operator" && /^OperatorKey(?!Added)/.test(event);

/** What the facts are by the parameters' names: `KeyAdded` with a `key` is the type "key-added" with a `key`. */
function factsOf({ name, inputs }: Known, values: Values): object {
  const facts: Record<string, unknown> = {
    type: name.replace(/[A-Z]/g, (letter, at: number) => `${at === 0 ? "" : "-"}${letter.toLowerCase()}`),
    institution: 0,
  };
  const names: Record<string, string> = {};
  for (const { name: field, type } of inputs) {
    const value = values[field];
    const read = type === "string" ? decodeText(value as Uint8Array) : value;
    if (isLeftOut(name, field)) continue;
    if (field.startsWith("name") && field !== "name") names[field] = read as string;
    else if (field === "scenes") facts[field] = scenesOf(value as bigint);
    else if (field === "roles")
      facts[field] = Object.entries(INSTITUTION_ROLES).flatMap(([role, bit]) =>
        (value as number) & bit ? [role] : [],
      );
    else if (field === "state") facts[field] = slugOf(INSTITUTION_STATES, value as number, field);
    else if (field === "purpose") facts[field] = slugOf(KEY_PURPOSES, value as number, field);
    else facts[field] = read;
  }
  if ("nameEn" in names)
    facts["names"] = { en: names["nameEn"], "zh-Hans": names["nameZhHans"], "zh-Hant": names["nameZhHant"] };
  return facts;
}

const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, each: unknown) => (each instanceof Uint8Array ? toHex(each) : each)));

describe.each(EVENTS)("the event $name", (event) => {
  const settings = { seed: inject("seed"), numRuns: 100 };

  it("is decoded as it was encoded, whatever bytes its texts are", () => {
    fc.assert(
      fc.property(valuesOf(event), (values) => {
        expect(plain(decodeDirectoryEvent(encode(event, values)))).toEqual(plain(factsOf(event, values)));
      }),
      settings,
    );
  });

  it("is not understood where it ends early", () => {
    const [values] = fc.sample(valuesOf(event), { seed: inject("seed"), numRuns: 1 });
    const encoded = encode(event, values ?? {});
    for (let length = 0; length < encoded.length; length++)
      expect(() => decodeDirectoryEvent(encoded.subarray(0, length))).toThrowCode("EVENT_UNREADABLE");
  });

  it("with any word changed to the largest it is refused, or differs", () => {
    const [values] = fc.sample(valuesOf(event), { seed: inject("seed"), numRuns: 1 });
    const encoded = encode(event, values ?? {});
    for (const [word, { name }] of event.inputs.entries()) {
      if (isLeftOut(event.name, name)) continue;
      const changed = Uint8Array.from(encoded).fill(0xff, 32 + word * 32, 64 + word * 32);
      const decoded = (() => {
        try {
          return plain(decodeDirectoryEvent(changed));
        } catch (error) {
          return error;
        }
      })();
      expect(decoded).not.toEqual(plain(factsOf(event, values ?? {})));
    }
  });
});

describe("what makes no directory entry", () => {
  it.each(["Anchored", "StatusSet", "RoleGranted"])("the event %s is not understood", (name) => {
    const topic = getBytes(registry.getEvent(name)?.topicHash ?? "0x");
    const event = Buffer.concat([topic, new Uint8Array(512)]);
    expect(() => decodeDirectoryEvent(event)).toThrowCode("EVENT_UNREADABLE");
  });

  it("every event of the contract that has an index is known", () => {
    expect(EVENTS.length).toBe(19);
  });
});
