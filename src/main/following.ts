/** Follows the registry of a service and its linked registries, and reports the state of the index. */
import { setTimeout as sleep } from "node:timers/promises";
import type { IndexState } from "../api/status.ts";
import { isDoubtCode, needsRebuild } from "../core/doubt.ts";
import { AppError, isAppError } from "../core/errors.ts";
import { againstClock } from "../core/time.ts";
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
    const places = placesOf(config);
    const read = { shared, chain, connectTo, places, judging: config };
    this.model = readModel({ ...read, clock, log, onUnsynced, cleanup });
  }

  /**
   * Follows for the first time. While no node answers, an index from before is served; without one the start fails. A
   * follower waits until the leader has made the index, and makes it itself where the leader ends.
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

  /** One loop follows the chain and then wakes the sender; the other scrubs the stored index. */
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

  /** The state of the index: of this process where it leads, else as the database records it. */
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
    const { syncedAt } = this.#head;
    const now = clock.now();
    if (Math.abs(now - syncedAt) <= config.maxLag) return { ...state, kind: "current" };
    const detail = `the last process that brought the index up to date did so ${againstClock(syncedAt, now)}`;
    return { ...state, kind: "failing", because: new AppError("INDEX_STALE", { detail }) };
  }

  async #step(): Promise<undefined> {
    await this.model.registries.sync().catch(ignoreDoubt);
    await this.#readHead();
  }

  async #readHead(): Promise<void> {
    this.#head = await readHead(this.#connections.shared.db);
  }

  /** Scrubs one page of each followed log. @returns milliseconds until the next; undefined once all are done */
  async #scrub(): Promise<number | undefined> {
    const waits: number[] = [];
    for (const { scrub } of this.model.registries.all) waits.push((await scrub.step()) ?? Infinity);
    const wait = Math.min(...waits);
    return Number.isFinite(wait) ? wait : undefined;
  }
}

/** A service whose index is in doubt keeps running, and reports the doubt in its answers. */
function ignoreDoubt(error: unknown): void {
  if (!isAppError(error) || !isDoubtCode(error.code) || !needsRebuild({ code: error.code })) throw error;
}
