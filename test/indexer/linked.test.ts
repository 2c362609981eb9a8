import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { AppError } from "../../src/core/errors.ts";
import type { Address } from "../../src/core/units.ts";
import { LinkedRegistries, type FollowedRegistry, type Linked } from "../../src/indexer/linked.ts";
import { TestClock } from "../support/clock.ts";

const MAX_LAG = 600;

const [A, B, C, D] = ["a", "b", "c", "d"].map((c): Address => `0x${c.repeat(40)}`) as [
  Address,
  Address,
  Address,
  Address,
];

/** Registries that say of themselves what they continue and what continues them. */
class Registries {
  readonly clock = new TestClock();
  readonly predecessors = new Map<Address, Address>();
  readonly successors = new Map<Address, Address>();
  readonly synced: Address[] = [];
  readonly opened: Address[] = [];
  readonly broken = new Set<Address>();
  /** Those that do not say what they continue and what continues them. */
  readonly silent = new Set<Address>();
  /** Seconds that an answer takes. */
  wait = 0;

  join(before: Address, after: Address): void {
    this.predecessors.set(after, before);
    this.successors.set(before, after);
  }

  follow(own: Address): LinkedRegistries<FollowedRegistry> {
    const unlessBroken = async <T>(registry: Address, value: T): Promise<T> => {
      if (this.broken.has(registry)) throw new AppError("NO_CONTRACT", { detail: registry });
      return await Promise.resolve(value);
    };
    const one = (registry: Address): FollowedRegistry => ({
      registry,
      sync: async () => {
        this.synced.push(registry);
        await unlessBroken(registry, undefined);
      },
    });
    return new LinkedRegistries({
      own: one(own),
      linksOf: async (registry) => {
        this.clock.advance(this.wait);
        if (this.silent.has(registry)) throw new AppError("RPC_UNAVAILABLE", { detail: registry });
        const predecessor = this.predecessors.get(registry);
        return await unlessBroken(registry, { predecessor, successor: this.successors.get(registry) });
      },
      open: (registry) => {
        this.opened.push(registry);
        return unlessBroken(registry, one(registry));
      },
      clock: this.clock,
      maxLag: MAX_LAG,
      log: pino({ level: "silent" }),
    });
  }
}

const addresses = (links: readonly Linked<unknown>[]): string[] => links.map(({ registry }) => registry);

describe("linked registries", () => {
  it("a registry is followed with all before and after it, in their order", async () => {
    const registries = new Registries();
    for (const [before, after] of [
      [A, B],
      [B, C],
      [C, D],
    ] as const)
      registries.join(before, after);
    for (const [own, before, after] of [
      [A, [], [B, C, D]],
      [C, [A, B], [D]],
      [D, [A, B, C], []],
    ] as const) {
      const linked = registries.follow(own);
      registries.synced.length = 0;
      await linked.sync();
      expect([addresses(linked.before), addresses(linked.after)]).toEqual([before, after]);
      expect(registries.synced.toSorted()).toEqual([A, B, C, D]);
    }
  });

  it("a successor that is named later is followed", async () => {
    const registries = new Registries();
    const linked = registries.follow(A);
    await linked.sync();
    expect(addresses(linked.after)).toEqual([]);
    registries.join(A, B);
    await linked.sync();
    registries.join(B, C);
    await linked.sync();
    expect(addresses(linked.after)).toEqual([B, C]);
  });

  it("a registry that is not named back is not followed", async () => {
    const registries = new Registries();
    registries.predecessors.set(B, A); // B says that it continues A, and A does not say so
    const linked = registries.follow(B);
    await linked.sync();
    expect(addresses(linked.before)).toEqual([]);
    registries.successors.set(A, C); // A named another
    await linked.sync();
    expect([addresses(linked.before), registries.opened]).toEqual([[], []]);
  });

  it("no registry is followed twice where links form a circle", async () => {
    const registries = new Registries();
    registries.join(A, B);
    registries.join(B, A);
    const linked = registries.follow(A);
    await linked.sync();
    expect([...addresses(linked.before), ...addresses(linked.after)].toSorted()).toEqual([B]);
  });
});

