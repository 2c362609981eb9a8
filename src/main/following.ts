/** Follows the registry of a service, and those it is linked to, and says how far that has come. */
import { setTimeout as sleep } from "node:timers/promises";
import type { IndexState } from "../api/status.ts";
import { isDoubtCode, needsRebuild } from "../core/doubt.ts";
import { AppError, isAppError } from "../core/errors.ts";
import type { IndexHead } from "../core/head.ts";
import { readHead } from "../store/index/index-store.ts";
import type { Connections, ServiceContext } from "./connections.ts";
import type { LoopRow, Loops } from "./loops.ts";
import { type ReadModel, placesOf, readModel } from "./read-model.ts";

export class IndexFollower {
  readonly model: ReadModel;
  readonly #context: ServiceContext;
  readonly #connections: Connections;
  #head: IndexHead | undefined;

  private constructor(context: ServiceContext, connections: Connections) {
    this.#context = context;
    this.#connections = connections;
    const { shared, chain, connectTo } = connections;
    const { config, clock, log, onUnsynced, cleanup } = context;
    const { maxLag } = config;
    const places = placesOf(config);
    this.model = readModel({ shared, chain, connectTo, places, clock, log, maxLag, onUnsynced, cleanup });
  }

  /**
   * Follows for the first time. What is known is served while no node can be asked; without anything known there is no
   * service. Where another process makes the index, that is waited for; where that process ends, this one makes it.
   * @throws AppError why the registry cannot be followed
   */
  static async start(context: ServiceContext, connections: Connections): Promise<IndexFollower> {
    const follower = new IndexFollower(context, connections);
    await follower.#step().catch(async (error: unknown) => {
      if (!connections.followedBefore || !isAppError(error) || !error.spec.retryable) throw error;
      await follower.#readHead();
    });
    while (follower.#head === undefined || follower.#head.syncedAt === 0) {
      await sleep(context.config.pollInterval);
      await follower.#step();
    }
    return follower;
  }

  /** Follows the chain, then has what waits for it sent; and scrubs the stored index. */
  loops(loops: Loops): readonly LoopRow[] {
    const { pollInterval, scrubInterval } = this.#context.config;
    return [
      {
        name: "index",
        interval: pollInterval,
        work: () => this.#step(),
        after: () => {
          loops.poke("anchor");
          return undefined;
        },
      },
      { name: "scrub", interval: scrubInterval * 1000, work: () => this.#scrub() },
    ];
  }

  /** What this process knows of the index where it leads, else what the database says of it. */
  state(): IndexState {
    if (!this.#connections.shared.leadership.leads) return this.#followedState();
    const { health } = this.model.indexer;
    return {
      kind: health.kind,
      role: "leader",
      because: health.kind === "failing" ? health.because : undefined,
    };
  }

  #followedState(): IndexState {
    const { clock, config } = this.#context;
    const state = { role: "follower", because: undefined } as const;
    if (this.#head === undefined) return { ...state, kind: "starting" };
    const age = clock.now() - this.#head.syncedAt;
    if (age <= config.maxLag) return { ...state, kind: "current" };
    const detail = `no process has brought the index up to date for ${age} seconds`;
    return { ...state, kind: "failing", because: new AppError("INDEX_STALE", { detail }) };
  }

  async #step(): Promise<undefined> {
    await this.model.registries.sync().catch(goOnInDoubt);
    await this.#readHead();
  }

  async #readHead(): Promise<void> {
    this.#head = await readHead(this.#connections.shared.db);
  }

  /** One page of each log that is followed. @returns milliseconds until the next; undefined once all are through */
  async #scrub(): Promise<number | undefined> {
    const waits: number[] = [];
    for (const { scrub } of this.model.registries.all) waits.push((await scrub.step()) ?? Infinity);
    const wait = Math.min(...waits);
    return Number.isFinite(wait) ? wait : undefined;
  }
}

/** A service whose index is in doubt runs, and reports the doubt in its answers. */
function goOnInDoubt(error: unknown): void {
  if (!isAppError(error) || !isDoubtCode(error.code) || !needsRebuild({ code: error.code })) throw error;
}
