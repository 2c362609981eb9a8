import type { Logger } from "pino";
import { isAppError } from "../core/errors.ts";
import type { Address } from "../core/units.ts";

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
 * A registry before or after the own one. Without a log while it cannot be opened, or cannot be asked what lies beyond it:
 * then something is not searched, and nobody may say that a document is not there.
 */
export interface Linked<T> {
  readonly registry: Address;
  readonly log: T | undefined;
}

/**
 * Follows a registry, all that it continues, and all that continue it. A link counts once both ends name each other, so
 * nobody can put a registry of their own into the chain.
 */
export class LinkedRegistries<T extends FollowedRegistry> {
  readonly #own: T;
  readonly #linksOf: (registry: Address) => Promise<RegistryLinks>;
  readonly #open: (registry: Address) => Promise<T>;
  readonly #log: Logger;
  #before: Linked<T>[] = [];
  #after: Linked<T>[] = [];

  /** @param options.open starts following another registry on the same chain */
  constructor(options: {
    own: T;
    linksOf: (registry: Address) => Promise<RegistryLinks>;
    open: (registry: Address) => Promise<T>;
    log: Logger;
  }) {
    this.#own = options.own;
    this.#linksOf = options.linksOf;
    this.#open = options.open;
    this.#log = options.log;
  }

  /** The oldest first. */
  get before(): readonly Linked<T>[] {
    return this.#before;
  }

  get after(): readonly Linked<T>[] {
    return this.#after;
  }

  /** All that are followed, the own one first. */
  get all(): readonly T[] {
    return [this.#own, ...[...this.#before, ...this.#after].flatMap(({ log }) => log ?? [])];
  }

  /** Brings all of them up to date. A fault of another registry shows in its age, and holds up the own one in nothing. */
  async sync(): Promise<void> {
    await this.#own.sync();
    const asked: Asked = new Map();
    this.#before = (await this.#walk(opened(this.#before).toReversed(), "predecessor", asked)).toReversed();
    this.#after = await this.#walk(opened(this.#after), "successor", asked);
    for (const { registry, log } of [...this.#before, ...this.#after]) {
      if (log !== undefined) await this.#attempt(registry, () => log.sync());
    }
  }

  /** Goes on from what is known, outwards, until there is no further link. */
  async #walk(
    known: readonly Linked<T>[],
    direction: keyof RegistryLinks,
    asked: Asked,
  ): Promise<Linked<T>[]> {
    const walked = [...known];
    for (;;) {
      const from = walked.at(-1)?.registry ?? this.#own.registry;
      const links = await this.#ask(from, asked);
      if (links === undefined) return [...walked, { registry: from, log: undefined }];
      const registry = links[direction];
      if (registry === undefined || this.#follows(registry, walked)) return walked;
      const theirs = await this.#ask(registry, asked);
      if (theirs === undefined) return [...walked, { registry, log: undefined }];
      if (theirs[direction === "successor" ? "predecessor" : "successor"] !== from) return walked;
      const log = await this.#attempt(registry, () => this.#open(registry));
      walked.push({ registry, log });
      if (log === undefined) return walked;
      this.#log.info({ registry, direction }, "registry linked");
    }
  }

  /** The links of a registry, asked for once in a round. */
  async #ask(registry: Address, asked: Asked): Promise<RegistryLinks | undefined> {
    const links = asked.get(registry) ?? this.#attempt(registry, () => this.#linksOf(registry));
    asked.set(registry, links);
    return await links;
  }

  #follows(registry: Address, walked: readonly Linked<T>[]): boolean {
    const followed = [this.#own, ...opened(this.#before), ...opened(this.#after), ...walked];
    return followed.some((known) => known.registry === registry);
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

/** What registries said of their links in one round. */
type Asked = Map<Address, Promise<RegistryLinks | undefined>>;

function opened<T>(links: readonly Linked<T>[]): Linked<T>[] {
  return links.filter(({ log }) => log !== undefined);
}