describe("a registry that cannot be opened", () => {
  it("a registry that cannot be opened is listed by its address, delays nothing, and is tried again", async () => {
    const registries = new Registries();
    registries.join(A, B);
    registries.broken.add(A);
    const linked = registries.follow(B);
    await linked.sync();
    expect(linked.before).toEqual([{ registry: A, log: undefined }]);
    registries.broken.delete(A);
    await linked.sync();
    expect(linked.before).toMatchObject([{ registry: A, log: { registry: A } }]);
  });

  it("a registry that does not answer, even the own one, is followed by an unknown link", async () => {
    const registries = new Registries();
    registries.join(A, B);
    const linked = registries.follow(A);
    registries.silent.add(A);
    await linked.sync();
    expect(linked.after).toEqual([{ registry: A, log: undefined }]);
    registries.silent.delete(A);
    registries.silent.add(B);
    await linked.sync();
    expect(linked.after).toEqual([{ registry: B, log: undefined }]);
    registries.silent.delete(B);
    await linked.sync();
    expect(linked.after).toMatchObject([{ registry: B, log: { registry: B } }]);
  });

  it("a registry that can no longer be read does not fail the sync", async () => {
    const registries = new Registries();
    registries.join(A, B);
    const linked = registries.follow(B);
    await linked.sync();
    registries.broken.add(A);
    await expect(linked.sync()).resolves.toBeUndefined();
  });
});

describe("the result of a complete walk", () => {
  const silent = { registry: A, log: undefined };

  it("a walk's result holds without answers for as long as an index may be old", async () => {
    const registries = new Registries();
    const linked = registries.follow(A);
    await linked.sync();
    registries.clock.advance(MAX_LAG - 1);
    registries.silent.add(A);
    await linked.sync();
    expect([linked.before, linked.after]).toEqual([[], []]);
    registries.clock.advance(1);
    await linked.sync();
    expect([linked.before, linked.after]).toEqual([[], []]);
    registries.clock.advance(1);
    await linked.sync();
    expect([linked.before, linked.after]).toEqual([[silent], [silent]]);
    registries.silent.delete(A);
    await linked.sync();
    expect([linked.before, linked.after]).toEqual([[], []]);
  });

  it("a walk's age counts from its questions, so the time that an answer takes counts", async () => {
    const registries = new Registries();
    const linked = registries.follow(A);
    registries.wait = 1;
    await linked.sync();
    registries.clock.advance(MAX_LAG - 1);
    expect(linked.after).toEqual([]);
    registries.clock.advance(1);
    expect(linked.after).toEqual([silent]);
  });

  it("a walk's result expires also without a further walk, and where the clock was set back", async () => {
    const registries = new Registries();
    registries.join(A, B);
    const linked = registries.follow(A);
    await linked.sync();
    expect(linked.after.map(({ log }) => log?.registry)).toEqual([B]);
    for (const step of [MAX_LAG + 1, -2 * MAX_LAG - 2]) {
      registries.clock.advance(step);
      expect(linked.after.map(({ log }) => log?.registry)).toEqual([B, undefined]);
      expect(linked.before).toEqual([silent]);
    }
  });

  it("before the first walk the links on both sides are unknown", async () => {
    const registries = new Registries();
    const linked = registries.follow(A);
    expect([linked.before, linked.after]).toEqual([[silent], [silent]]);
    registries.broken.add(A);
    await expect(linked.sync()).rejects.toThrowCode("NO_CONTRACT");
    expect([linked.before, linked.after]).toEqual([[silent], [silent]]);
  });

  it("a walk's result is void once a further registry is named that does not answer", async () => {
    const registries = new Registries();
    const linked = registries.follow(A);
    await linked.sync();
    registries.join(A, B);
    registries.silent.add(B);
    await linked.sync();
    expect(linked.after).toEqual([{ registry: B, log: undefined }]);
    registries.silent.add(A);
    await linked.sync();
    expect(linked.after).toEqual([silent]);
    registries.silent.clear();
    await linked.sync();
    expect(linked.after).toMatchObject([{ registry: B, log: { registry: B } }]);
    registries.join(B, C);
    registries.silent.add(C);
    await linked.sync();
    expect(linked.after).toMatchObject([{ registry: B }, { registry: C, log: undefined }]);
  });

  it("a walk's result holds while an unlinked registry is silent, and not once another is named", async () => {
    const registries = new Registries();
    registries.predecessors.set(B, A); // A does not say so
    const linked = registries.follow(B);
    await linked.sync();
    registries.silent.add(A);
    await linked.sync();
    expect(linked.before).toEqual([]);
    registries.predecessors.set(B, C);
    registries.silent.add(C);
    await linked.sync();
    expect(linked.before).toEqual([{ registry: C, log: undefined }]);
  });
});
