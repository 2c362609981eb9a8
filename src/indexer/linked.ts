/** Follows a registry's predecessors and successors, where both ends of a link name each other. */
import type { Logger } from "pino";
import type { Clock } from "../core/clock.ts";
import { isAppError } from "../core/errors.ts";
import type { Address, UnixSeconds } from "../core/units.ts";

/** The registries that a registry names as the one it continues, and as the one that continues it. */
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
 * A registry before or after the own one. Without a log while it cannot be opened, or while its links are unknown: then the
 * search is incomplete, and no document may be reported as not found.
 */
export interface Linked<T> {
  readonly registry: Address;
  readonly log: T | undefined;
}

/** The known registries on one side of the own one. */
interface Side<T> {
  /** From the own one outwards. */
  readonly links: readonly Linked<T>[];
  /** Undefined where no walk was complete, or a later one has shown a further link. */
  readonly end: End | undefined;
}

/** Where a complete walk ended: every registry answered, and there was no further link. */
interface End {
  readonly registry: Address;
  /** The registry that it names without being named back. */
  readonly named: Address | undefined;
  /** When the walk began to ask. */
  readonly askedAt: UnixSeconds;
}

interface LinkedOptions<T> {
  readonly own: T;
  readonly linksOf: (registry: Address) => Promise<RegistryLinks>;
  /** Starts following another registry on the same chain. */
  readonly open: (registry: Address) => Promise<T>;
  readonly clock: Clock;
  /** Seconds. */
  readonly maxLag: number;
  readonly log: Logger;
}

/**
 * A link is followed only once both ends name each other, so no third party can insert a registry. The result of a complete
 * walk holds for as long as an index may be old.
 */
export class LinkedRegistries<T extends FollowedRegistry> {
  readonly #options: LinkedOptions<T>;
  #before: Side<T> = { links: [], end: undefined };
  #after: Side<T> = { links: [], end: undefined };

  constructor(options: LinkedOptions<T>) {
    this.#options = options;
  }

  /** The oldest first. */
  get before(): readonly Linked<T>[] {
    return this.#known(this.#before).toReversed();
  }

  get after(): readonly Linked<T>[] {
    return this.#known(this.#after);
  }

  /** All registries that are followed, the own one first. */
  get all(): readonly T[] {
    return [this.#options.own, ...[...this.before, ...this.after].flatMap(({ log }) => log ?? [])];
  }

  /** Brings all of them up to date. A fault of another registry shows in its age, and does not delay the own one. */
  async sync(): Promise<void> {
    await this.#options.own.sync();
    const round: Round = { askedAt: this.#options.clock.now(), asked: new Map() };
    this.#before = await this.#walk(this.#before, "predecessor", round);
    this.#after = await this.#walk(this.#after, "successor", round);
    for (const log of this.all.slice(1)) await this.#attempt(log.registry, () => log.sync());
  }

  /** The links, followed by an unknown one where the last complete walk was too long ago. */
  #known({ links, end }: Side<T>): readonly Linked<T>[] {
    const last = links.at(-1) ?? { registry: this.#options.own.registry, log: this.#options.own };
    if (last.log === undefined) return links;
    // an end ahead of the clock comes from a clock that was set back, and is as stale as an old one
    if (end !== undefined && Math.abs(this.#options.clock.now() - end.askedAt) <= this.#options.maxLag)
      return links;
    return [...links, { registry: last.registry, log: undefined }];
  }

  /** Continues from the known links, outwards, until there is no further link. */
  async #walk(side: Side<T>, direction: keyof RegistryLinks, round: Round): Promise<Side<T>> {
    const links = side.links.filter(({ log }) => log !== undefined);
    for (;;) {
      const from = links.at(-1)?.registry ?? this.#options.own.registry;
      const named = await this.#ask(from, round);
      if (named === undefined) return interrupted({ links, end: side.end }, { from, at: from });
      const registry = named[direction];
      const complete = { links, end: { registry: from, named: registry, askedAt: round.askedAt } };
      if (registry === undefined || this.#follows(registry, links)) return complete;
      const theirs = await this.#ask(registry, round);
      if (theirs === undefined) return interrupted({ links, end: side.end }, { from, at: registry });
      if (theirs[direction === "successor" ? "predecessor" : "successor"] !== from) return complete;
      const log = await this.#attempt(registry, () => this.#options.open(registry));
      links.push({ registry, log });
      if (log === undefined) return { links, end: undefined };
      this.#options.log.info({ registry, direction }, "registry linked");
    }
  }

  /** The links of a registry, asked for once in a round. */
  async #ask(registry: Address, { asked }: Round): Promise<RegistryLinks | undefined> {
    const links = asked.get(registry) ?? this.#attempt(registry, () => this.#options.linksOf(registry));
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
      this.#options.log.warn({ registry, code: error.code }, "linked registry cannot be followed");
      return undefined;
    }
  }
}

/** One walk over all registries. */
interface Round {
  readonly askedAt: UnixSeconds;
  /** The links that each registry reported. */
  readonly asked: Map<Address, Promise<RegistryLinks | undefined>>;
}

/**
 * The result of a walk that got no answer from `at`, beyond `from`. The previous result holds if that walk ended at the same
 * registry; else there is a further link that is unknown.
 */
function interrupted<T>({ links, end }: Side<T>, { from, at }: { from: Address; at: Address }): Side<T> {
  if (end?.registry === from && (at === from || at === end.named)) return { links, end };
  return { links: [...links, { registry: at, log: undefined }], end: undefined };
}
