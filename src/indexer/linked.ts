import type { Logger } from "pino";
import type { Clock } from "../core/clock.ts";
import { isAppError } from "../core/errors.ts";
import type { Address, UnixSeconds } from "../core/units.ts";

/** Which registry a registry continues, and which continues it, as it says itself. */
export interface RegistryLinks {
  readonly predecessor: Address | undefined;
  readonly successor: Address | undefined;
}

/** A registry whose log is followed. */
export interface FollowedRegistry {
  readonly registry: Address;
  /** Brings its index up to date. */
  sync(): Promise<void>;
}

/**
 * A registry before or after the own one. Without a log while it cannot be opened, or while nobody knows what lies beyond
 * it: then something is not searched, and nobody may say that a document is not there.
 */
export interface Linked<T> {
  readonly registry: Address;
  readonly log: T | undefined;
}

/** What is known of the registries on one side of the own one. */
interface Side<T> {
  /** From the own one outwards. */
  readonly links: readonly Linked<T>[];
  /** Undefined where no walk was whole, or a later one has shown that there is more. */
  readonly end: End | undefined;
}

/** Where a whole walk ended: everything answered, and there was no further link. */
interface End {
  readonly registry: Address;
  /** What it names although that is no link. */
  readonly named: Address | undefined;
  /** When the walk began to ask. */
  readonly askedAt: UnixSeconds;
}

/**
 * Follows a registry, all that it continues, and all that continue it. A link counts once both ends name each other, so
 * nobody can put a registry of their own into the chain. What a whole walk found holds for as long as an index may be old.
 */
export class LinkedRegistries<T extends FollowedRegistry> {
  readonly #own: T;
  readonly #linksOf: (registry: Address) => Promise<RegistryLinks>;
  readonly #open: (registry: Address) => Promise<T>;
  readonly #clock: Clock;
  readonly #maxLag: number;
  readonly #log: Logger;
  #before: Side<T> = { links: [], end: undefined };
  #after: Side<T> = { links: [], end: undefined };

  /**
   * @param options.open starts following another registry on the same chain
   * @param options.maxLag seconds
   */
  constructor(options: {
    own: T;
    linksOf: (registry: Address) => Promise<RegistryLinks>;
    open: (registry: Address) => Promise<T>;
    clock: Clock;
    maxLag: number;
    log: Logger;
  }) {
    this.#own = options.own;
    this.#linksOf = options.linksOf;
    this.#open = options.open;
    this.#clock = options.clock;
    this.#maxLag = options.maxLag;
    this.#log = options.log;
  }

  /** The oldest first. */
  get before(): readonly Linked<T>[] {
    return this.#known(this.#before).toReversed();
  }

  get after(): readonly Linked<T>[] {
    return this.#known(this.#after);
  }

  /** All that are followed, the own one first. */
  get all(): readonly T[] {
    return [this.#own, ...[...this.before, ...this.after].flatMap(({ log }) => log ?? [])];
  }

  /** Brings all of them up to date. A fault of another registry shows in its age, and holds up the own one in nothing. */
  async sync(): Promise<void> {
    await this.#own.sync();
    const round: Round = { askedAt: this.#clock.now(), asked: new Map() };
    this.#before = await this.#walk(this.#before, "predecessor", round);
    this.#after = await this.#walk(this.#after, "successor", round);
    for (const log of this.all.slice(1)) await this.#attempt(log.registry, () => log.sync());
  }

  /** The links, with one that hides what is beyond them where the last whole walk was too long ago. */
  #known({ links, end }: Side<T>): readonly Linked<T>[] {
    const last = links.at(-1) ?? { registry: this.#own.registry, log: this.#own };
    if (last.log === undefined) return links;
    // an end ahead of the clock comes from a clock that was set back, and says as little as an old one
    if (end !== undefined && Math.abs(this.#clock.now() - end.askedAt) <= this.#maxLag) return links;
    return [...links, { registry: last.registry, log: undefined }];
  }

  /** Goes on from what is known, outwards, until there is no further link. */
  async #walk(side: Side<T>, direction: keyof RegistryLinks, round: Round): Promise<Side<T>> {
    const links = side.links.filter(({ log }) => log !== undefined);
    for (;;) {
      const from = links.at(-1)?.registry ?? this.#own.registry;
      const named = await this.#ask(from, round);
      if (named === undefined) return silent({ links, end: side.end }, { from, at: from });
      const registry = named[direction];
      const whole = { links, end: { registry: from, named: registry, askedAt: round.askedAt } };
      if (registry === undefined || this.#follows(registry, links)) return whole;
      const theirs = await this.#ask(registry, round);
      if (theirs === undefined) return silent({ links, end: side.end }, { from, at: registry });
      if (theirs[direction === "successor" ? "predecessor" : "successor"] !== from) return whole;
      const log = await this.#attempt(registry, () => this.#open(registry));
      links.push({ registry, log });
      if (log === undefined) return { links, end: undefined };
      this.#log.info({ registry, direction }, "registry linked");
    }
  }

  /** The links of a registry, asked for once in a round. */
  async #ask(registry: Address, { asked }: Round): Promise<RegistryLinks | undefined> {
    const links = asked.get(registry) ?? this.#attempt(registry, () => this.#linksOf(registry));
    asked.set(registry, links);
    return await links;
  }

  #follows(registry: Address, walked: readonly Linked<T>[]): boolean {
    return [...this.all, ...walked].some((known) => known.registry === registry);
  }

  async #attempt<R>(registry: Address, work: () => Promise<R>): Promise<R | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!isAppError(error)) throw error;
      this.#log.warn({ registry, code: error.code }, "linked registry cannot be followed");
      return undefined;
    }
  }
}

/** One time around all registries. */
interface Round {
  readonly askedAt: UnixSeconds;
  /** What each said of its links. */
  readonly asked: Map<Address, Promise<RegistryLinks | undefined>>;
}

/**
 * A walk that got no answer from `at`, beyond `from`. What was found before holds if that walk ended at the same place; else
 * there is more than it found, and what that is nobody knows.
 */
function silent<T>({ links, end }: Side<T>, { from, at }: { from: Address; at: Address }): Side<T> {
  if (end?.registry === from && (at === from || at === end.named)) return { links, end };
  return { links: [...links, { registry: at, log: undefined }], end: undefined };
}
