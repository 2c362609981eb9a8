import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { NOTHING, type Inclusion } from "../support/contract/log-copy.ts";
import { call, refusal, describeOutcome } from "../support/contract/calls.ts";
import { addKey, BANK, WHO } from "../support/contract/directory.ts";
import { Registry } from "../support/contract/registry.ts";
import { FORGERIES, type Forgery } from "./status/forgeries.ts";

const REVOKE = 1;
const SUPERSEDE = 4;

let registry: Registry;
beforeAll(async () => void (registry = await Registry.open()));
beforeEach(async () => await registry.reset());
afterAll(async () => await registry[Symbol.asyncDispose]());

const isIncluded = async ({ entry, index, size, proof }: Inclusion): Promise<unknown> =>
  (await registry.read("verifyInclusion", [entry, index, size, proof]))[0];
const revoke = async (document: Inclusion): Promise<string[]> =>
  describeOutcome(await registry.send(call(WHO.issuer, "setStatus", [document, REVOKE, 1, NOTHING])));
const supersede = async (document: Inclusion, successor: Inclusion): Promise<string[]> =>
  describeOutcome(await registry.send(call(WHO.issuer, "setStatus", [document, SUPERSEDE, 2, successor])));
const open = (): Inclusion => registry.inclusion(registry.marks.open);

/** The contract's refusal of a forgery; one that is in the log is refused for its kind. */
const expected = ({ refused }: Forgery, forged: Inclusion): string[] => refusal(...refused(forged));

describe("what the log holds", () => {
  it("an entry of the log is accepted as document and as successor", async () => {
    expect(await isIncluded(open())).toBe(true);
    expect(await supersede(open(), registry.inclusion(registry.marks.spare))).toEqual(["done", "StatusSet"]);
  });

  it("an entry is proven at every size at which a transaction ended, and not at the next index", async () => {
    for (const size of registry.sizes) {
      for (const index of new Set([0, 1, size >> 1, size - 1])) {
        if (index >= size) continue;
        const true_ = registry.inclusion(index, size);
        expect({ size, index, is: await isIncluded(true_) }).toEqual({ size, index, is: true });
        expect(await isIncluded({ ...true_, index: index + 1 })).toBe(false);
      }
    }
  });

  it("an entry is proven at no other index, whatever the shape of the tree", async () => {
    for (const size of registry.sizes) {
      for (let index = 0; size < 10 && index < size; index++) {
        const held = registry.inclusion(index, size);
        for (let other = 0; other <= size; other++)
          expect({ size, index, other, is: await isIncluded({ ...held, index: other }) }).toEqual({
            size,
            index,
            other,
            is: other === index,
          });
      }
    }
  });

  it("a document is accepted with a proof of every later size", async () => {
    const { open: index } = registry.marks;
    const sizes = [...registry.sizes].filter((size) => size > index);
    expect(sizes.length).toBeGreaterThan(5);
    for (const size of sizes) {
      await registry.reset();
      expect(await revoke(registry.inclusion(index, size))).toEqual(["done", "StatusSet"]);
    }
  });
});

describe.each(FORGERIES)("$what", (forgery) => {
  it(`${forgery.what} is not accepted as document`, async () => {
    for (const forged of forgery.of(registry, "open")) {
      expect({ forged, got: await revoke(forged) }).toEqual({ forged, got: expected(forgery, forged) });
    }
    const { contract, events } = await registry.heads();
    expect(contract).toEqual(events);
  });

  it(`${forgery.what} is not accepted as successor`, async () => {
    for (const forged of forgery.of(registry, "spare")) {
      const got = await supersede(open(), forged);
      expect({ forged, got }).toEqual({ forged, got: expected(forgery, forged) });
    }
    const { contract, events } = await registry.heads();
    expect(contract).toEqual(events);
  });

  it(`${forgery.what} is ${forgery.held === true ? "" : "not "}in the log`, async () => {
    const all = [...forgery.of(registry, "open"), ...forgery.of(registry, "spare")];
    expect(all.length).toBeGreaterThan(0);
    for (const forged of all) {
      expect({ forged, is: await isIncluded(forged) }).toEqual({ forged, is: forgery.held === true });
    }
  });
});

describe("verifyInclusion", () => {
  const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  const bytes = (options: fc.IntArrayConstraints): fc.Arbitrary<string> =>
    fc.uint8Array(options).map((array) => `0x${Buffer.from(array).toString("hex")}`);
  const hash = bytes({ minLength: 32, maxLength: 32 });

  it("verifyInclusion is false for what the log does not hold, and never reverts", async () => {
    const absurd = fc.record({
      entry: fc.oneof(bytes({ maxLength: 200 }), bytes({ minLength: 80, maxLength: 80 })),
      index: fc.oneof(u64, fc.nat(60).map(BigInt)),
      size: fc.oneof(u64, fc.constantFrom(...registry.sizes).map(BigInt)),
      proof: fc.array(hash, { maxLength: 70 }),
    });
    await fc.assert(
      fc.asyncProperty(absurd, async (claim) => {
        expect(await isIncluded(claim)).toBe(false);
      }),
      { numRuns: 200 },
    );
  });

  it("verifyInclusion is false for an entry with any one bit changed", async () => {
    const sizes = [...registry.sizes];
    const place = fc.record({
      size: fc.constantFrom(...sizes),
      at: fc.nat(),
      bit: fc.nat(80 * 8 - 1),
    });
    await fc.assert(
      fc.asyncProperty(place, async ({ size, at, bit }) => {
        const held = registry.inclusion(at % size, size);
        const entry = Buffer.from(held.entry.slice(2), "hex");
        entry.writeUInt8(entry.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        expect(await isIncluded(held)).toBe(true);
        expect(await isIncluded({ ...held, entry: `0x${entry.toString("hex")}` })).toBe(false);
      }),
      { numRuns: 100 },
    );
  });
});

describe("an accreditor that has a key as well", () => {
  const status = (): Parameters<typeof call>[2] => [
    registry.inclusion(registry.marks.ofSuspended),
    2,
    5,
    NOTHING,
  ];

  it("an accreditor with a key acts as governance on documents of other institutions", async () => {
    await registry.done(...addKey(BANK.both, WHO.accreditor));
    const index = await registry.done(call(WHO.accreditor, "setStatus", status()));
    expect((await registry.read("statusOf", [registry.marks.ofSuspended]))[0]).toEqual([
      2n,
      5n,
      0n,
      0n,
      BigInt(index),
      BigInt(registry.now),
    ]);
  });

  it("an accreditor with a key acts as the institution on its own documents", async () => {
    await registry.done(
      call(WHO.accreditor, "setInstitutionState", [BANK.suspended, 1]),
      ...addKey(BANK.suspended, WHO.accreditor),
      call(WHO.accreditor, "setStatus", status()),
    );
    const [found] = await registry.read("statusOf", [registry.marks.ofSuspended]);
    expect((found as unknown[])[2]).toBe(BigInt(BANK.suspended));
  });
});
