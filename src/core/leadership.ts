/** Elects one of the processes that share a database, for work that only one may do at a time. */
export interface Leadership {
  /** Whether this process leads, by its last knowledge: another may have taken over since. */
  readonly leads: boolean;
  /**
   * Runs `work` where this process leads, or can take the lead now; returns undefined where another leads. A write of `work`
   * after another has taken over is refused with LEADERSHIP_LOST and writes nothing.
   * @throws AppError DATABASE_UNAVAILABLE, and the errors of `work`
   */
  lead<T>(work: () => Promise<T>): Promise<T | undefined>;
  /** Lets another process take over immediately. Requires that no work runs. */
  resign(): Promise<void>;
}
