/** Draws the parts of calls from a list of numbers, mostly valid ones and sometimes odd ones. */
import { getAddress, toBeHex } from "ethers";
import { MAX_TIME } from "./log.ts";
import type { RegistryModel } from "./registry.ts";

/** An address that stands for `number`. */
export function account(number: number): string {
  return getAddress(toBeHex(number, 20));
}

/** The accounts that act: the first is the governor; any may hold a role, an institution or a key. */
export const ACTORS: readonly string[] = Array.from({ length: 10 }, (_, i) => account(0xa0 + i));
export const GOVERNOR = ACTORS[0] ?? "";

/** One choice out of this number is an odd one. */
const ODDS = 10;

/** Seconds before and after the present time at which windows begin and end. */
const SPANS = [0n, 1n, 2n, 60n, 1000n];

/** `picks` decide each choice; all of them 0 is the plainest call. */
export class Draw {
  readonly model: RegistryModel;
  readonly #picks: readonly number[];
  readonly #others: number[][] = [];

  constructor(model: RegistryModel, picks: readonly number[]) {
    this.model = model;
    this.#picks = picks;
  }

  /** Picks that would have chosen otherwise, by their positions. */
  get others(): readonly (readonly number[])[] {
    return this.#others;
  }

  /** Mostly one of `good`, which would be accepted; sometimes, and where that is empty, one of `odd`. */
  of<T>(good: readonly T[], odd: readonly T[]): T {
    const pick = this.#next(good.length, odd.length);
    const isOdd = good.length === 0 || (odd.length > 0 && pick % ODDS === ODDS - 1);
    const from = isOdd ? odd : good;
    return from[Math.floor(pick / ODDS) % from.length] as T;
  }

  /** One of `values`, all of them alike. */
  any<T>(values: readonly T[]): T {
    return this.of(values, []);
  }

  /** True about once in `n`. */
  once(n: number): boolean {
    return Math.floor(this.#next(2, 0) / ODDS) % n === n - 1;
  }

  /** One of the allowed accounts, or any. */
  actor(allowed: readonly string[]): string {
    return this.of(allowed, ACTORS);
  }

  holderOf(role: string): string {
    return this.actor([...(this.model.holders.get(role) ?? [])]);
  }

  /** An id that exists, or one around those. */
  id(count: number): bigint {
    const ids = Array.from({ length: count }, (_, i) => BigInt(i + 1));
    return this.of(ids, [0n, BigInt(count + 1), 0xffffffffn]);
  }

  /** The end of something that begins at `from`; 0 = none. */
  end(from: bigint): bigint {
    const now = this.model.now();
    const earliest = from > now ? from : now;
    const good = [0n, 0n, ...SPANS.map((span) => earliest + 1n + span), MAX_TIME].filter(
      (t) => t <= MAX_TIME,
    );
    return this.of(
      good,
      [now, from, from - 1n, now - 1n, MAX_TIME + 1n].filter((time) => time > 0n),
    );
  }

  /** A window as {@link IDocumentRegistry.addKey} takes it. */
  window(): { from: bigint; until: bigint } {
    const now = this.model.now();
    const from = this.of([0n, 0n, 0n, now - 60n, now, now + 1n, now + 60n], [MAX_TIME, MAX_TIME + 1n]);
    return { from, until: this.end(from) };
  }

  /** The end of a window that ends at `until` now. */
  retirement(until: bigint): bigint {
    const now = this.model.now();
    const good = [0n, now, now + 1n, now + 60n, until - 1n, until === 0n ? MAX_TIME : 0n];
    const isBefore = (time: bigint): boolean =>
      time === 0n || (time >= now && (until === 0n || time < until));
    return this.of(good.filter(isBefore), [now - 1n, until, until + 1n, MAX_TIME, MAX_TIME + 1n, 1n]);
  }

  /** Since when a key is compromised. */
  since({ addedAt, compromisedSince }: { addedAt: bigint; compromisedSince: bigint }): bigint {
    const now = this.model.now();
    const latest = compromisedSince === 0n ? now : compromisedSince - 1n;
    const odd = [addedAt - 1n, latest + 1n, now + 1n, 0n].filter((time) => time >= 0n);
    return this.of(
      [addedAt, latest, (addedAt + latest) / 2n].filter((time) => time >= addedAt && time <= latest),
      odd,
    );
  }

  /** What a corrected report says: at the bounds of what it may, and beside. */
  correction({
    compromisedSince,
    reportedSince,
  }: {
    compromisedSince: bigint;
    reportedSince: bigint;
  }): bigint {
    const now = this.model.now();
    const near = [compromisedSince, reportedSince, now].flatMap((time) => [time, time + 1n]);
    return this.of([0n, 0n, compromisedSince + 1n, now], [...near, MAX_TIME]);
  }

  /** A text of at most `max` bytes, or one that is too long or empty. */
  text(usual: string, max: number): string {
    return this.of([usual, usual, usual, "x".repeat(max)], ["", "x".repeat(max + 1), "虎".repeat(max)]);
  }

  #next(good: number, odd: number): number {
    const others = Array.from({ length: odd }, (_, i) => ODDS * i + ODDS - 1);
    others.push(...Array.from({ length: Math.max(good - 1, 0) }, (_, i) => ODDS * (i + 1)));
    this.#others.push(others);
    return this.#picks[this.#others.length - 1] ?? 0;
  }
}
