/** Gives the stores their database, and passes the leader's writes through its fence. */
import type { Database } from "./database.ts";
import { reading, writing, type Transaction, type Work } from "./transaction.ts";

/** What a write of the leader goes through, in the transaction that writes. */
export interface Fence {
  /** Prevents a takeover until the transaction ends. @throws AppError LEADERSHIP_LOST: another process leads */
  hold(tx: Transaction): Promise<void>;
}

export class Store {
  protected readonly db: Database;
  readonly #fence: Fence | undefined;

  /** @param fence where processes share the database: of the one that leads */
  constructor(db: Database, fence?: Fence) {
    this.db = db;
    this.#fence = fence;
  }

  /** Reads one state of the database, as `reading` does. */
  protected async readSnapshot<T>(work: Work<T>): Promise<T> {
    return await reading(this.db, work);
  }

  /**
   * Writes as the leader, in one transaction.
   * @param run `writing` or `writingSerially`
   * @throws AppError LEADERSHIP_LOST: another process leads, and nothing is written
   */
  protected async writeAsLeader<T>(work: Work<T>, run: typeof writing = writing): Promise<T> {
    return await run(this.db, async (tx) => {
      await this.#fence?.hold(tx); // guard: F34 one transaction
      return await work(tx);
    });
  }
}
