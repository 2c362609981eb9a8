/** One process of those that share a database, for the work that only one of them may do at a time. */
export interface Leadership {
  /** Whether this process leads, as far as it knows: another may have taken over a moment ago. */
  readonly leads: boolean;
  /**
   * Runs `work` where this process leads, or can take the lead now; returns undefined where another leads. A write of `work`
   * after another has taken over is refused with LEADERSHIP_LOST; then nothing of it is written.
   * @throws AppError DATABASE_UNAVAILABLE, and whatever `work` throws
   */
  lead<T>(work: () => Promise<T>): Promise<T | undefined>;
  /** Lets another process take over at once. To be called when no work runs any more. */
  resign(): Promise<void>;
}
