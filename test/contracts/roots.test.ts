import { createHash } from "node:crypto";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BareRegistry, type Mined } from "../support/contract/bare-registry.ts";
import type { DocumentGroup } from "../../src/anchor/ports.ts";
import { toHex } from "../../src/core/bytes.ts";
import type { Hash } from "../../src/core/units.ts";
import type { RegistryEvent } from "../../src/indexer/ports.ts";
import { project } from "../../src/indexer/project.ts";
import { GrowingTree } from "../../src/log/tree.ts";
import { leafByDefinition, rootByDefinition } from "../support/log/tree.ts";

const SCENES = 3;
const END = 1_900_000_000;
let registry: BareRegistry;
let copy: Copy;

/** What a reader of the events makes of them, twice: with the project's tree, and with the definition. */
class Copy {
  readonly tree = new GrowingTree();
  readonly leaves: Hash[] = [];

  add(events: readonly RegistryEvent[]): void {
    for (const { bytes } of project(events, this.tree).entries) this.leaves.push(leafByDefinition(bytes));
  }

  /** Contract root = TypeScript root = the definition's root. */
  async expectSame(): Promise<void> {
    const contract = toHex(await registry.rootAt(this.tree.size));
    expect(toHex(this.tree.root())).toBe(contract);
    expect(toHex(rootByDefinition(this.leaves))).toBe(contract);
  }
}

beforeEach(async () => {
  registry = await BareRegistry.create({ scenes: SCENES });
  copy = new Copy();
});
afterEach(async () => await registry.close());

let made = 0;
const payload = (): Hash => Uint8Array.from(createHash("sha256").update(`document ${made++}`).digest());
const groupOf = (count: number, rest: Partial<DocumentGroup> = {}): DocumentGroup => ({
  scene: 1,
  algorithm: "sha256",
  blinded: false,
  validUntil: 0,
  payloads: Array.from({ length: count }, payload),
  ...rest,
});

describe("the contract's root is the definition's", () => {
  it("the contract's root is that of the definition at every size from 1 to 1,100", async () => {
    for (const event of registry.setup) {
      copy.add([event]);
      await copy.expectSame();
    }
    while (copy.tree.size < 1_100) {
      copy.add((await registry.anchor([groupOf(1)])).events);
      await copy.expectSame();
    }
  }, 120_000);

  it("the contract's root is that of the definition after random splits into calls and groups", async () => {
    copy.add(registry.setup);
    const group = fc.record({
      count: fc.integer({ min: 1, max: 40 }),
      scene: fc.integer({ min: 1, max: SCENES }),
      algorithm: fc.constantFrom("sha256" as const, "sm3" as const),
      blinded: fc.boolean(),
      validUntil: fc.constantFrom(0, END, END + 86_400),
    });
    const calls = fc.array(fc.array(group, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(calls, async (split) => {
        for (const groups of split) {
          copy.add((await registry.anchor(groups.map(({ count, ...rest }) => groupOf(count, rest)))).events);
          await copy.expectSame();
        }
      }),
      { numRuns: 25 },
    );
  }, 120_000);

  it("the contract's root is a different one when a byte of one entry differs", async () => {
    copy.add(registry.setup);
    const { events }: Mined = await registry.anchor([groupOf(3)]);
    copy.add(events.map((event) => ({ ...event, recordedAt: event.recordedAt + 1 })));
    expect(toHex(copy.tree.root())).not.toBe(toHex(await registry.rootAt(copy.tree.size)));
  });
});

describe("gas", () => {
  it("gas is at most 2,000 a document in a group of 2,000, and at most 110,000 for a single one", async () => {
    const large = await registry.anchor([groupOf(2_000)]);
    expect(large.gas / 2_000).toBeLessThanOrEqual(2_000);
    for (let i = 0; i < 40; i++)
      expect((await registry.anchor([groupOf(1)])).gas).toBeLessThanOrEqual(110_000);
  });
});
